/*
 * What stays when not everything can: the budget holds whatever the mix of sizes, attacks do not
 * push out what real mail asks for, memory goes back when it is no longer needed, and no single call
 * works through the whole cache.
 */
#include "cache.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "store.h"
#include "unit.h"

#define MB ((size_t)1 << 20)

static const struct hash_secret secret = {{5, 6}};
static const struct cache_policy policy = {
    .ttl_ms = 1000000000, .negative_ttl_ms = 1000000000, .stale_ttl_ms = 0};

static struct cache *cache;
static cache_table table;
static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void start(size_t max_bytes)
{
    cache = cache_new(max_bytes, &secret);
    table = cache_table_add(cache, &policy);
}

/* A key that lives until the next call. */
static struct slice name(const char *prefix, unsigned number)
{
    static char text[64];

    snprintf(text, sizeof(text), "%s%u@example.com", prefix, number);
    return slice_of(text);
}

static struct slice bytes(size_t len)
{
    static char data[100000];

    return (struct slice){data, len};
}

static bool hit(struct slice key)
{
    return cache_get(cache, table, key, 0).state == CACHE_FRESH;
}

static void expect_within_budget(void)
{
    struct cache_counts counts = cache_counts(cache);

    ck_assert_uint_le(counts.bytes, counts.max_bytes);
}

/* Attacks. */

static double *zipf_sums(unsigned count, double skew)
{
    double *sums = malloc(count * sizeof(*sums)), sum = 0;

    for (unsigned i = 0; i < count; i++)
        sums[i] = sum += 1 / pow(i + 1, skew);
    return sums;
}

