/*
 * The budget holds whatever the mix of sizes, memory goes back when it is no longer needed, entries
 * are cheap, and no single call works through the whole cache.
 */
#include "store_case.h"

#include <sys/resource.h>
#include <unistd.h>

#include "store.h"

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
    } mix[] = {{1, 30, 130000},      {90000, 100000, 700}, {1, 30, 130000},   {1, 100000, 2500},
               {3000, 5000, 8000},   {1, 1, 140000},       {200, 300, 40000}, {4000, 4100, 8000},
               {20000, 40000, 1500}, {1, 30, 130000}};

    start(8 * MB);
    for (size_t i = 0; i < sizeof(mix) / sizeof(mix[0]); i++) {
        struct cache_counts counts;
        size_t mean = (mix[i].least + mix[i].most) / 2 + 60;

        fill(mix[i].least, mix[i].most, mix[i].count, "k");
        counts = cache_counts(cache);
        /* Nobody's leftovers keep the room: at least three fifths of it serve the new sizes. */
        ck_assert_msg(counts.entries * mean >= counts.max_bytes / 5 * 3 ||
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
    for (unsigned i = 0; i < 100000; i++) {
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
    ck_assert_uint_eq(cache_counts(cache).max_bytes, STORE_BYTES_MIN);
    fill(1, 20000, 10000, "k");
    fill(1, 10, 20000, "k");
    for (unsigned i = 0; i < 20000; i++)
        cache_store_negative(cache, table, name("n", i), 0);
    expect_within_budget();
    ck_assert(hit(name("n", 19999)));
    ck_assert(hit(name("k", 19999)));
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
    for (unsigned i = 0; i < 600000; i++)
        cache_store(cache, table, name("k", i), slice_of("x"), 0);
    ck_assert_uint_gt(cache_counts(cache).bytes, 25 * MB);
    ck_assert_uint_eq(cache_flush(cache), 600000);
    ck_assert_uint_eq(cache_counts(cache).entries, 0);
    ck_assert_uint_gt(cache_counts(cache).bytes, 16 * MB);
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

#ifndef __SANITIZE_ADDRESS__ /* which takes more addresses than any limit */
static size_t virtual_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%lu", &pages), 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* The system has less than the budget says: then that is the budget, and as long as it lasts. */
START_TEST(goes_on_without_memory)
{
    struct rlimit before, limit;
    size_t most;

    start(256 * MB);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
    limit = (struct rlimit){virtual_bytes() + 25 * MB, before.rlim_max}; /* no 32 MiB in a piece */
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    fill(1, 4000, 60000, "k");
    most = cache_counts(cache).bytes;
    ck_assert_uint_le(most, 33 * MB);
    ck_assert_uint_ge(most, 30 * MB);
    for (unsigned i = 55000; i < 60000; i++)
        ck_assert(hit(name("k", i)));
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
    fill(1, 4000, 60000, "more");
    ck_assert_uint_ge(cache_counts(cache).bytes, 100 * MB);
    cache_free(cache);
}
END_TEST
#endif

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
    for (unsigned i = 0; i < 200000; i++) {
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
    Suite *s = suite_create("store_memory");
    TCase *t = tcase_create("store_memory");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, size_mix_can_change);
    tcase_add_test(t, replaced_values_leave_no_waste);
    tcase_add_test(t, small_budgets_work);
    tcase_add_test(t, flushes_give_memory_back);
    tcase_add_test(t, a_large_flush_goes_in_steps);
    tcase_add_test(t, shrinking_keeps_the_popular);
#ifndef __SANITIZE_ADDRESS__
    tcase_add_test(t, goes_on_without_memory);
#endif
    tcase_add_test(t, small_entries_are_cheap);
    tcase_add_test(t, no_call_does_everything);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
