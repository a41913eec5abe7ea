/* What a stream of changes means for mirrors. At each step it is tried to have one say that it was told of
 * all while it was not. */
#include "stream_case.h"

/* --- changes ------------------------------------------------------------------------------------ */

START_TEST(a_change_silences_the_mirrors_that_it_names)
{
    run();
    table_changes("others", 110);
    commit(120);
    ck_assert(tells(&people));
    table_changes("people", 130);
    ck_assert(!tells(&people));
    ck_assert(tells(&nicks));
    news = 0;
    people.next_read_ms = 5;
    commit(140);
    ck_assert_uint_eq(news, 1);
    ck_assert_uint_eq(people.next_look_ms, 5);
    ck_assert_uint_eq(nicks.next_look_ms, 0);
    look_at(139, ITS_NUMBER); /* it cannot be seen yet */
    ck_assert_int_eq(people.followed.state, FOLLOWED_COMMITTED);
    rows_are_read(&people);
    ck_assert(!tells(&people));
    look_at(140, ITS_NUMBER);
    ck_assert_int_eq(people.followed.state, FOLLOWED_VISIBLE);
    ck_assert(!tells(&people));
    rows_are_read(&people);
    ck_assert(tells(&people));
    ck_assert_uint_eq(people.followed.changes, 1);
}
END_TEST

START_TEST(what_names_no_table_silences_all)
{
    run();
    ddl(150);
    ck_assert(!tells(&people) && !tells(&nicks));
    ck_assert_int_eq(people.followed.state, FOLLOWED_COMMITTED);
    ck_assert_int_eq(plain.followed.state, FOLLOWED_CLEAN);
    look_at(150, ITS_NUMBER);
    rows_are_read(&nicks);
    ck_assert(tells(&nicks) && !tells(&people));
}
END_TEST

START_TEST(an_event_too_long_to_be_held_is_everything)
{
    run();
    said = (struct binlog_event){.said = BINLOG_NOTHING};
    set_place(&log_at, 200);
    ck_assert(line.callbacks->event(line.arg, slice_of("beginning"), 1 << 20));
    ck_assert_uint_eq(long_events, 1);
    ck_assert(!tells(&people) && !tells(&nicks));
}
END_TEST

START_TEST(a_change_that_came_before_its_rows_were_read_counts)
{
    connected();
    ready();
    look_at(100, ITS_NUMBER);
    nothing(100);
    table_changes("people", 110);
    commit(120);
    rows_are_read(&people); /* behind the look at 100 */
    ck_assert(!tells(&people));
    look_at(120, ITS_NUMBER);
    rows_are_read(&people);
    ck_assert(tells(&people));
}
END_TEST

START_TEST(a_change_that_was_told_is_no_difference)
{
    run();
    people.is_doubtful = nicks.is_doubtful = true;
    table_changes("people", 110);
    ck_assert(!people.is_doubtful);
    ck_assert(nicks.is_doubtful);
}
END_TEST

START_TEST(rows_that_depend_on_the_time_are_never_told)
{
    run();
    people.turned.tells_time = true;
    ck_assert(!tells(&people));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stream_changes");
    TCase *tc = tcase_create("stream_changes");

    tcase_add_checked_fixture(tc, start, stop);
    tcase_add_test(tc, a_change_silences_the_mirrors_that_it_names);
    tcase_add_test(tc, what_names_no_table_silences_all);
    tcase_add_test(tc, an_event_too_long_to_be_held_is_everything);
    tcase_add_test(tc, a_change_that_came_before_its_rows_were_read_counts);
    tcase_add_test(tc, a_change_that_was_told_is_no_difference);
    tcase_add_test(tc, rows_that_depend_on_the_time_are_never_told);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
