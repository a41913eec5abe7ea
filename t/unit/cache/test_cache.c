/*
 * What the cache answers is what was last said and not longer than its table's policy lets it be
 * said. Each rule by itself; the model test with everything at once is test_cache_model.
 */
#include "cache.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

#define MB   ((size_t)1 << 20)
#define HOUR ((uint64_t)3600 * 1000)
#define YEAR ((uint64_t)365 * 24 * HOUR)

static const struct hash_secret secret = {{1, 2}};
static const struct cache_policy policy = {
    .ttl_ms = 300000, .negative_ttl_ms = 30000, .stale_ttl_ms = 86400000};

static struct cache *cache;
static cache_table table;

static void setup(void)
{
    cache = cache_new(8 * MB, &secret);
    table = cache_table_add(cache, &policy);
    ck_assert_uint_ne(table, 0);
}

static void teardown(void)
{
    cache_free(cache);
}

static void put(const char *key, const char *value, uint64_t now)
{
    cache_store(cache, table, slice_of(key), slice_of(value), now);
}

static void put_negative(const char *key, uint64_t now)
{
    cache_store_negative(cache, table, slice_of(key), now);
}

static enum cache_state state(const char *key, uint64_t now)
{
    struct cache_answer seen = cache_peek(cache, table, slice_of(key), now);
    struct cache_answer got = cache_get(cache, table, slice_of(key), now);

    ck_assert_int_eq(seen.state, got.state);
    ck_assert(slice_equal(seen.value, got.value));
    return got.state;
}

static void expect(const char *key, uint64_t now, enum cache_state state, const char *value)
{
    struct cache_answer answer = cache_get(cache, table, slice_of(key), now);

    ck_assert_int_eq(answer.state, state);
    ck_assert(!answer.negative);
    ck_assert(slice_equal(answer.value, slice_of(value)));
}

static void expect_counts(uint64_t entries, uint64_t negatives)
{
    struct cache_counts counts = cache_counts(cache);

    ck_assert_uint_eq(counts.entries, entries);
    ck_assert_uint_eq(counts.negative_entries, negatives);
    ck_assert_uint_le(counts.bytes, counts.max_bytes);
}

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
    /* What a table said before it was expired is not remembered at all. */
    cache_table_expire(cache, table);
    ck_assert(!cache_get(cache, table, slice_of("a"), 77 + 30000).negative);
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

