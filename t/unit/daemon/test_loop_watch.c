/* A stall of the loop is told, all of it, wherever it comes from; and an idle loop is left alone. */
#include "loop_watch.h"

#include <event2/event.h>
#include <sys/resource.h>

#include "clock.h"
#include "stats.h"
#include "unit.h"

#define STALL_US ((uint64_t)300000)
#define IDLE_MS  500

static struct event_base *base;
static struct loop_watch *watch;

static void be_away(void)
{
    uint64_t began_us = clock_us();

    while (clock_us() - began_us < STALL_US)
        ;
}

static void on_stall(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    be_away();
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    event_base_loopbreak(base);
}

static void after(uint64_t ms, event_callback_fn callback)
{
    const struct timeval delay = clock_timeval(ms);

    event_base_once(base, -1, EV_TIMEOUT, callback, NULL, &delay);
}

/* How often this thread gave up the processor: each wait of the loop is one time. */
static long waits(void)
{
    struct rusage usage;

    ck_assert_int_eq(getrusage(RUSAGE_THREAD, &usage), 0);
    return usage.ru_nvcsw;
}

static void start(void)
{
    base = event_base_new();
    stats.loop_stall_max_us = 0;
    watch = loop_watch_new(base);
}

static void stop(void)
{
    loop_watch_free(watch);
    event_base_free(base);
}

START_TEST(a_stall_is_told)
{
    loop_watch_start(watch);
    after(0, on_stall);
    after(STALL_US / 1000 + 1, on_end);
    event_base_dispatch(base);
    ck_assert_uint_ge(stats.loop_stall_max_us, STALL_US);
}
END_TEST

/* The first thing that happens after a long time of nothing. */
START_TEST(a_stall_of_an_idle_loop_is_told)
{
    loop_watch_start(watch);
    after(IDLE_MS, on_stall);
    after(IDLE_MS + STALL_US / 1000 + 1, on_end);
    event_base_dispatch(base);
    ck_assert_uint_ge(stats.loop_stall_max_us, STALL_US);
}
END_TEST

START_TEST(waiting_is_no_stall_and_no_work)
{
    long before;

    loop_watch_start(watch);
    after(IDLE_MS, on_end);
    before = waits();
    event_base_dispatch(base);
    ck_assert_int_lt(waits() - before, 5);
    ck_assert_uint_lt(stats.loop_stall_max_us, (uint64_t)IDLE_MS * 1000);
}
END_TEST

START_TEST(nothing_is_watched_before_the_start)
{
    be_away();
    event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_eq(stats.loop_stall_max_us, 0);
    loop_watch_start(watch);
    event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_lt(stats.loop_stall_max_us, STALL_US);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("loop_watch");
    TCase *t = tcase_create("loop_watch");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, a_stall_is_told);
    tcase_add_test(t, a_stall_of_an_idle_loop_is_told);
    tcase_add_test(t, waiting_is_no_stall_and_no_work);
    tcase_add_test(t, nothing_is_watched_before_the_start);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
