/*
 * What stays when not everything can: attacks and mailings do not push out what real mail asks for.
 * The rest about memory is test_store_memory.
 */
#include "store_case.h"

#include <math.h>
#include <stdlib.h>

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
    ratio = hit_ratio(150000, 10);
    printf("store: %.1f %% hits under a flood, %lu entries\n", ratio * 100,
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

static Suite *suite(void)
{
    Suite *s = suite_create("store");
    TCase *t = tcase_create("store");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, flood_leaves_real_recipients);
    tcase_add_test(t, flood_does_not_evict_what_is_asked_again);
    tcase_add_test(t, new_negatives_are_confined);
    tcase_add_test(t, known_negatives_stay);
    tcase_add_test(t, scan_of_positives_leaves_the_popular);
    tcase_add_test(t, least_recently_used_goes_first);
    tcase_add_test(t, all_popular);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
