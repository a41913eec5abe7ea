/* Several at once when there is a crowd and answers are quick; and answers are left alone for so long
 * that none is late. */
#include "pace.h"

#include "db.h"
#include "unit.h"

static struct pace pace;

static void answers_take(unsigned count, uint64_t each_us)
{
    pace_init(&pace);
    for (int i = 0; i < 500; i++)
        pace_answered(&pace, count, count * each_us);
}

START_TEST(one_by_one_until_answers_are_known_to_be_quick)
{
    pace_init(&pace);
    ck_assert_uint_eq(pace_size(&pace, 1000, 1, 0), 1);
    ck_assert_uint_eq(pace_quiet_us(&pace, DB_BATCH_MAX), 0);
    pace_answered(&pace, 1, 100);
    ck_assert_uint_eq(pace_size(&pace, 1000, 1, 0), 1);
    answers_take(1, 100);
    ck_assert_uint_eq(pace_size(&pace, 1000, 1, 0), DB_BATCH_MAX);
}
END_TEST

START_TEST(the_waiting_are_shared_by_the_idle)
{
    answers_take(1, 100);
    ck_assert_uint_eq(pace_size(&pace, 24, 4, 0), 6);
    ck_assert_uint_eq(pace_size(&pace, 16, 4, 0), 4);
    ck_assert_uint_eq(pace_size(&pace, 15, 4, 0), 1);
    ck_assert_uint_eq(pace_size(&pace, 0, 1, 0), 1);
    ck_assert_uint_eq(pace_size(&pace, UINT32_MAX, 1, 0), DB_BATCH_MAX);
}
END_TEST

START_TEST(the_slower_the_fewer)
{
    answers_take(1, 3000);
    ck_assert_uint_eq(pace_size(&pace, 1000, 1, 0), 6);
    answers_take(1, 10000);
    ck_assert_uint_eq(pace_size(&pace, 1000, 1, 0), 1);
}
END_TEST

START_TEST(one_by_one_for_a_minute_after_a_failure)
{
    answers_take(1, 100);
    pace_failed(&pace, 5000);
    ck_assert_uint_eq(pace_size(&pace, 1000, 1, 64999), 1);
    ck_assert_uint_eq(pace_size(&pace, 1000, 1, 65000), DB_BATCH_MAX);
}
END_TEST

static void expect_quiet(unsigned count, uint64_t us)
{
    uint64_t quiet_us = pace_quiet_us(&pace, count);

    ck_assert_uint_le(quiet_us, us);
    ck_assert_uint_ge(quiet_us, us * 98 / 100);
}

START_TEST(quiet_for_half_of_what_several_take)
{
    answers_take(16, 30);
    expect_quiet(16, 240);
    expect_quiet(8, 120);
    expect_quiet(4, 60);
    ck_assert_uint_eq(pace_quiet_us(&pace, 1), 0);
}
END_TEST

/* When most of the time is on the way, more take no longer than few. */
START_TEST(more_are_not_expected_to_take_longer)
{
    answers_take(4, 250);
    expect_quiet(4, 500);
    expect_quiet(16, 500);
}
END_TEST

START_TEST(no_quiet_that_is_very_short_or_long)
{
    answers_take(16, 5);
    ck_assert_uint_eq(pace_quiet_us(&pace, 16), 0);
    answers_take(16, 100000);
    ck_assert_uint_eq(pace_quiet_us(&pace, 16), 2000);
    answers_take(1, 100); /* says nothing about several */
    ck_assert_uint_eq(pace_quiet_us(&pace, 16), 0);
}
END_TEST

/* The server has become quicker: what is measured is never less than the quiet itself. */
START_TEST(waiting_does_not_keep_itself_up)
{
    answers_take(16, 100);
    ck_assert_uint_ge(pace_quiet_us(&pace, 16), 750);
    for (int i = 0; i < 500; i++) {
        uint64_t quiet_us = pace_quiet_us(&pace, 16);

        pace_answered(&pace, 16, quiet_us > 200 ? quiet_us : 200);
    }
    ck_assert_uint_le(pace_quiet_us(&pace, 16), 100);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pace");
    TCase *t = tcase_create("pace");

    tcase_add_test(t, one_by_one_until_answers_are_known_to_be_quick);
    tcase_add_test(t, the_waiting_are_shared_by_the_idle);
    tcase_add_test(t, the_slower_the_fewer);
    tcase_add_test(t, one_by_one_for_a_minute_after_a_failure);
    tcase_add_test(t, quiet_for_half_of_what_several_take);
    tcase_add_test(t, more_are_not_expected_to_take_longer);
    tcase_add_test(t, no_quiet_that_is_very_short_or_long);
    tcase_add_test(t, waiting_does_not_keep_itself_up);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
