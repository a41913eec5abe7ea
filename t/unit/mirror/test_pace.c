/* How often a table may be read. */
#include "pace.h"

#include "unit.h"

static struct pace pace;
static uint64_t now_ms;

static void start(void)
{
    pace = (struct pace){.saved_ms = 0};
    now_ms = 1000000;
}

/* Read as soon as it may be; returns the time of the next reading. */
static uint64_t read_next(uint64_t took_ms, bool is_news)
{
    pace_read(&pace, now_ms, took_ms, is_news);
    now_ms += pace.pause_ms;
    return now_ms;
}

START_TEST(a_quiet_table_takes_a_fiftieth)
{
    for (int i = 0; i < 10; i++)
        ck_assert_uint_eq(read_next(100, false), 1000000 + 5000 * (uint64_t)(i + 1));
}
END_TEST

START_TEST(a_change_is_followed_sooner)
{
    read_next(1000, false);
    read_next(1000, true);
    ck_assert_uint_eq(pace.pause_ms, 10000);
    read_next(1000, false);
    ck_assert_uint_eq(pace.pause_ms, 50000);
}
END_TEST

START_TEST(a_reading_that_takes_much_longer_is_a_sign_of_change)
{
    read_next(5, false);
    read_next(100, false);
    ck_assert_uint_eq(pace.pause_ms, 1000);
    read_next(110, false);
    ck_assert_uint_eq(pace.pause_ms, 1100);
    for (int i = 0; i < 100; i++) /* it does not pass */
        read_next(110, false);
    ck_assert_uint_eq(pace.pause_ms, 5500);
}
END_TEST

/* Whatever the table does: a fiftieth of all time, and what can be saved. */
START_TEST(a_table_that_always_changes_takes_no_more_in_the_long_run)
{
    uint64_t began_ms = now_ms, spent_ms = 0;

    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t took_ms = 20 + (i * 7919) % 1500;

        spent_ms += took_ms;
        pace_read(&pace, now_ms, took_ms, i % 5 != 0);
        now_ms += pace.pause_ms;
        ck_assert_uint_le(spent_ms, (now_ms - began_ms) / 50 + 5000 + took_ms);
    }
    ck_assert_uint_ge(spent_ms, (now_ms - began_ms) / 50);
}
END_TEST

START_TEST(savings_have_an_end)
{
    read_next(1, false);
    now_ms += 1000000000;
    for (int i = 0; i < 8; i++)
        read_next(1000, true);
    ck_assert_uint_gt(pace.pause_ms, 10000);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pace");
    TCase *tc = tcase_create("pace");

    tcase_add_checked_fixture(tc, start, NULL);
    tcase_add_test(tc, a_quiet_table_takes_a_fiftieth);
    tcase_add_test(tc, a_change_is_followed_sooner);
    tcase_add_test(tc, a_reading_that_takes_much_longer_is_a_sign_of_change);
    tcase_add_test(tc, a_table_that_always_changes_takes_no_more_in_the_long_run);
    tcase_add_test(tc, savings_have_an_end);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
