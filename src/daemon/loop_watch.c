/* loop_watch - see the header. */
#include "loop_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fine_timer.h"
#include "log.h"
#include "stats.h"
#include "xmalloc.h"

/* Shorter stalls may not be seen; while nobody could notice they need not be. */
#define CHECK_US      10000
#define CHECK_IDLE_US 100000

struct loop_watch {
    struct fine_timer *timer;
    uint64_t due_us;
    loop_tick *tick;
    void *arg;
};

static void on_time(void *arg)
{
    struct loop_watch *watch = arg;
    uint64_t now_us = clock_us();

    if (now_us > watch->due_us && now_us - watch->due_us > stats.loop_stall_max_us)
        stats.loop_stall_max_us = now_us - watch->due_us;
    watch->tick(watch->arg);
    loop_watch_start(watch);
}

struct loop_watch *loop_watch_new(struct event_base *base, loop_tick *tick, void *arg)
{
    struct loop_watch *watch = xcalloc(1, sizeof(*watch));

    watch->tick = tick;
    watch->arg = arg;
    watch->timer = fine_timer_new(base, on_time, watch);
    if (watch->timer == NULL)
        log_fatal("cannot make a timerfd: %s", strerror(errno));
    return watch;
}

void loop_watch_start(struct loop_watch *watch)
{
    uint64_t delay_us = stats.clients.current > 0 ? CHECK_US : CHECK_IDLE_US;

    watch->due_us = clock_us() + delay_us;
    fine_timer_set(watch->timer, delay_us);
}

void loop_watch_free(struct loop_watch *watch)
{
    fine_timer_free(watch->timer);
    free(watch);
}
