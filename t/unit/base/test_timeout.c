/* Waits end in the order of their start, not before their time, and only if they still wait. */
#include "timeout.h"

#include <event2/event.h>

#include "clock.h"
#include "unit.h"

#define LENGTH_MS 60

struct guest {
    struct timeout timeout;
    unsigned expired;
    uint64_t expired_ms;
};

static struct event_base *base;
static struct timeout_queue *queue;
static struct guest guests[3];
static struct timeout *stop_too; /* what the next expiry stops */

static void on_expired(void *owner)
{
    struct guest *guest = owner;

    ck_assert_ptr_null(guest->timeout.queue);
    guest->expired++;
    guest->expired_ms = clock_ms();
    if (stop_too != NULL)
        timeout_stop(stop_too);
    stop_too = NULL;
}

static void start(void)
{
    base = event_base_new();
    queue = timeout_queue_new(base, on_expired);
    for (int i = 0; i < 3; i++)
        guests[i] = (struct guest){.timeout = {.owner = &guests[i]}};
}

static void stop(void)
{
    for (int i = 0; i < 3; i++)
        timeout_stop(&guests[i].timeout);
    timeout_queue_free(queue);
    event_base_free(base);
}

START_TEST(not_before_their_time_and_only_once)
{
    uint64_t began = clock_ms();

    for (int i = 0; i < 3; i++)
        timeout_start(queue, &guests[i].timeout, began, LENGTH_MS);
    event_base_dispatch(base); /* ends when no timer is left */
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(guests[i].expired, 1);
        ck_assert_uint_ge(guests[i].expired_ms - began, LENGTH_MS);
    }
}
END_TEST

START_TEST(stopped_and_started_again)
{
    uint64_t began = clock_ms();

    timeout_start(queue, &guests[0].timeout, began, LENGTH_MS);
    timeout_start(queue, &guests[1].timeout, began, LENGTH_MS);
    timeout_stop(&guests[0].timeout);
    timeout_stop(&guests[0].timeout);
    /* As if it had begun later: the timer that is set for the first is early for it. */
    timeout_start(queue, &guests[1].timeout, began + LENGTH_MS, LENGTH_MS);
    event_base_dispatch(base);
    ck_assert_uint_eq(guests[0].expired, 0);
    ck_assert_uint_eq(guests[1].expired, 1);
    ck_assert_uint_ge(guests[1].expired_ms - began, 2 * LENGTH_MS);
}
END_TEST

START_TEST(one_end_may_stop_another)
{
    uint64_t long_ago = clock_ms() - 2 * LENGTH_MS;

    for (int i = 0; i < 3; i++)
        timeout_start(queue, &guests[i].timeout, long_ago, LENGTH_MS);
    stop_too = &guests[1].timeout;
    event_base_dispatch(base);
    ck_assert_uint_eq(guests[0].expired, 1);
    ck_assert_uint_eq(guests[1].expired, 0);
    ck_assert_uint_eq(guests[2].expired, 1);
}
END_TEST

START_TEST(zero_is_for_ever_until_the_length_changes)
{
    uint64_t began = clock_ms();

    timeout_start(queue, &guests[0].timeout, began, 0);
    ck_assert_int_eq(event_base_dispatch(base), 1); /* no timer at all */
    timeout_start(queue, &guests[1].timeout, began, LENGTH_MS);
    event_base_dispatch(base);
    ck_assert_uint_eq(guests[0].expired, 1);
    ck_assert_uint_eq(guests[1].expired, 1);
}
END_TEST

START_TEST(a_shorter_length_is_for_all)
{
    uint64_t began = clock_ms();

    timeout_start(queue, &guests[0].timeout, began, 3600 * 1000);
    timeout_start(queue, &guests[1].timeout, began, LENGTH_MS);
    event_base_dispatch(base);
    ck_assert_uint_eq(guests[0].expired, 1);
    ck_assert_uint_eq(guests[1].expired, 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("timeout");
    TCase *t = tcase_create("timeout");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, not_before_their_time_and_only_once);
    tcase_add_test(t, stopped_and_started_again);
    tcase_add_test(t, one_end_may_stop_another);
    tcase_add_test(t, zero_is_for_ever_until_the_length_changes);
    tcase_add_test(t, a_shorter_length_is_for_all);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
