/* fine_timer - see the header. */
#include "fine_timer.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "log.h"
#include "xmalloc.h"

struct fine_timer {
    int fd;
    struct event event;
    fine_timer_ran_out *ran_out;
    void *arg;
};

static void on_time(evutil_socket_t fd, short what, void *arg)
{
    struct fine_timer *timer = arg;
    uint64_t times;

    (void)what;
    /* It may have been set anew since the loop saw that it had run out. */
    if (read(fd, &times, sizeof(times)) == sizeof(times))
        timer->ran_out(timer->arg);
}

struct fine_timer *fine_timer_new(struct event_base *base, fine_timer_ran_out *ran_out, void *arg)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct fine_timer *timer;

    if (fd < 0)
        return NULL;
    timer = xcalloc(1, sizeof(*timer));
    timer->fd = fd;
    timer->ran_out = ran_out;
    timer->arg = arg;
    event_assign(&timer->event, base, fd, EV_READ | EV_PERSIST, on_time, timer);
    event_add(&timer->event, NULL);
    return timer;
}

void fine_timer_free(struct fine_timer *timer)
{
    event_del(&timer->event);
    close(timer->fd);
    free(timer);
}

void fine_timer_set(struct fine_timer *timer, uint64_t us)
{
    const struct itimerspec once = {
        .it_value = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000}};

    assert(us > 0);
    if (timerfd_settime(timer->fd, 0, &once, NULL) != 0)
        log_fatal("cannot set a timerfd: %s", strerror(errno));
}