START_TEST(tables_are_apart)
{
    cache_table other = cache_table_add(cache, &policy);

    put("a", "x", 0);
    ck_assert_int_eq(cache_get(cache, other, slice_of("a"), 0).state, CACHE_NOTHING);
    cache_store_negative(cache, other, slice_of("a"), 0);
    expect("a", 0, CACHE_FRESH, "x");
    ck_assert_uint_eq(cache_flush_table(cache, other), 1);
    expect("a", 0, CACHE_FRESH, "x");
    expect_counts(1, 0);
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

/* Expire, drop, flush. */

START_TEST(expire_makes_stale)
{
    struct cache_answer answer;

    put("a", "x", 0);
    put_negative("n", 0);
    cache_table_expire(cache, table);
    expect("a", 1, CACHE_STALE, "x");
    ck_assert_int_eq(state("n", 1), CACHE_NOTHING);
    expect_counts(1, 0);
    put("a", "x", 2);
    put_negative("n", 2);
    expect("a", 2, CACHE_FRESH, "x");
    ck_assert_int_eq(state("n", 2), CACHE_FRESH);
    expect_counts(2, 1);
    cache_table_expire(cache, table);
    cache_table_expire(cache, table);
    answer = cache_get(cache, table, slice_of("a"), 2 + 300000 + 86399999);
    ck_assert_int_eq(answer.state, CACHE_STALE);
    ck_assert_int_eq(state("a", 2 + 300000 + 86400000), CACHE_NOTHING);
    ck_assert_uint_eq(cache_flush_key(cache, table, slice_of("n")), 0);
}
END_TEST

/* More expirations than there are numbers for them, each leaving an entry behind. */
START_TEST(old_editions_never_come_back)
{
    char key[20];

    for (unsigned i = 0; i < 70000; i++) {
        snprintf(key, sizeof(key), "%u", i);
        put(key, "x", 0);
        snprintf(key, sizeof(key), "n%u", i % 5000);
        put_negative(key, 0);
        cache_table_expire(cache, table);
        snprintf(key, sizeof(key), "%u", i * 31 % (i + 1));
        ck_assert_int_eq(state(key, 0), CACHE_STALE);
        snprintf(key, sizeof(key), "n%u", i * 31 % 5000);
        ck_assert_int_eq(state(key, 0), CACHE_NOTHING);
    }
    expect_counts(70000, 0);
}
END_TEST

/* The same with flushes. */
START_TEST(numbers_do_not_run_out)
{
    char key[20];

    for (unsigned i = 0; i < 70000; i++) {
        snprintf(key, sizeof(key), "%u", i);
        put(key, "x", 0);
        ck_assert_uint_ge(cache_flush_table(cache, table), 1);
        put(key, "y", 0);
        expect(key, 0, CACHE_FRESH, "y");
    }
    expect_counts(1, 0);
}
END_TEST

START_TEST(dropped_tables_stay_dropped)
{
    char key[20];

    for (unsigned i = 0; i < 3000; i++) {
        snprintf(key, sizeof(key), "%u", i % 10);
        ck_assert_int_eq(state(key, 0), CACHE_NOTHING);
        put(key, "x", 0);
        put_negative("n", 0);
        expect_counts(2, 1);
        cache_table_drop(cache, table);
        expect_counts(0, 0);
        table = cache_table_add(cache, &policy);
        ck_assert_int_eq(state(key, 0), CACHE_NOTHING);
        ck_assert_int_eq(state("n", 0), CACHE_NOTHING);
    }
}
END_TEST

START_TEST(tables_have_a_limit)
{
    unsigned count = 1;

    while ((table = cache_table_add(cache, &policy)) != 0)
        count++;
    ck_assert_uint_eq(count, 32000);
    for (unsigned i = 1; i <= 50; i++)
        cache_table_drop(cache, (cache_table)i);
    ck_assert_uint_ne(cache_table_add(cache, &policy), 0);
}
END_TEST

START_TEST(flushes_count)
{
    char key[20];
    cache_table other = cache_table_add(cache, &policy);

    for (unsigned i = 0; i < 20000; i++) {
        snprintf(key, sizeof(key), "%u", i);
        if (i % 10 == 0)
            cache_store(cache, other, slice_of(key), slice_of("y"), 0);
        else if (i % 10 == 1)
            put_negative(key, 0);
        else
            put(key, "x", 0);
    }
    expect_counts(20000, 2000);
    ck_assert_uint_eq(cache_flush_key(cache, table, slice_of("2")), 1);
    ck_assert_uint_eq(cache_flush_key(cache, table, slice_of("2")), 0);
    ck_assert_uint_eq(cache_flush_key(cache, table, slice_of("10")), 0);
    expect_counts(19999, 2000);
    ck_assert_int_eq(state("2", 0), CACHE_NOTHING);
    ck_assert_uint_eq(cache_flush_table(cache, table), 17999);
    ck_assert_uint_eq(cache_flush_table(cache, table), 0);
    ck_assert_int_eq(state("3", 0), CACHE_NOTHING);
    expect_counts(2000, 0);
    put("3", "z", 0);
    expect("3", 0, CACHE_FRESH, "z");
    ck_assert_uint_eq(cache_flush(cache), 2001);
    ck_assert_uint_eq(cache_flush(cache), 0);
    expect_counts(0, 0);
    put("3", "z", 0);
    expect("3", 0, CACHE_FRESH, "z");
    ck_assert_uint_eq(cache_counts(cache).evictions, 0);
}
END_TEST

/* Walk and restore. */

struct copy {
    struct cache *to;
    cache_table table;
    uint64_t now_ms;
    unsigned seen;
};

static void copy_entry(void *arg, const struct cache_entry *entry)
{
    struct copy *copy = arg;
    struct cache_entry there = *entry;

    there.table = copy->table;
    cache_restore(copy->to, &there, copy->now_ms);
    copy->seen++;
}

START_TEST(walk_and_restore)
{
    struct cache *other = cache_new(8 * MB, &(struct hash_secret){{8, 9}});
    struct copy copy = {other, cache_table_add(other, &policy), 500, 0};
    uint64_t cursor = 0;
    unsigned calls = 0;
    char key[20];

    put("expired", "x", 0);
    cache_table_expire(cache, table);
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(key, sizeof(key), "%u", i);
        i % 20 != 0 ? put(key, key, 600000 + i) : put_negative(key, 600000 + i);
    }
    do {
        cache_walk(cache, &cursor, 100, 620000, copy_entry, &copy);
        ck_assert_uint_le(copy.seen, ++calls * 130);
    } while (cursor != 0);
    ck_assert_uint_eq(copy.seen, 10001);
    for (unsigned i = 0; i < 10000; i++) {
        struct cache_answer answer;

        snprintf(key, sizeof(key), "%u", i);
        answer = cache_get(other, copy.table, slice_of(key), 500);
        ck_assert_int_eq(answer.state, CACHE_FRESH);
        ck_assert_int_eq(answer.negative, i % 20 == 0);
        ck_assert_uint_eq(answer.age_ms, 20000 - i);
        if (i % 20 != 0)
            ck_assert(slice_equal(answer.value, slice_of(key)));
    }
    ck_assert_int_eq(cache_get(other, copy.table, slice_of("expired"), 500).state, CACHE_STALE);
    cache_free(other);
}
END_TEST

