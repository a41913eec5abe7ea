/* When a mirror is confirmed and when it is read again, with a played clock and played versions. */
#include "fresh_case.h"

/* A look that finds this version; NULL: there is none of use. */
static void look_at(const char *position)
{
    epoch_clear(&look.epoch);
    look.asked_ms = now_ms;
    if (position != NULL) {
        epoch_take(&look.epoch, slice_of("gtid_mode"), slice_of("ON"));
        epoch_take(&look.epoch, slice_of("gtid_executed"), slice_of(position));
    }
    fresh_judge(&mirror, &look);
}

START_TEST(the_same_version_confirms)
{
    look_at("a:1");
    ck_assert(mirror.wants_read);
    read_rows("v+", 10);
    ck_assert_uint_eq(confirmed_age(), 10); /* since the rows were asked for */
    now_ms += 1000;
    look_at("a:1");
    ck_assert(!mirror.wants_read);
    ck_assert_uint_eq(confirmed_age(), 0);
    ck_assert_uint_eq(mirror.next_look_ms, now_ms + 1000);
}
END_TEST

START_TEST(another_version_or_none_confirms_nothing)
{
    static const char *const positions[] = {"a:2", "", NULL};

    look_at("a:1");
    read_rows("v+", 10);
    for (int i = 0; i < 3; i++) {
        now_ms += 1000;
        look_at(positions[i]);
        ck_assert(mirror.wants_read);
    }
    ck_assert_uint_eq(confirmed_age(), 3010);
    look.connection = 2; /* the same on another connection */
    look_at("a:1");
    ck_assert(mirror.wants_read);
}
END_TEST

START_TEST(no_version_twice_confirms_nothing)
{
    look_at(NULL);
    read_rows("v+", 10);
    now_ms += 1000;
    look_at(NULL);
    ck_assert(mirror.wants_read);
}
END_TEST

START_TEST(all_is_read_again_after_ttl_or_as_time_goes)
{
    look_at("a:1");
    read_rows("v+", 10);
    mirror.turned.tells_time = true;
    now_ms += 1000;
    look_at("a:1");
    ck_assert(mirror.wants_read);
    mirror.turned.tells_time = false;
    look_at("a:1");
    ck_assert(!mirror.wants_read);
    now_ms += 300000;
    look_at("a:1");
    ck_assert(mirror.wants_read);
}
END_TEST

START_TEST(reading_takes_a_fiftieth_of_the_time)
{
    uint64_t began_ms = now_ms;

    look_at(NULL);
    read_rows("v+", 80);
    ck_assert_uint_eq(mirror.next_read_ms, began_ms + 4000);
    now_ms = began_ms + 4000;
    look_at(NULL);
    read_rows("v+", 100);
    ck_assert_uint_eq(mirror.next_read_ms, began_ms + 4000 + 5000);
    now_ms = began_ms + 8500;
    look_at(NULL);
    ck_assert_uint_eq(mirror.next_look_ms, mirror.next_read_ms); /* no later than it may be read */
}
END_TEST

START_TEST(a_small_table_is_live_for_three_seconds)
{
    look_at(NULL);
    read_rows("v+", 5);
    ck_assert_uint_eq(fresh_live_ms(&mirror), 3000);
    def.mirror_interval_ms = 2000;
    ck_assert_uint_eq(fresh_live_ms(&mirror), 6000);
}
END_TEST

/* Its interval is as long as its reading allows; but nobody is told for longer that something is not there
 * than the database's own word would be. */
START_TEST(a_large_table_is_live_when_it_has_been_read)
{
    look_at(NULL);
    read_rows("v+", 100);
    ck_assert_uint_eq(fresh_live_ms(&mirror), 3 * 5000);
    now_ms += 5000;
    look_at(NULL);
    read_rows("v+", 4000);
    ck_assert_uint_gt(confirmed_age(), 3000);
    ck_assert_uint_eq(fresh_live_ms(&mirror), 30000);
    def.negative_ttl_ms = 5000;
    ck_assert_uint_eq(fresh_live_ms(&mirror), 5000);
}
END_TEST

