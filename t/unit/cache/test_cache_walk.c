/* Out of the cache and back into it, entry by entry, as the state file does. */
#include "cache_case.h"

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

static void count(void *arg, const struct cache_entry *entry)
{
    (void)entry;
    ++*(unsigned *)arg;
}

/* Where next to nothing is left to visit, a call looks for it no longer than elsewhere. */
START_TEST(walk_stops_among_entries_past_use)
{
    enum { ENTRIES = 500000, MOST = 10 };
    const uint64_t end = 2 * HOUR + 300000 + 86400000;
    unsigned calls = 0, visited = 0;
    uint64_t cursor = 0;
    char key[20];

    cache_resize(cache, 64 * MB);
    for (unsigned i = 0; i < ENTRIES; i++) {
        snprintf(key, sizeof(key), "%u", i);
        put(key, "x", i == 77 ? 3 * HOUR : 2 * HOUR);
    }
    expect_counts(ENTRIES, 0);
    do {
        cache_walk(cache, &cursor, MOST, end, count, &visited);
        calls++;
    } while (cursor != 0);
    ck_assert_uint_eq(visited, 1);
    ck_assert_uint_ge(calls, ENTRIES / 12 / MOST); /* a bucket has 12 places */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cache_walk");
    TCase *t = tcase_create("cache_walk");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, walk_and_restore);
    tcase_add_test(t, restore_keeps_what_is_younger);
    tcase_add_test(t, walk_stops_among_entries_past_use);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
