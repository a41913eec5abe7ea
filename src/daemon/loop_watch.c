/*
 * loop_watch - see the header.
 *
 * A timer that runs out late shows that the loop was away. It only runs while there is work, as it would
 * wake an idle process for nothing. Work begins when the loop comes back from waiting; libevent (2.1) tells
 * nobody when that is, so the call with which it waits is defined here and takes the place of the C
 * library's. What comes first after a time of nothing is measured from its return until it is called again.
 */
#include "loop_watch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "clock.h"
#include "fine_timer.h"
#include "log.h"
#include "stats.h"
#include "xmalloc.h"

#define TICK_US 10000

struct loop_watch {
    struct fine_timer *timer;
    bool is_ticking;
    uint64_t due_us;  /* of the next tick */
    uint64_t back_us; /* since when the loop has not waited, if that is to be measured; or 0 */
    unsigned returns; /* since the last tick */
};

/* Of this thread, which has the loop; other threads may wait as they like. */
static _Thread_local struct loop_watch *watched;

static void tick_later(struct loop_watch *watch)
{
    watch->is_ticking = true;
    watch->returns = 0;
    watch->due_us = clock_us() + TICK_US;
    fine_timer_set(watch->timer, TICK_US);
}

static void count_stall(uint64_t since_us, uint64_t now_us)
{
    if (now_us > since_us && now_us - since_us > stats.loop_stall_max_us)
        stats.loop_stall_max_us = now_us - since_us;
}

static void on_tick(void *arg)
{
    struct loop_watch *watch = arg;

    count_stall(watch->due_us, clock_us());
    watch->is_ticking = false;
    if (watch->returns > 1) /* there was more than this tick */
        tick_later(watch);
    else
        watch->back_us = clock_us(); /* something else may have come with it */
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout_ms)
{
    struct loop_watch *watch = watched;
    int count;

    if (watch == NULL)
        return epoll_pwait(epoll, events, most, timeout_ms, NULL);
    if (watch->back_us != 0) {
        count_stall(watch->back_us, clock_us());
        watch->back_us = 0;
    }
    count = epoll_pwait(epoll, events, most, timeout_ms, NULL);
    watch->returns++;
    if (!watch->is_ticking) {
        watch->back_us = clock_us();
        tick_later(watch);
    }
    return count;
}

struct loop_watch *loop_watch_new(struct event_base *base)
{
    struct loop_watch *watch = xcalloc(1, sizeof(*watch));

    watch->timer = fine_timer_new(base, on_tick, watch);
    if (watch->timer == NULL)
        log_fatal("cannot make a timerfd: %s", strerror(errno));
    return watch;
}

void loop_watch_start(struct loop_watch *watch)
{
    watch->back_us = clock_us();
    watched = watch;
}

void loop_watch_free(struct loop_watch *watch)
{
    if (watched == watch)
        watched = NULL;
    fine_timer_free(watch->timer);
    free(watch);
}