START_TEST(restore_keeps_what_is_younger)
{
    struct cache_entry saved = {table, false, slice_of("a"), slice_of("old"), 5000};

    put("a", "new", 10000);
    cache_restore(cache, &saved, 10000);
    expect("a", 10000, CACHE_FRESH, "new");
    saved.age_ms = 100;
    cache_restore(cache, &saved, 20000);
    expect("a", 20000, CACHE_FRESH, "old");
    saved.key = slice_of("b"); /* saved before the boot that the clock began with */
    saved.age_ms = 290000;
    cache_restore(cache, &saved, 20);
    expect("b", 20, CACHE_REFRESH, "old");
    expect("b", 10020, CACHE_STALE, "old");
    saved.negative = true;
    cache_restore(cache, &saved, 20);
    expect("b", 20, CACHE_REFRESH, "old"); /* not younger */
    saved.key = slice_of("n");
    cache_restore(cache, &saved, 20);
    ck_assert_int_eq(state("n", 20), CACHE_NOTHING);
    ck_assert(cache_get(cache, table, slice_of("n"), 20).negative); /* lapsed */
    saved.age_ms = UINT64_MAX;
    saved.key = slice_of("c");
    cache_restore(cache, &saved, 20);
    ck_assert_int_eq(state("c", 20), CACHE_NOTHING);
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
    tcase_add_test(t, tables_are_apart);
    tcase_add_test(t, what_is_too_long_is_not_kept);
    tcase_add_test(t, expire_makes_stale);
    tcase_add_test(t, old_editions_never_come_back);
    tcase_add_test(t, numbers_do_not_run_out);
    tcase_add_test(t, dropped_tables_stay_dropped);
    tcase_add_test(t, tables_have_a_limit);
    tcase_add_test(t, flushes_count);
    tcase_add_test(t, walk_and_restore);
    tcase_add_test(t, restore_keeps_what_is_younger);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
