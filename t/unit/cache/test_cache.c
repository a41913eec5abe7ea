/*
 * What the cache answers is what was last said and not longer than its table's policy lets it be
 * said. Each rule by itself; the model test with everything at once is test_cache_model.
 */
#include "cache_case.h"

/* Lifetimes. */

START_TEST(positive_lives_its_ttl)
{
    struct cache_answer answer;

    ck_assert_int_eq(state("a", 1000), CACHE_NOTHING);
    put("a", "x", 1001);
    expect("a", 1001, CACHE_FRESH, "x");
    expect("a", 1001 + 269999, CACHE_FRESH, "x");
    expect("a", 1001 + 285000, CACHE_REFRESH, "x");
    expect("a", 1001 + 299999, CACHE_REFRESH, "x");
    expect("a", 1001 + 300000, CACHE_STALE, "x");
    expect("a", 1001 + 300000 + 86399999, CACHE_STALE, "x");
    ck_assert_int_eq(state("a", 1001 + 300000 + 86400000), CACHE_NOTHING);
    answer = cache_get(cache, table, slice_of("a"), 1001 + 300000 + 86400000);
    ck_assert_uint_eq(answer.value.len, 0);
    answer = cache_get(cache, table, slice_of("a"), 6001);
    ck_assert_uint_eq(answer.age_ms, 5000);
}
END_TEST

START_TEST(negative_ends_with_its_ttl)
{
    struct cache_answer answer;

    put_negative("a", 77);
    answer = cache_get(cache, table, slice_of("a"), 77 + 29999);
    ck_assert_int_eq(answer.state, CACHE_FRESH);
    ck_assert(answer.negative);
    ck_assert_int_eq(state("a", 77 + 30000), CACHE_NOTHING);
    ck_assert_int_eq(state("a", 77 + 100 * YEAR), CACHE_NOTHING);
    put_negative("a", 60000);
    ck_assert_int_eq(state("a", 60000), CACHE_FRESH);
    expect_counts(1, 1);
}
END_TEST

START_TEST(lapsed_negative_is_told_from_nothing)
{
    const uint64_t end = 77 + 30000 + 86400000; /* negative_ttl and stale_ttl */

    put_negative("a", 77);
    ck_assert(cache_get(cache, table, slice_of("a"), 77 + 30000).negative);
    ck_assert(cache_peek(cache, table, slice_of("a"), end - 1).negative);
    ck_assert(!cache_get(cache, table, slice_of("a"), end).negative);
    ck_assert(!cache_get(cache, table, slice_of("b"), 77).negative);
    /* A table that is expired has said so all the same. */
    put_negative("a", 77);
    cache_table_expire(cache, table);
    ck_assert_int_eq(cache_get(cache, table, slice_of("a"), 78).state, CACHE_NOTHING);
    ck_assert(cache_get(cache, table, slice_of("a"), 78).negative);
    put("a", "x", 0);
    ck_assert(!cache_get(cache, table, slice_of("a"), end * 2).negative);
}
END_TEST

START_TEST(refresh_is_spread)
{
    uint64_t first = UINT64_MAX, last = 0;

    for (unsigned i = 0; i < 200; i++) {
        char key[20];
        uint64_t now = 265000;

        snprintf(key, sizeof(key), "user%u@d", i);
        put(key, "x", 0);
        while (state(key, now) == CACHE_FRESH)
            now += 100;
        ck_assert_int_eq(state(key, now), CACHE_REFRESH);
        first = now < first ? now : first;
        last = now > last ? now : last;
    }
    ck_assert_uint_ge(first, 270000);
    ck_assert_uint_le(first, 272000);
    ck_assert_uint_ge(last, 283000);
    ck_assert_uint_le(last, 285000);
}
END_TEST

START_TEST(zero_and_tiny_ttl)
{
    struct cache_policy zero = {0, 0, 1000}, tiny = {9, 1, 0}, none = {0, 0, 0};
    struct cache_policy forever = {UINT64_MAX, UINT64_MAX, UINT64_MAX};

    cache_table_set_policy(cache, table, &zero);
    put("a", "x", 500);
    put_negative("n", 500);
    expect("a", 500, CACHE_STALE, "x");
    expect("a", 1499, CACHE_STALE, "x");
    ck_assert_int_eq(state("a", 1500), CACHE_NOTHING);
    ck_assert_int_eq(state("n", 500), CACHE_NOTHING);
    cache_table_set_policy(cache, table, &tiny);
    expect("a", 508, CACHE_FRESH, "x");
    ck_assert_int_eq(state("a", 509), CACHE_NOTHING);
    ck_assert_int_eq(state("n", 500), CACHE_FRESH);
    ck_assert_int_eq(state("n", 501), CACHE_NOTHING);
    cache_table_set_policy(cache, table, &none);
    ck_assert_int_eq(state("a", 500), CACHE_NOTHING);
    cache_table_set_policy(cache, table, &forever);
    expect("a", 500 + 10 * YEAR, CACHE_FRESH, "x");
}
END_TEST

START_TEST(policy_is_that_of_the_asking)
{
    struct cache_policy shorter = {60000, 1000, 0};

    put("a", "x", 0);
    put_negative("n", 0);
    ck_assert_int_eq(state("n", 2000), CACHE_FRESH);
    cache_table_set_policy(cache, table, &shorter);
    ck_assert_int_eq(state("n", 2000), CACHE_NOTHING);
    ck_assert_int_eq(state("a", 60000), CACHE_NOTHING);
    cache_table_set_policy(cache, table, &policy);
    ck_assert_int_eq(state("a", 60000), CACHE_FRESH);
}
END_TEST

