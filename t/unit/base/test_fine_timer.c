/* It runs out once, not before its time, and anew for whoever sets it anew. */
#include "fine_timer.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/resource.h>

#include "clock.h"
#include "unit.h"

#define LENGTH_US ((uint64_t)20000)

static struct event_base *base;
static struct fine_timer *timer;
static unsigned times;
static uint64_t ran_out_us;

static void on_time(void *arg)
{
    ck_assert_ptr_eq(arg, &times);
    times++;
    ran_out_us = clock_us();
}

static void start(void)
{
    base = event_base_new();
    times = 0;
    timer = fine_timer_new(base, on_time, &times);
    ck_assert_ptr_nonnull(timer);
}

static void stop(void)
{
    fine_timer_free(timer);
    event_base_free(base);
}

START_TEST(once_and_not_before_its_time)
{
    uint64_t began_us = clock_us();

    fine_timer_set(timer, LENGTH_US);
    event_base_loop(base, EVLOOP_ONCE);
    ck_assert_uint_eq(times, 1);
    ck_assert_uint_ge(ran_out_us - began_us, LENGTH_US);
    event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_eq(times, 1);
    fine_timer_set(timer, 1);
    event_base_loop(base, EVLOOP_ONCE);
    ck_assert_uint_eq(times, 2);
}
END_TEST

START_TEST(setting_it_anew_takes_back_that_it_has_run_out)
{
    uint64_t began_us;

    fine_timer_set(timer, 1);
    began_us = clock_us();
    while (clock_us() - began_us < LENGTH_US)
        ;
    began_us = clock_us();
    fine_timer_set(timer, LENGTH_US);
    event_base_loop(base, EVLOOP_ONCE);
    ck_assert_uint_eq(times, 1);
    ck_assert_uint_ge(ran_out_us - began_us, LENGTH_US);
}
END_TEST

START_TEST(more_than_a_second)
{
    fine_timer_set(timer, 3600000000);
    event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_eq(times, 0);
}
END_TEST

START_TEST(no_descriptor_left)
{
    struct rlimit limit;
    rlim_t before;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    before = limit.rlim_cur;
    limit.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_ptr_null(fine_timer_new(base, on_time, &times));
    ck_assert_int_eq(errno, EMFILE);
    limit.rlim_cur = before;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fine_timer");
    TCase *t = tcase_create("fine_timer");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, once_and_not_before_its_time);
    tcase_add_test(t, setting_it_anew_takes_back_that_it_has_run_out);
    tcase_add_test(t, more_than_a_second);
    tcase_add_test(t, no_descriptor_left);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