static unsigned zipf(const double *sums, unsigned count)
{
    double at = (double)(next_random() >> 11) / (double)(1ull << 53) * sums[count - 1];
    unsigned low = 0, high = count - 1;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (sums[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The share of real recipients found in the cache while each comes with some unknown names. */
static double hit_ratio(unsigned lookups, unsigned unknown_per_real)
{
    enum { USERS = 100000 };
    double *sums = zipf_sums(USERS, 0.9);
    unsigned hits = 0, measured = 0;

    for (unsigned i = 0; i < lookups; i++) {
        struct slice key = name("user", zipf(sums, USERS));
        bool found = hit(key);

        if (!found)
            cache_store(cache, table, key, slice_of("1"), 0);
        if (i >= lookups / 4 * 3) {
            hits += found;
            measured++;
        }
        for (unsigned n = 0; n < unknown_per_real; n++) {
            key = name("name", (unsigned)next_random());
            if (!hit(key))
                cache_store_negative(cache, table, key, 0);
        }
    }
    free(sums);
    return (double)hits / measured;
}

START_TEST(flood_leaves_real_recipients)
{
    double ratio;

    start(1180000); /* room for just under 20,000 such entries */
    ratio = hit_ratio(300000, 10);
    printf("ring: %.1f %% hits under a flood, %lu entries\n", ratio * 100,
           (unsigned long)cache_counts(cache).entries);
    ck_assert_uint_le(cache_counts(cache).entries, 20000);
    ck_assert_uint_ge(cache_counts(cache).entries, 18000);
    ck_assert(ratio >= 0.70);
    expect_within_budget();
    cache_free(cache);
}
END_TEST

/* 1000 names are asked again and again, a thousand times as many go by. */
START_TEST(flood_does_not_evict_what_is_asked_again)
{
    start(MB);
    for (unsigned i = 0; i < 1000; i++)
        cache_store(cache, table, name("real", i), slice_of("x"), 0);
    for (unsigned i = 0; i < 1000000; i++) {
        if (i % 10 == 0)
            ck_assert_msg(hit(name("real", i / 10 % 1000)), "lost after %u", i);
        cache_store_negative(cache, table, name("flood", i), 0);
    }
    ck_assert_uint_gt(cache_counts(cache).evictions, 900000);
    cache_free(cache);
}
END_TEST

/* Also when there is room for more: they would have to be cleared away when it is needed. */
START_TEST(new_negatives_are_confined)
{
    start(64 * MB);
    for (unsigned i = 0; i < 500000; i++)
        cache_store_negative(cache, table, name("flood", i), 0);
    ck_assert_uint_le(cache_counts(cache).bytes, 9 * MB);
    ck_assert_uint_ge(cache_counts(cache).entries, 64 * MB / 10 / 64);
    cache_free(cache);
}
END_TEST

/* A negative that is asked again becomes a full member and outlives the flood. */
START_TEST(known_negatives_stay)
{
    start(MB);
    for (unsigned i = 0; i < 500; i++) {
        cache_store_negative(cache, table, name("domain", i), 0);
        ck_assert(hit(name("domain", i)));
    }
    for (unsigned i = 0; i < 100000; i++)
        cache_store_negative(cache, table, name("flood", i), 0);
    for (unsigned i = 0; i < 500; i++)
        ck_assert(hit(name("domain", i)));
    cache_free(cache);
}
END_TEST

/* All names are new, once: those asked three times before outlive more than the cache's size. */
START_TEST(scan_of_positives_leaves_the_popular)
{
    unsigned kept = 0;

    start(MB);
    for (unsigned i = 0; i < 1000; i++)
        cache_store(cache, table, name("real", i), slice_of("x"), 0);
    for (unsigned i = 0; i < 3000; i++)
        ck_assert(hit(name("real", i % 1000)));
    for (unsigned i = 0; i < 30000; i++)
        cache_store(cache, table, name("scan", i), slice_of("x"), 0);
    for (unsigned i = 0; i < 1000; i++)
        kept += hit(name("real", i));
    ck_assert_uint_ge(kept, 990);
    cache_free(cache);
}
END_TEST

START_TEST(least_recently_used_goes_first)
{
    unsigned recent = 0;

    start(MB);
    for (unsigned i = 0; i < 40000; i++)
        cache_store(cache, table, name("k", i), slice_of("x"), 0);
    for (unsigned i = 32000; i < 40000; i++)
        recent += hit(name("k", i));
    for (unsigned i = 0; i < 20000; i++)
        ck_assert(!hit(name("k", i)));
    ck_assert_uint_eq(recent, 8000);
    cache_free(cache);
}
END_TEST

/* When all are equally popular some have to go all the same, and the cache stays full. */
START_TEST(all_popular)
{
    unsigned stored = 0;

    start(2 * MB);
    for (unsigned round = 0; round < 20; round++)
        for (unsigned i = 0; i < 40000; i++) {
            struct slice key = name("k", i);

            if (!hit(key)) {
                cache_store(cache, table, key, slice_of("x"), 0);
                stored++;
            }
            hit(key);
            hit(key);
        }
    ck_assert_uint_ge(cache_counts(cache).entries, 30000);
    ck_assert_uint_eq(cache_counts(cache).entries + cache_counts(cache).evictions, stored);
    expect_within_budget();
    cache_free(cache);
}
END_TEST

/* Sizes. */

static void fill(size_t least, size_t most, unsigned count, const char *prefix)
{
    for (unsigned i = 0; i < count; i++) {
        cache_store(cache, table, name(prefix, i),
                    bytes(least + next_random() % (most - least + 1)), 0);
        expect_within_budget();
    }
}

START_TEST(size_mix_can_change)
{
    static const struct {
        size_t least, most;
        unsigned count;
    } mix[] = {{1, 30, 400000},      {90000, 100000, 2000}, {1, 30, 400000},   {1, 100000, 5000},
               {3000, 5000, 20000},  {1, 1, 400000},        {200, 300, 90000}, {4000, 4100, 20000},
               {20000, 40000, 5000}, {1, 30, 400000}};

    start(16 * MB);
    for (size_t i = 0; i < sizeof(mix) / sizeof(mix[0]); i++) {
        struct cache_counts counts;
        size_t mean = (mix[i].least + mix[i].most) / 2 + 60;

        fill(mix[i].least, mix[i].most, mix[i].count, "k");
        counts = cache_counts(cache);
        /* Nobody's leftovers keep the room: at least two thirds of it serve the new sizes. */
        ck_assert_msg(counts.entries * mean >= counts.max_bytes / 3 * 2 ||
                          counts.entries == mix[i].count,
                      "mix %zu: only %lu entries", i, (unsigned long)counts.entries);
        ck_assert(hit(name("k", mix[i].count - 1)));
    }
    cache_free(cache);
}
END_TEST

START_TEST(replaced_values_leave_no_waste)
{
    start(64 * MB);
    for (unsigned i = 0; i < 300000; i++) {
        cache_store(cache, table, name("k", (unsigned)next_random() % 1000),
                    bytes(next_random() % 200), 0);
        ck_assert_uint_lt(cache_counts(cache).bytes, MB);
    }
    ck_assert_uint_eq(cache_counts(cache).entries, 1000);
    cache_free(cache);
}
END_TEST

START_TEST(small_budgets_work)
{
    start(1);
    ck_assert_uint_eq(cache_counts(cache).max_bytes, RING_BYTES_MIN);
    fill(1, 20000, 50000, "k");
    fill(1, 10, 50000, "k");
    for (unsigned i = 0; i < 50000; i++)
        cache_store_negative(cache, table, name("n", i), 0);
    expect_within_budget();
    ck_assert(hit(name("n", 49999)));
    ck_assert(hit(name("k", 49999)));
    cache_free(cache);
}
END_TEST

/* Memory goes back. */

static void tidy(void)
{
    while (cache_tidy(cache))
        ;
}

START_TEST(flushes_give_memory_back)
{
    cache_table other;
    size_t empty, full, flushed;

    start(64 * MB);
    other = cache_table_add(cache, &policy);
    empty = cache_counts(cache).bytes;
    for (unsigned i = 0; i < 200000; i++)
        cache_store(cache, i % 10 == 0 ? other : table, name("k", i), bytes(i % 50), 0);
    full = cache_counts(cache).bytes;
    ck_assert_uint_gt(full, 10 * MB);
    ck_assert_uint_eq(cache_flush_table(cache, table), 180000);
    tidy();
    flushed = cache_counts(cache).bytes;
    ck_assert_uint_lt(flushed, full / 6);
    ck_assert_uint_eq(cache_counts(cache).entries, 20000);
    for (unsigned i = 0; i < 200000; i += 10)
        ck_assert(cache_get(cache, other, name("k", i), 0).state == CACHE_FRESH);
    cache_table_drop(cache, other);
    tidy();
    ck_assert_uint_lt(cache_counts(cache).bytes, empty + MB / 2);
    for (unsigned i = 0; i < 200000; i++)
        cache_store(cache, table, name("k", i), bytes(i % 50), 0);
    ck_assert_uint_eq(cache_flush(cache), 200000);
    ck_assert_uint_lt(cache_counts(cache).bytes, empty + MB / 4);
    cache_free(cache);
}
END_TEST

/* Entries are gone at once, but to give back all of the memory would hold up everybody. */
START_TEST(a_large_flush_goes_in_steps)
{
    size_t steps = 1;

    start(256 * MB);
    for (unsigned i = 0; i < 1000000; i++)
        cache_store(cache, table, name("k", i), slice_of("x"), 0);
    ck_assert_uint_gt(cache_counts(cache).bytes, 40 * MB);
    ck_assert_uint_eq(cache_flush(cache), 1000000);
    ck_assert_uint_eq(cache_counts(cache).entries, 0);
    ck_assert_uint_gt(cache_counts(cache).bytes, 20 * MB);
    while (cache_tidy(cache))
        steps++;
    ck_assert_uint_gt(steps, 10);
    ck_assert_uint_lt(cache_counts(cache).bytes, 4 * MB);
    cache_free(cache);
}
END_TEST

START_TEST(shrinking_keeps_the_popular)
{
    unsigned kept = 0;

    start(32 * MB);
    for (unsigned i = 0; i < 300000; i++)
        cache_store(cache, table, name("k", i), slice_of("x"), 0);
    for (unsigned i = 0; i < 300000; i += 100)
        ck_assert(hit(name("k", i)));
    cache_resize(cache, 2 * MB);
    tidy();
    expect_within_budget();
    for (unsigned i = 0; i < 300000; i += 100)
        kept += hit(name("k", i));
    ck_assert_uint_ge(kept, 2500);
    cache_resize(cache, 32 * MB);
    for (unsigned i = 0; i < 300000; i++)
        cache_store(cache, table, name("k", i), slice_of("x"), 0);
    ck_assert_uint_eq(cache_counts(cache).entries, 300000);
    cache_free(cache);
}
END_TEST

/* Cost. */

START_TEST(small_entries_are_cheap)
{
    size_t data = 0, before;

    start(256 * MB);
    before = cache_counts(cache).bytes;
    for (unsigned i = 0; i < 500000; i++) {
        struct slice key = name("user", i);

        data += key.len + 1;
        cache_store(cache, table, key, slice_of("1"), 0);
    }
    ck_assert_uint_le((cache_counts(cache).bytes - before - data) / 500000, 34);
    cache_free(cache);
}
END_TEST

/* Every call gives or takes a few pages of 32 KiB, evicts or moves what is in a few, no more. */
START_TEST(no_call_does_everything)
{
    struct cache_counts last;

    start(8 * MB);
    last = cache_counts(cache);
    for (unsigned i = 0; i < 400000; i++) {
        struct cache_counts now;

        if (i % 3 == 0)
            cache_store_negative(cache, table, name("n", i), 0);
        else
            cache_store(cache, table, name("k", i), bytes(i % 100), 0);
        hit(name("k", (unsigned)next_random() % (i + 1)));
        now = cache_counts(cache);
        ck_assert_uint_le(now.evictions - last.evictions, 3000);
        ck_assert_uint_le(now.bytes > last.bytes ? now.bytes - last.bytes : 0, 5 * PAGE_BYTES);
        last = now;
    }
    cache_free(cache);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ring");
    TCase *t = tcase_create("ring");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, flood_leaves_real_recipients);
    tcase_add_test(t, flood_does_not_evict_what_is_asked_again);
    tcase_add_test(t, new_negatives_are_confined);
    tcase_add_test(t, known_negatives_stay);
    tcase_add_test(t, scan_of_positives_leaves_the_popular);
    tcase_add_test(t, least_recently_used_goes_first);
    tcase_add_test(t, all_popular);
    tcase_add_test(t, size_mix_can_change);
    tcase_add_test(t, replaced_values_leave_no_waste);
    tcase_add_test(t, small_budgets_work);
    tcase_add_test(t, flushes_give_memory_back);
    tcase_add_test(t, a_large_flush_goes_in_steps);
    tcase_add_test(t, shrinking_keeps_the_popular);
    tcase_add_test(t, small_entries_are_cheap);
    tcase_add_test(t, no_call_does_everything);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
