/*
 * state_case - what tests of the state file share: a cache that is saved, a fresh one that takes it up,
 * with other numbers for the same two tables, and a directory for the file.
 */
#ifndef VMAPD_STATE_CASE_H
#define VMAPD_STATE_CASE_H

#include "state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

#define MB ((size_t)1 << 20)

static const struct hash_secret secret = {{7, 8}};
static const struct cache_policy policy = {
    .ttl_ms = 300000, .negative_ttl_ms = 30000, .stale_ttl_ms = 86400000};
static const struct state_clock saved_at = {{11, 12}, 1000000, 1700000000000};

static char directory[64];
static char path[100], bad[110], temporary[110];
static struct cache *cache, *fresh;
static struct state_table tables[2], fresh_tables[2];

static inline void setup(void)
{
    snprintf(directory, sizeof(directory), "/tmp/test_state.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/cache", directory);
    snprintf(bad, sizeof(bad), "%s.bad", path);
    snprintf(temporary, sizeof(temporary), "%s.tmp", path);
    cache = cache_new(64 * MB, &secret);
    fresh = cache_new(64 * MB, &secret);
    cache_table_add(fresh, &policy); /* numbers are not the same after a restart */
    for (uint64_t i = 0; i < 2; i++) {
        tables[i] = (struct state_table){{100 + i, 200 + i}, cache_table_add(cache, &policy)};
        fresh_tables[1 - i] =
            (struct state_table){{100 + i, 200 + i}, cache_table_add(fresh, &policy)};
    }
}

static inline void teardown(void)
{
    cache_free(cache);
    cache_free(fresh);
    unlink(path);
    unlink(bad);
    unlink(temporary);
    rmdir(directory);
}

static inline cache_table fresh_table(unsigned number)
{
    return fresh_tables[1 - number].table;
}

/* The two tables, a value, a negative, no value, any bytes, a long one. The cache's time is 50000. */
static inline void fill_small(void)
{
    static char value[3000];

    cache_store(cache, tables[0].table, slice_of("a@example.com"), slice_of("b@example.com"),
                40000);
    cache_store(cache, tables[1].table, slice_of("a@example.com"), slice_of("1"), 45000);
    cache_store_negative(cache, tables[1].table, slice_of("n@example.com"), 46000);
    cache_store(cache, tables[0].table, (struct slice){"\0k", 2}, (struct slice){"\n\0", 2}, 50000);
    cache_store(cache, tables[0].table, slice_of("long"), (struct slice){value, 3000}, 1);
}

static inline void save(void)
{
    ck_assert(state_save(path, cache, tables, 2, &saved_at, 50000));
}

static inline struct state_clock later(uint64_t ms)
{
    return (struct state_clock){
        {11, 12}, saved_at.boot_ms + ms, saved_at.wall_ms + 12345678 /* a step */};
}

static inline enum state_result load(const struct state_clock *clock, struct state_loaded *loaded)
{
    return state_load(path, fresh, fresh_tables, 2, clock, 777, loaded);
}

static inline struct cache_answer get(unsigned table, const char *key)
{
    return cache_get(fresh, fresh_table(table), slice_of(key), 777);
}

static inline bool exists(const char *name)
{
    return access(name, F_OK) == 0;
}

static inline void write_file(const char *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
    close(fd);
}

#endif
