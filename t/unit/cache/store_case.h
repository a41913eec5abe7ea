/*
 * store_case - what tests of the cache's memory share: one cache with one table whose entries live
 * for ever, names, values of any size, and chance that is the same each time.
 */
#ifndef VMAPD_STORE_CASE_H
#define VMAPD_STORE_CASE_H

#include "cache.h"

#include <stdio.h>

#include "unit.h"

#define MB ((size_t)1 << 20)

static const struct hash_secret secret = {{5, 6}};
static const struct cache_policy policy = {
    .ttl_ms = 1000000000, .negative_ttl_ms = 1000000000, .stale_ttl_ms = 0};

static struct cache *cache;
static cache_table table;
static uint64_t random_state = 88172645463325252u;

static inline uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static inline void start(size_t max_bytes)
{
    cache = cache_new(max_bytes, &secret);
    table = cache_table_add(cache, &policy);
}

/* A key that lives until the next call. */
static inline struct slice name(const char *prefix, unsigned number)
{
    static char text[64];

    snprintf(text, sizeof(text), "%s%u@example.com", prefix, number);
    return slice_of(text);
}

static inline struct slice bytes(size_t len)
{
    static char data[100000];

    return (struct slice){data, len};
}

static inline bool hit(struct slice key)
{
    return cache_get(cache, table, key, 0).state == CACHE_FRESH;
}

static inline void expect_within_budget(void)
{
    struct cache_counts counts = cache_counts(cache);

    ck_assert_uint_le(counts.bytes, counts.max_bytes);
}

#endif