START_TEST(a_version_confirms_a_large_table_at_once)
{
    look_at("a:1");
    read_rows("v+", 4000);
    ck_assert_uint_le(mirror.next_look_ms, now_ms);
    look_at("a:1");
    ck_assert_uint_eq(confirmed_age(), 0);
}
END_TEST

/* Though it is time to read all again, which may have to wait. */
START_TEST(a_version_confirms_a_table_that_is_to_be_read_after_ttl)
{
    look_at("a:1");
    read_rows("v+", 10000);
    now_ms += 299000;
    look_at("a:1");
    ck_assert(mirror.wants_read);
    ck_assert_uint_gt(mirror.next_read_ms, now_ms);
    ck_assert_uint_eq(confirmed_age(), 0);
}
END_TEST

START_TEST(a_flush_is_read_again_at_once)
{
    look_at("a:1");
    read_rows("v+", 1000);
    cache_flush_table(set.cache, mirror.table);
    now_ms += 1;
    look_at("a:1");
    ck_assert(mirror.wants_read);
    ck_assert_uint_eq(mirror.next_read_ms, 0);
    read_rows("v+", 10);
    now_ms += 1000;
    look_at("a:1");
    ck_assert_uint_eq(mirror.differences, 0);
}
END_TEST

START_TEST(a_change_that_no_version_told_is_a_difference)
{
    look_at("a:1");
    read_rows("v+", 10);
    now_ms += 300000;
    look_at("a:1");
    read_rows("w+", 10);
    ck_assert_uint_eq(mirror.changes, 1);
    ck_assert_uint_eq(mirror.differences, 0); /* perhaps the version comes late */
    now_ms += 1000;
    look_at("a:1");
    ck_assert_uint_eq(mirror.differences, 1);
    now_ms += 1000;
    look_at("a:1");
    ck_assert_uint_eq(mirror.differences, 1);
}
END_TEST

START_TEST(a_version_that_comes_late_is_no_difference)
{
    look_at("a:1");
    read_rows("v+", 10);
    now_ms += 300000;
    look_at("a:1");
    read_rows("w+", 10);
    now_ms += 1000;
    look_at("a:2");
    ck_assert_uint_eq(mirror.differences, 0);
    ck_assert(mirror.wants_read);
}
END_TEST

START_TEST(a_table_that_fails_is_left_alone_for_a_while)
{
    const struct db_result result = {.blame = DB_TABLE_FAILED, .text = "gone"};

    look_at("a:1");
    fresh_failed(&mirror, &result, now_ms);
    ck_assert_str_eq(buffer_text(&mirror.reason), "cannot read the table: gone");
    ck_assert_uint_eq(mirror.next_read_ms, now_ms + 1000); /* perhaps by chance */
    now_ms += 1000;
    look_at("a:1");
    fresh_failed(&mirror, &result, now_ms);
    ck_assert_uint_eq(mirror.next_read_ms, now_ms + 10000);
    now_ms += 1000;
    look_at("a:1");
    ck_assert_uint_eq(mirror.next_read_ms, now_ms + 9000);
    now_ms += 9000;
    look_at("a:1");
    read_rows("v+", 10);
    ck_assert_str_eq(buffer_text(&mirror.reason), "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fresh");
    TCase *tc = tcase_create("fresh");

    tcase_add_checked_fixture(tc, start, stop);
    tcase_add_test(tc, the_same_version_confirms);
    tcase_add_test(tc, another_version_or_none_confirms_nothing);
    tcase_add_test(tc, no_version_twice_confirms_nothing);
    tcase_add_test(tc, all_is_read_again_after_ttl_or_as_time_goes);
    tcase_add_test(tc, reading_takes_a_fiftieth_of_the_time);
    tcase_add_test(tc, a_small_table_is_live_for_three_seconds);
    tcase_add_test(tc, a_large_table_is_live_when_it_has_been_read);
    tcase_add_test(tc, a_version_confirms_a_large_table_at_once);
    tcase_add_test(tc, a_version_confirms_a_table_that_is_to_be_read_after_ttl);
    tcase_add_test(tc, a_flush_is_read_again_at_once);
    tcase_add_test(tc, a_change_that_no_version_told_is_a_difference);
    tcase_add_test(tc, a_version_that_comes_late_is_no_difference);
    tcase_add_test(tc, a_table_that_fails_is_left_alone_for_a_while);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
