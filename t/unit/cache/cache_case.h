/* cache_case - what tests of the cache's rules share: one cache with one table, and short names. */
#ifndef VMAPD_CACHE_CASE_H
#define VMAPD_CACHE_CASE_H

#include "cache.h"

#include <stdio.h>

#include "unit.h"

#define MB   ((size_t)1 << 20)
#define HOUR ((uint64_t)3600 * 1000)
#define YEAR ((uint64_t)365 * 24 * HOUR)

static const struct hash_secret secret = {{1, 2}};
static const struct cache_policy policy = {
    .ttl_ms = 300000, .negative_ttl_ms = 30000, .stale_ttl_ms = 86400000};

static struct cache *cache;
static cache_table table;

static inline void setup(void)
{
    cache = cache_new(8 * MB, &secret);
    table = cache_table_add(cache, &policy);
    ck_assert_uint_ne(table, 0);
}

static inline void teardown(void)
{
    cache_free(cache);
}

static inline void put(const char *key, const char *value, uint64_t now)
{
    cache_store(cache, table, slice_of(key), slice_of(value), now);
}

static inline void put_negative(const char *key, uint64_t now)
{
    cache_store_negative(cache, table, slice_of(key), now);
}

static inline enum cache_state state(const char *key, uint64_t now)
{
    struct cache_answer seen = cache_peek(cache, table, slice_of(key), now);
    struct cache_answer got = cache_get(cache, table, slice_of(key), now);

    ck_assert_int_eq(seen.state, got.state);
    ck_assert(slice_equal(seen.value, got.value));
    return got.state;
}

static inline void expect(const char *key, uint64_t now, enum cache_state state, const char *value)
{
    struct cache_answer answer = cache_get(cache, table, slice_of(key), now);

    ck_assert_int_eq(answer.state, state);
    ck_assert(!answer.negative);
    ck_assert(slice_equal(answer.value, slice_of(value)));
}

static inline void expect_counts(uint64_t entries, uint64_t negatives)
{
    struct cache_counts counts = cache_counts(cache);

    ck_assert_uint_eq(counts.entries, entries);
    ck_assert_uint_eq(counts.negative_entries, negatives);
    ck_assert_uint_le(counts.bytes, counts.max_bytes);
}

#endif
