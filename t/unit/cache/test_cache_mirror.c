/*
 * What a mirror knows and since when. Each rule by itself; memory is test_cache_mirror_memory, everything
 * at once at random test_cache_mirror_model.
 */
#include "mirror_case.h"

/* Passes. */

START_TEST(knows_what_is_missing_from_the_first_pass_on)
{
    expect("a", 5, CACHE_MIRROR_UNKNOWN, NULL);
    cache_mirror_begin(cache, mirror, 5);
    expect("a", 6, CACHE_MIRROR_UNKNOWN, NULL);
    ck_assert_int_eq(row("a", "x"), CACHE_MIRROR_OK);
    expect("a", 6, CACHE_MIRROR_UNKNOWN, NULL);
    ck_assert(!cache_mirror_confirm(cache, mirror, 6));
    expect_change(commit(7), 1, 1, 0);
    expect("a", 7, CACHE_MIRROR_FOUND, "x");
    expect("b", 7, CACHE_MIRROR_MISSING, NULL);
    ck_assert(find("b", 7).whole);
    ck_assert(!cache_mirror_commit(cache, mirror, 8, NULL));
    ck_assert_int_eq(row("b", "x"), CACHE_MIRROR_ENDED);
}
END_TEST

START_TEST(an_empty_table_is_whole)
{
    cache_mirror_begin(cache, mirror, 5);
    expect_change(commit(6), 0, 0, 0);
    expect("a", 7, CACHE_MIRROR_MISSING, NULL);
}
END_TEST

START_TEST(as_old_as_the_question_that_confirmed_it)
{
    READ(1000, 1500, "a", "x");
    ck_assert_uint_eq(find("a", 1500).age_ms, 500);
    ck_assert_uint_eq(find("b", 1600).age_ms, 600);
    ck_assert(cache_mirror_confirm(cache, mirror, 2000));
    ck_assert_uint_eq(find("a", 2010).age_ms, 10);
    ck_assert(cache_mirror_confirm(cache, mirror, 1700)); /* an answer that was overtaken */
    ck_assert_uint_eq(find("a", 2010).age_ms, 10);
    ck_assert_uint_eq(find("b", 2010).age_ms, 10);
    ck_assert_uint_eq(find("b", 2010).unchanged_ms, 510);
    READ(3000, 3500, "a", "x");
    ck_assert_uint_eq(find("a", 3500).age_ms, 500);
    ck_assert_uint_eq(find("a", 3500).unchanged_ms, 2000);
    READ(4000, 4500, "a", "y");
    ck_assert_uint_eq(find("a", 4600).unchanged_ms, 100);
    ck_assert_uint_eq(cache_mirror_counts(cache, mirror, 4600).confirmed_age_ms, 600);
}
END_TEST

START_TEST(changes_show_all_at_once)
{
    READ(1, 2, "a", "x", "b", "y", "c", "z");
    cache_mirror_begin(cache, mirror, 10);
    row("a", "x");
    row("a", "x2"); /* another one for the same key */
    row("b", "y2"); /* changed */
    row("d", "new");
    expect("a", 11, CACHE_MIRROR_FOUND, "x");
    expect("b", 11, CACHE_MIRROR_FOUND, "y");
    expect("c", 11, CACHE_MIRROR_FOUND, "z");
    expect("d", 11, CACHE_MIRROR_MISSING, NULL);
    expect_change(commit(12), 4, 3, 2);
    expect("a", 12, CACHE_MIRROR_SEVERAL, NULL);
    expect("b", 12, CACHE_MIRROR_FOUND, "y2");
    expect("c", 12, CACHE_MIRROR_MISSING, NULL);
    expect("d", 12, CACHE_MIRROR_FOUND, "new");
    expect_change(READ(20, 21, "d", "new", "b", "y2", "a", "x2", "a", "x"), 4, 0, 0);
    expect_change(READ(30, 31, "a", "x2", "d", "new"), 2, 0, 2);
    expect("a", 31, CACHE_MIRROR_FOUND, "x2");
}
END_TEST

START_TEST(what_was_given_up_never_was)
{
    READ(1, 2, "a", "x", "b", "y");
    for (unsigned i = 0; i < 10; i++) {
        cache_mirror_begin(cache, mirror, 10);
        row("a", "other");
        row("c", "z");
        if (i % 2 == 0)
            cache_mirror_abort(cache, mirror);
    }
    cache_mirror_abort(cache, mirror);
    ck_assert_int_eq(row("a", "x"), CACHE_MIRROR_ENDED);
    expect("a", 11, CACHE_MIRROR_FOUND, "x");
    expect("b", 11, CACHE_MIRROR_FOUND, "y");
    expect("c", 11, CACHE_MIRROR_MISSING, NULL);
    ck_assert_uint_eq(find("a", 11).age_ms, 10);
    ck_assert_uint_eq(cache_counts(cache).entries, 2);
    expect_change(READ(20, 21, "a", "x", "b", "y"), 2, 0, 0);
}
END_TEST

