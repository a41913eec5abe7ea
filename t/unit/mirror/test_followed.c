/* What a mirror may say while its table changes: nothing, from the first word of a change until rows were read
 * that have it. Tries to have it lie at each step. */
#include "followed.h"

#include <stdio.h>

#include "unit.h"

static struct followed followed;

static void start(void)
{
    followed = (struct followed){.state = FOLLOWED_CLEAN};
}

static struct binlog_place at(uint64_t position)
{
    struct binlog_place place = {.position = position};

    snprintf(place.name, sizeof(place.name), "log.000007");
    return place;
}

static void commit(uint64_t position)
{
    const struct binlog_place place = at(position);

    followed_commit(&followed, &place);
}

static void look(uint64_t position, uint64_t now_ms)
{
    const struct binlog_place place = at(position);

    ck_assert(followed_look(&followed, &place, now_ms));
}

/* Rows are read behind a look that said this. */
static void read_rows(uint64_t position, uint64_t now_ms)
{
    const struct binlog_place place = at(position);

    followed_read(&followed, &place, now_ms);
}

START_TEST(says_nothing_from_the_change_until_it_was_read)
{
    ck_assert(!followed_is_dirty(&followed));
    followed_change(&followed);
    ck_assert(followed_is_dirty(&followed));
    commit(100);
    ck_assert(followed_is_dirty(&followed));
    look(100, 5);
    ck_assert(followed_is_dirty(&followed));
    read_rows(100, 6);
    ck_assert(!followed_is_dirty(&followed));
    ck_assert_uint_eq(followed.changes, 1);
}
END_TEST

START_TEST(rows_of_before_the_change_are_not_the_table)
{
    followed_change(&followed);
    read_rows(90, 1); /* in the middle of the transaction */
    ck_assert(followed_is_dirty(&followed));
    commit(100);
    read_rows(99, 2); /* committed, and not to be seen */
    ck_assert(followed_is_dirty(&followed));
    look(99, 3);
    read_rows(99, 4);
    ck_assert(followed_is_dirty(&followed));
    read_rows(100, 5);
    ck_assert(!followed_is_dirty(&followed));
}
END_TEST

START_TEST(the_next_change_counts_also_while_the_last_is_read)
{
    followed_change(&followed);
    commit(100);
    look(100, 1);
    followed_change(&followed); /* the rows of the first are on their way */
    read_rows(100, 2);
    ck_assert(followed_is_dirty(&followed));
    commit(200);
    read_rows(100, 3);
    ck_assert(followed_is_dirty(&followed));
    look(150, 4);
    read_rows(150, 5);
    ck_assert(followed_is_dirty(&followed));
    look(200, 6);
    read_rows(200, 7);
    ck_assert(!followed_is_dirty(&followed));
}
END_TEST

START_TEST(an_answer_counts_from_when_the_change_was_visible)
{
    ck_assert_uint_eq(followed_unchanged_ms(&followed, 1000), UINT64_MAX);
    followed_change(&followed);
    ck_assert_uint_eq(followed_unchanged_ms(&followed, 1000), 0);
    commit(100);
    ck_assert_uint_eq(followed_unchanged_ms(&followed, 1010), 0);
    look(99, 1015);
    ck_assert_uint_eq(followed_unchanged_ms(&followed, 1020), 0);
    look(100, 1020);
    ck_assert_uint_eq(followed_unchanged_ms(&followed, 1030), 10);
    read_rows(100, 1040);
    ck_assert_uint_eq(followed_unchanged_ms(&followed, 1050), 30);
}
END_TEST

START_TEST(another_log_is_no_place_to_wait_for)
{
    struct binlog_place other = at(500);

    followed_change(&followed);
    commit(100);
    snprintf(other.name, sizeof(other.name), "other.000007");
    ck_assert(!followed_look(&followed, &other, 1));
    ck_assert(followed_is_dirty(&followed));
}
END_TEST

START_TEST(without_the_stream_rows_that_are_read_from_now_on_will_do)
{
    followed.stream = 3;
    followed_end(&followed, 1);
    ck_assert(!followed_is_dirty(&followed));
    ck_assert_uint_eq(followed.stream, 0);
    followed_change(&followed);
    followed_end(&followed, 2);
    ck_assert(followed_is_dirty(&followed));
    read_rows(1, 3);
    ck_assert(!followed_is_dirty(&followed));
}
END_TEST

START_TEST(a_commit_of_others_is_none_of_its_business)
{
    commit(100);
    ck_assert(!followed_is_dirty(&followed));
    followed_change(&followed);
    commit(200);
    commit(300);
    look(200, 1);
    ck_assert_int_eq(followed.state, FOLLOWED_VISIBLE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("followed");
    TCase *tc = tcase_create("followed");

    tcase_add_checked_fixture(tc, start, NULL);
    tcase_add_test(tc, says_nothing_from_the_change_until_it_was_read);
    tcase_add_test(tc, rows_of_before_the_change_are_not_the_table);
    tcase_add_test(tc, the_next_change_counts_also_while_the_last_is_read);
    tcase_add_test(tc, an_answer_counts_from_when_the_change_was_visible);
    tcase_add_test(tc, another_log_is_no_place_to_wait_for);
    tcase_add_test(tc, without_the_stream_rows_that_are_read_from_now_on_will_do);
    tcase_add_test(tc, a_commit_of_others_is_none_of_its_business);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
