/* mirror_case - what tests of mirrors share: one cache with one mirror, and short names. */
#ifndef VMAPD_MIRROR_CASE_H
#define VMAPD_MIRROR_CASE_H

#include "cache_mirror.h"

#include <stdio.h>

#include "unit.h"

#define MB  ((size_t)1 << 20)
#define DAY ((uint64_t)86400000)

static const struct hash_secret secret = {{1, 2}};
static const struct cache_policy policy = {
    .ttl_ms = 300000, .negative_ttl_ms = 30000, .stale_ttl_ms = DAY};

static struct cache *cache;
static cache_table mirror;

static inline void setup(void)
{
    cache = cache_new(8 * MB, &secret);
    mirror = cache_mirror_add(cache, &policy);
    ck_assert_uint_ne(mirror, 0);
}

static inline void teardown(void)
{
    cache_free(cache);
}

static inline enum cache_mirror_result row(const char *key, const char *value)
{
    return cache_mirror_row(cache, mirror, slice_of(key), slice_of(value));
}

static inline struct cache_mirror_change commit(uint64_t now)
{
    struct cache_mirror_change change;

    ck_assert(cache_mirror_commit(cache, mirror, now, &change));
    return change;
}

/* A whole pass; rows are "key", "value", ..., NULL. */
static inline struct cache_mirror_change read_all(uint64_t asked, uint64_t now,
                                                  const char *const *rows)
{
    cache_mirror_begin(cache, mirror, asked);
    for (; *rows != NULL; rows += 2)
        ck_assert_int_eq(row(rows[0], rows[1]), CACHE_MIRROR_OK);
    return commit(now);
}

#define READ(asked, now, ...) read_all(asked, now, (const char *const[]){__VA_ARGS__, NULL})

static inline struct cache_mirror_answer find(const char *key, uint64_t now)
{
    return cache_mirror_find(cache, mirror, slice_of(key), now);
}

static inline void expect(const char *key, uint64_t now, enum cache_mirror_said said,
                          const char *value)
{
    struct cache_mirror_answer answer = find(key, now);

    ck_assert_msg(answer.said == said, "%s: %d instead of %d", key, answer.said, said);
    if (said == CACHE_MIRROR_FOUND)
        ck_assert(slice_equal(answer.value, slice_of(value)));
}

static inline void expect_change(struct cache_mirror_change change, uint64_t rows, uint64_t added,
                                 uint64_t removed)
{
    ck_assert_uint_eq(change.rows, rows);
    ck_assert_uint_eq(change.added, added);
    ck_assert_uint_eq(change.removed, removed);
}

static inline void restore(const char *key, const char *value, uint64_t age_ms, uint64_t now)
{
    struct cache_entry saved = {
        .table = mirror, .key = slice_of(key), .value = slice_of(value), .age_ms = age_ms};

    cache_restore(cache, &saved, now);
}

#endif