START_TEST(equal_rows_are_several)
{
    expect_change(READ(1, 2, "a", "x", "a", "x"), 2, 2, 0);
    expect("a", 3, CACHE_MIRROR_SEVERAL, NULL);
    expect_change(READ(4, 5, "a", "x", "a", "x"), 2, 0, 0);
    expect_change(READ(6, 7, "a", "x", "a", "x", "a", "x"), 3, 1, 0);
    expect_change(READ(8, 9, "a", "x"), 1, 0, 2);
    expect("a", 10, CACHE_MIRROR_FOUND, "x");
}
END_TEST

START_TEST(keys_and_values_are_bytes)
{
    struct slice key = {"\0*", 2}, value = {"x\0", 2}, empty = {"", 0};

    cache_mirror_begin(cache, mirror, 1);
    ck_assert_int_eq(cache_mirror_row(cache, mirror, key, value), CACHE_MIRROR_OK);
    ck_assert_int_eq(cache_mirror_row(cache, mirror, empty, empty), CACHE_MIRROR_OK);
    commit(2);
    ck_assert(slice_equal(cache_mirror_find(cache, mirror, key, 3).value, value));
    ck_assert_int_eq(cache_mirror_find(cache, mirror, empty, 3).said, CACHE_MIRROR_FOUND);
    expect("x", 3, CACHE_MIRROR_MISSING, NULL);
}
END_TEST

START_TEST(passes_may_follow_in_the_same_millisecond)
{
    for (unsigned i = 0; i < 100; i++) {
        char value[8];

        snprintf(value, sizeof(value), "%u", i);
        expect_change(READ(7, 7, "a", "x", "b", value), 2, i == 0 ? 2 : 1, i != 0);
        expect("b", 7, CACHE_MIRROR_FOUND, value);
        ck_assert_uint_eq(find("b", 7).age_ms, 0);
        ck_assert_uint_eq(find("b", 9).age_ms, 2);
    }
}
END_TEST

START_TEST(a_pass_in_the_same_millisecond_as_one_without_rows)
{
    READ(7, 7, "a", "x");
    cache_mirror_begin(cache, mirror, 20);
    expect_change(commit(20), 0, 0, 1);
    cache_mirror_begin(cache, mirror, 20);
    row("b", "y");
    expect("b", 20, CACHE_MIRROR_MISSING, NULL);
    cache_mirror_abort(cache, mirror);
    expect("b", 20, CACHE_MIRROR_MISSING, NULL);
    expect_change(READ(19, 21, "b", "y"), 1, 1, 0);
    expect("b", 21, CACHE_MIRROR_FOUND, "y");
}
END_TEST

/* Flush, drop, expire. */

static void expect_not_whole(const char *key)
{
    expect(key, 50, CACHE_MIRROR_UNKNOWN, NULL);
    ck_assert(!cache_mirror_confirm(cache, mirror, 50));
    ck_assert_int_eq(row("a", "x"), CACHE_MIRROR_ENDED);
    ck_assert(!cache_mirror_commit(cache, mirror, 50, NULL));
    READ(60, 61, "a", "x", "b", "y");
    expect("c", 62, CACHE_MIRROR_MISSING, NULL);
    expect("a", 62, CACHE_MIRROR_FOUND, "x");
    cache_mirror_begin(cache, mirror, 70);
    row("a", "x");
}

START_TEST(not_whole_after_a_flush)
{
    READ(1, 2, "a", "x", "b", "y");
    cache_mirror_begin(cache, mirror, 10);
    row("a", "x");
    row("new", "x");
    ck_assert_uint_eq(cache_flush_key(cache, mirror, slice_of("a")), 1);
    expect("b", 50, CACHE_MIRROR_FOUND, "y");
    expect_not_whole("a");
    ck_assert_uint_eq(cache_flush_key(cache, mirror, slice_of("nobody")), 0);
    expect_not_whole("nobody");
    cache_mirror_abort(cache, mirror);
    ck_assert_uint_eq(cache_flush_table(cache, mirror), 2);
    expect_not_whole("b");
    cache_mirror_abort(cache, mirror);
    ck_assert_uint_eq(cache_flush(cache), 2);
    expect_not_whole("b");
}
END_TEST

