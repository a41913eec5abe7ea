/* When a mirror with a stream of changes is confirmed and read, with a played clock and played versions. */
#include <stdio.h>

#include "fresh_case.h"

#define STREAM 7

static void start_followed(void)
{
    start();
    def.mirror_stream = true;
}

/* A look that finds this version, and whether the stream has told all up to there. */
static void look_at(unsigned position, bool is_told, const char *transaction)
{
    char text[20];

    snprintf(text, sizeof(text), "%u", position);
    epoch_clear(&look.epoch);
    look.asked_ms = now_ms;
    look.stream = STREAM;
    look.is_told = is_told;
    epoch_take(&look.epoch, slice_of("Binlog_snapshot_file"), slice_of("log.000001"));
    epoch_take(&look.epoch, slice_of("Binlog_snapshot_position"), slice_of(text));
    epoch_take(&look.epoch, slice_of("Innodb_max_trx_id"), slice_of(transaction));
    epoch_take(&look.epoch, slice_of("log_bin"), slice_of("1"));
    epoch_take(&look.epoch, slice_of("gtid_slave_pos"), slice_of(""));
    fresh_judge(&mirror, &look);
}

static void begin(void)
{
    look_at(100, true, "1");
    ck_assert(mirror.wants_read);
    read_rows("v+", 2);
    ck_assert_uint_eq(mirror.followed.stream, STREAM);
}

START_TEST(a_version_that_others_have_moved_confirms)
{
    begin();
    for (unsigned i = 1; i < 5; i++) {
        now_ms += 1000;
        look_at(100 + i, true, "1");
        ck_assert(!mirror.wants_read);
        ck_assert_uint_eq(confirmed_age(), 0);
    }
    def.mirror_stream = false;
    mirror.followed.stream = 0;
    now_ms += 1000;
    look_at(200, true, "1");
    ck_assert(mirror.wants_read);
}
END_TEST

START_TEST(a_stream_that_is_late_is_waited_for)
{
    begin();
    now_ms += 1000;
    look_at(200, false, "1");
    ck_assert(!mirror.wants_read);
    ck_assert_uint_eq(confirmed_age(), 1002);
    ck_assert_uint_le(mirror.next_look_ms, now_ms + 1);
    now_ms += 1;
    look_at(200, false, "1");
    ck_assert_uint_eq(mirror.next_look_ms, now_ms + 2); /* less and less often */
    now_ms += 2;
    look_at(200, true, "1");
    ck_assert(!mirror.wants_read);
    ck_assert_uint_eq(confirmed_age(), 0);
    ck_assert_uint_eq(mirror.next_look_ms, now_ms + 1000);
}
END_TEST

START_TEST(a_stream_that_goes_on_vouches_for_another_connection)
{
    begin();
    look.connection = 2;
    now_ms += 1000;
    look_at(100, true, "1");
    ck_assert(!mirror.wants_read);
    ck_assert_uint_eq(confirmed_age(), 0);
    look.connection = 3;
    mirror.followed.stream = 0; /* and one that does not, does not */
    now_ms += 1000;
    look_at(100, true, "1");
    ck_assert(mirror.wants_read);
}
END_TEST

START_TEST(what_moves_the_version_and_is_in_no_log_is_read)
{
    begin();
    now_ms += 1000;
    look_at(100, true, "2");
    ck_assert(mirror.wants_read);
    read_rows("v+", 2);
    now_ms += 1000;
    look_at(110, true, "3"); /* the log tells of something, so it may be that */
    ck_assert(!mirror.wants_read);
    now_ms += 1000;
    look_at(110, true, "4");
    ck_assert(mirror.wants_read);
}
END_TEST

