/* A stall of the loop is told wherever it comes from, and what the tick itself takes is not one. */
#include "loop_watch.h"

#include <event2/event.h>

#include "clock.h"
#include "stats.h"
#include "unit.h"

#define STALL_US ((uint64_t)300000)
#define TICK_MS  10 /* as long as there are clients */

static struct event_base *base;
static struct loop_watch *watch;
static unsigned ticks;
static uint64_t tick_takes_us;

static void be_away(uint64_t length_us)
{
    uint64_t began_us = clock_us();

    while (clock_us() - began_us < length_us)
        ;
}

static void on_tick(void *arg)
{
    ck_assert_ptr_eq(arg, &ticks);
    ticks++;
    be_away(tick_takes_us);
    if (ticks == 3)
        event_base_loopbreak(base);
}

static void on_stall(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    be_away(STALL_US);
}

static void start(void)
{
    base = event_base_new();
    stats.clients.current = 1;
    stats.loop_stall_max_us = 0;
    ticks = 0;
    tick_takes_us = 0;
    watch = loop_watch_new(base, on_tick, &ticks);
}

static void stop(void)
{
    loop_watch_free(watch);
    event_base_free(base);
}

START_TEST(a_stall_is_told_nearly_whole)
{
    loop_watch_start(watch);
    event_base_once(base, -1, EV_TIMEOUT, on_stall, NULL, NULL);
    event_base_dispatch(base);
    ck_assert_uint_ge(stats.loop_stall_max_us, STALL_US - TICK_MS * 1000);
}
END_TEST

START_TEST(the_tick_itself_is_no_stall)
{
    tick_takes_us = STALL_US;
    loop_watch_start(watch);
    event_base_dispatch(base);
    ck_assert_uint_eq(ticks, 3);
    ck_assert_uint_lt(stats.loop_stall_max_us, STALL_US);
}
END_TEST

START_TEST(nothing_is_watched_before_the_start)
{
    be_away(TICK_MS * 2000);
    event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_eq(ticks, 0);
    ck_assert_uint_eq(stats.loop_stall_max_us, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("loop_watch");
    TCase *t = tcase_create("loop_watch");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, a_stall_is_told_nearly_whole);
    tcase_add_test(t, the_tick_itself_is_no_stall);
    tcase_add_test(t, nothing_is_watched_before_the_start);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