START_TEST(numbers_go_to_others)
{
    cache_table table;

    READ(1, 2, "a", "x");
    cache_mirror_begin(cache, mirror, 3);
    row("b", "y");
    cache_table_drop(cache, mirror);
    ck_assert_uint_eq(cache_counts(cache).entries, 0);
    table = cache_table_add(cache, &policy);
    ck_assert_uint_eq(table, mirror);
    ck_assert_int_eq(cache_get(cache, table, slice_of("a"), 4).state, CACHE_NOTHING);
    cache_store(cache, table, slice_of("a"), slice_of("z"), 4);
    cache_store_negative(cache, table, slice_of("b"), 4);
    ck_assert(slice_equal(cache_get(cache, table, slice_of("a"), 5).value, slice_of("z")));
    cache_table_drop(cache, table);
    ck_assert_uint_eq(cache_mirror_add(cache, &policy), mirror);
    expect("a", 6, CACHE_MIRROR_UNKNOWN, NULL);
    READ(7, 8, "b", "y");
    expect("a", 9, CACHE_MIRROR_MISSING, NULL);
    expect("b", 9, CACHE_MIRROR_FOUND, "y");
}
END_TEST

/* Times. */

START_TEST(expired_rows_are_past_their_ttl)
{
    READ(1000, 1001, "a", "x");
    cache_table_expire(cache, mirror);
    ck_assert_uint_eq(find("a", 1002).age_ms, policy.ttl_ms);
    ck_assert_uint_eq(find("a", 1000 + 2 * policy.ttl_ms).age_ms, 2 * policy.ttl_ms);
}
END_TEST

START_TEST(no_pass_at_the_end_of_time)
{
    READ(1, 2, "a", "x");
    cache_mirror_begin(cache, mirror, (uint64_t)1 << 40);
    ck_assert_int_eq(row("a", "x"), CACHE_MIRROR_ENDED);
    expect("a", 3, CACHE_MIRROR_FOUND, "x");
    READ(4, 5, "a", "y");
    expect("a", 6, CACHE_MIRROR_FOUND, "y");
}
END_TEST

/* The state file. */

START_TEST(restored_rows_are_no_whole)
{
    restore("a", "x", 60000, 100000);
    restore("b", "1", 60000, 100000);
    restore("b", "2", 60000, 100000);
    restore("old", "x", 300000 + DAY, 100000);
    ck_assert_uint_eq(find("a", 100005).age_ms, 60005);
    ck_assert(!find("a", 100005).whole);
    expect("a", 100005, CACHE_MIRROR_FOUND, "x");
    expect("b", 100005, CACHE_MIRROR_SEVERAL, NULL);
    expect("old", 100005, CACHE_MIRROR_UNKNOWN, NULL);
    expect("c", 100005, CACHE_MIRROR_UNKNOWN, NULL);
    ck_assert(!cache_mirror_confirm(cache, mirror, 100005));
    cache_mirror_begin(cache, mirror, 100010);
    restore("c", "x", 60000, 100011);
    row("b", "1");
    expect("a", 100012, CACHE_MIRROR_FOUND, "x");
    ck_assert_uint_ge(find("a", 100012).age_ms, 60000);
    expect_change(commit(100013), 1, 0, 2);
    restore("c", "x", 60000, 100014);
    expect("a", 100015, CACHE_MIRROR_MISSING, NULL);
    expect("b", 100015, CACHE_MIRROR_FOUND, "1");
    expect("c", 100015, CACHE_MIRROR_MISSING, NULL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cache_mirror");
    TCase *t = tcase_create("cache_mirror");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, knows_what_is_missing_from_the_first_pass_on);
    tcase_add_test(t, an_empty_table_is_whole);
    tcase_add_test(t, as_old_as_the_question_that_confirmed_it);
    tcase_add_test(t, changes_show_all_at_once);
    tcase_add_test(t, what_was_given_up_never_was);
    tcase_add_test(t, equal_rows_are_several);
    tcase_add_test(t, keys_and_values_are_bytes);
    tcase_add_test(t, passes_may_follow_in_the_same_millisecond);
    tcase_add_test(t, a_pass_in_the_same_millisecond_as_one_without_rows);
    tcase_add_test(t, not_whole_after_a_flush);
    tcase_add_test(t, numbers_go_to_others);
    tcase_add_test(t, expired_rows_are_past_their_ttl);
    tcase_add_test(t, no_pass_at_the_end_of_time);
    tcase_add_test(t, restored_rows_are_no_whole);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