START_TEST(a_change_is_read_when_it_is_visible)
{
    begin();
    now_ms += 500;
    followed_change(&mirror.followed);
    followed_commit(&mirror.followed, &(struct binlog_place){"log.000001", 120});
    look_at(110, true, "1");
    ck_assert(!mirror.wants_read);
    ck_assert_uint_le(mirror.next_look_ms, now_ms + 2);
    ck_assert(followed_look(&mirror.followed, &(struct binlog_place){"log.000001", 120}, now_ms));
    look_at(120, true, "1");
    ck_assert(mirror.wants_read);
    ck_assert_uint_le(mirror.next_read_ms, now_ms);
    ck_assert_uint_gt(confirmed_age(), 500);
    read_rows("w+", 2);
    ck_assert(!followed_is_dirty(&mirror.followed));
    ck_assert_uint_eq(confirmed_age(), 2);
    ck_assert_uint_eq(mirror.next_read_ms, now_ms - 2 + 50); /* a burst of changes is one reading */
    ck_assert_uint_eq(mirror.differences, 0);
}
END_TEST

START_TEST(the_same_version_does_not_confirm_what_has_changed)
{
    begin();
    now_ms += 500;
    followed_change(&mirror.followed); /* the event has come before the version */
    look_at(100, true, "1");
    ck_assert_uint_eq(confirmed_age(), 502);
    followed_end(&mirror.followed, now_ms);
    look.stream = 0;
    fresh_judge(&mirror, &look);
    ck_assert(mirror.wants_read);
}
END_TEST

START_TEST(a_table_that_changes_all_the_time_is_read_each_interval)
{
    begin();
    followed_change(&mirror.followed);
    now_ms += 900;
    look_at(110, true, "1");
    ck_assert(!mirror.wants_read);
    now_ms += 100;
    look_at(120, true, "1");
    ck_assert(mirror.wants_read);
    read_rows("w+", 2);
    ck_assert(followed_is_dirty(&mirror.followed));
}
END_TEST

START_TEST(a_stream_that_comes_later_takes_over_rows_that_are_still_right)
{
    look_at(100, true, "1");
    look.stream = 0;
    read_rows("v+", 2);
    ck_assert_uint_eq(mirror.followed.stream, 0);
    ck_assert_uint_eq(mirror.next_read_ms, now_ms - 2 + 1000);
    now_ms += 10;
    look_at(100, true, "1");
    ck_assert_uint_eq(mirror.followed.stream, STREAM);
    ck_assert(!mirror.wants_read);
    ck_assert_uint_eq(mirror.next_read_ms, now_ms - 12 + 100);
    mirror.followed.stream = 0;
    look_at(110, true, "1"); /* who knows what changed before the stream began */
    ck_assert_uint_eq(mirror.followed.stream, 0);
    ck_assert(mirror.wants_read);
}
END_TEST

START_TEST(a_change_that_neither_told_is_a_difference)
{
    begin();
    now_ms += 300000;
    look_at(110, true, "1");
    ck_assert(mirror.wants_read); /* all is read each ttl */
    read_rows("w+", 2);
    now_ms += 1000;
    look_at(120, false, "1");
    ck_assert_uint_eq(mirror.differences, 0);
    look_at(120, true, "1");
    ck_assert_uint_eq(mirror.differences, 1);
}
END_TEST

START_TEST(rows_of_another_server_are_not_followed)
{
    buffer_add_text(&mirror.followed.names.elsewhere, "d.t is of engine FEDERATED");
    look_at(100, true, "1");
    read_rows("v+", 2);
    ck_assert_uint_eq(mirror.followed.stream, 0);
    table_names_clear(&mirror.followed.names);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fresh_stream");
    TCase *tc = tcase_create("fresh_stream");

    tcase_add_checked_fixture(tc, start_followed, stop);
    tcase_add_test(tc, a_version_that_others_have_moved_confirms);
    tcase_add_test(tc, a_stream_that_is_late_is_waited_for);
    tcase_add_test(tc, a_stream_that_goes_on_vouches_for_another_connection);
    tcase_add_test(tc, what_moves_the_version_and_is_in_no_log_is_read);
    tcase_add_test(tc, a_change_is_read_when_it_is_visible);
    tcase_add_test(tc, the_same_version_does_not_confirm_what_has_changed);
    tcase_add_test(tc, a_table_that_changes_all_the_time_is_read_each_interval);
    tcase_add_test(tc, a_stream_that_comes_later_takes_over_rows_that_are_still_right);
    tcase_add_test(tc, a_change_that_neither_told_is_a_difference);
    tcase_add_test(tc, rows_of_another_server_are_not_followed);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