/* A machine that sleeps for months, or runs for decades, wakes up with old entries, not fresh ones. */
START_TEST(time_jumps)
{
    static const uint64_t jumps[] = {86700000,
                                     49 * 24 * HOUR,
                                     50 * 24 * HOUR,
                                     YEAR,
                                     8 * YEAR,
                                     9 * YEAR,
                                     ((uint64_t)1 << 32) + 5,
                                     ((uint64_t)1 << 37),
                                     17 * YEAR,
                                     ((uint64_t)1 << 40) - ((uint64_t)1 << 37),
                                     (uint64_t)1 << 40,
                                     ((uint64_t)1 << 40) + 3,
                                     (uint64_t)1 << 41,
                                     (uint64_t)1 << 60};

    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        put("a", "x", 5);
        put_negative("n", 5);
        ck_assert_int_eq(state("a", 5), CACHE_FRESH);
        ck_assert_int_eq(state("a", 5 + jumps[i]), CACHE_NOTHING);
        ck_assert_int_eq(state("n", 5 + jumps[i]), CACHE_NOTHING);
    }
    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        put("b", "y", jumps[i]);
        put_negative("m", jumps[i]);
        ck_assert_int_ne(state("b", jumps[i] + 2 * 24 * HOUR), CACHE_FRESH);
        ck_assert_int_eq(state("m", jumps[i] + 30000), CACHE_NOTHING);
        if (jumps[i] < 30 * YEAR)
            ck_assert_int_eq(state("b", jumps[i] + 1000), CACHE_FRESH);
        else
            ck_assert_int_eq(state("b", jumps[i] + 1000), CACHE_NOTHING);
    }
}
END_TEST

/* What is said replaces what was said. */

START_TEST(last_word_counts)
{
    put("a", "one", 0);
    put("a", "two", 1);
    expect("a", 1, CACHE_FRESH, "two");
    put("a", "longer than that", 2);
    expect("a", 2, CACHE_FRESH, "longer than that");
    expect_counts(1, 0);
    put_negative("a", 3);
    ck_assert(cache_get(cache, table, slice_of("a"), 3).negative);
    ck_assert_int_eq(state("a", 3 + 30000), CACHE_NOTHING);
    expect_counts(1, 1);
    put("a", "again", 50000);
    expect("a", 50000, CACHE_FRESH, "again");
    expect_counts(1, 0);
}
END_TEST

START_TEST(keys_and_values_are_bytes)
{
    struct slice a = {"a\0b", 3}, b = {"a\0c", 3}, empty = {"", 0};

    cache_store(cache, table, a, b, 0);
    cache_store(cache, table, empty, a, 0);
    ck_assert(slice_equal(cache_get(cache, table, a, 0).value, b));
    ck_assert(slice_equal(cache_get(cache, table, empty, 0).value, a));
    ck_assert_int_eq(cache_get(cache, table, b, 0).state, CACHE_NOTHING);
    ck_assert_int_eq(state("a", 0), CACHE_NOTHING);
    cache_store(cache, table, a, empty, 0);
    ck_assert_int_eq(cache_get(cache, table, a, 0).state, CACHE_FRESH);
    ck_assert(!cache_get(cache, table, a, 0).negative);
}
END_TEST

START_TEST(what_is_too_long_is_not_kept)
{
    static char big[200000];
    struct slice longest = {big, 100000}, over = {big, 100001};
    struct slice key = {big, 1000}, long_key = {big, 1001};

    memset(big, 'k', sizeof(big));
    put("a", "x", 0);
    cache_store(cache, table, slice_of("a"), longest, 1);
    ck_assert(slice_equal(cache_get(cache, table, slice_of("a"), 1).value, longest));
    cache_store(cache, table, slice_of("a"), over, 2);
    ck_assert_int_eq(state("a", 2), CACHE_NOTHING);
    cache_store(cache, table, key, slice_of("v"), 0);
    ck_assert_int_eq(cache_get(cache, table, key, 0).state, CACHE_FRESH);
    cache_store(cache, table, long_key, slice_of("v"), 0);
    cache_store_negative(cache, table, long_key, 0);
    ck_assert_int_eq(cache_get(cache, table, long_key, 0).state, CACHE_NOTHING);
    expect_counts(1, 0);
    cache_resize(cache, MB);
    put("a", "x", 3);
    cache_store(cache, table, slice_of("a"), longest, 4); /* more than a 16th of the budget */
    ck_assert_int_eq(state("a", 4), CACHE_NOTHING);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cache");
    TCase *t = tcase_create("cache");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, positive_lives_its_ttl);
    tcase_add_test(t, negative_ends_with_its_ttl);
    tcase_add_test(t, lapsed_negative_is_told_from_nothing);
    tcase_add_test(t, refresh_is_spread);
    tcase_add_test(t, zero_and_tiny_ttl);
    tcase_add_test(t, policy_is_that_of_the_asking);
    tcase_add_test(t, time_jumps);
    tcase_add_test(t, last_word_counts);
    tcase_add_test(t, keys_and_values_are_bytes);
    tcase_add_test(t, what_is_too_long_is_not_kept);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
