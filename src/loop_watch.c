/* loop_watch - see the header. */
#include "loop_watch.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "stats.h"
#include "xmalloc.h"

/* Shorter stalls may not be seen; while nobody could notice they need not be. */
#define CHECK_MS      10
#define CHECK_IDLE_MS 100

struct loop_watch {
    int timer;
    struct event event;
    uint64_t due_us;
    loop_tick *tick;
    void *arg;
};

/* To set it again also takes back that it has run out: it need not be read. */
static void loop_watch_set(struct loop_watch *watch)
{
    uint64_t delay_ms = stats.clients.current > 0 ? CHECK_MS : CHECK_IDLE_MS;
    const struct itimerspec once = {.it_value.tv_nsec = (long)delay_ms * 1000000};

    watch->due_us = clock_us() + delay_ms * 1000;
    if (timerfd_settime(watch->timer, 0, &once, NULL) != 0)
        log_fatal("cannot set a timerfd: %s", strerror(errno));
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
    struct loop_watch *watch = arg;
    uint64_t now_us = clock_us();

    (void)fd;
    (void)what;
    if (now_us > watch->due_us && now_us - watch->due_us > stats.loop_stall_max_us)
        stats.loop_stall_max_us = now_us - watch->due_us;
    watch->tick(watch->arg);
    loop_watch_set(watch);
}

struct loop_watch *loop_watch_new(struct event_base *base, loop_tick *tick, void *arg)
{
    struct loop_watch *watch = xcalloc(1, sizeof(*watch));

    watch->tick = tick;
    watch->arg = arg;
    watch->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (watch->timer < 0)
        log_fatal("cannot make a timerfd: %s", strerror(errno));
    event_assign(&watch->event, base, watch->timer, EV_READ | EV_PERSIST, on_time, watch);
    event_add(&watch->event, NULL);
    return watch;
}

void loop_watch_start(struct loop_watch *watch)
{
    loop_watch_set(watch);
}

void loop_watch_free(struct loop_watch *watch)
{
    event_del(&watch->event);
    close(watch->timer);
    free(watch);
}
