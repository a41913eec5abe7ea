/*
 * fresh_case - what tests of a mirror's looks and readings share: one mirror on a played clock, whose versions
 * and rows the test says. Include it once in a test program.
 */
#ifndef VMAPD_FRESH_CASE_H
#define VMAPD_FRESH_CASE_H

#include "parts.h"

#include "clock.h"
#include "unit.h"

static uint64_t now_ms = 1000000;

uint64_t clock_ms(void)
{
    return now_ms;
}

uint64_t clock_us(void)
{
    return now_ms * 1000;
}

static struct table_def def;
static struct mirror_set set;
static struct mirror mirror;
static struct look look;

static void start(void)
{
    const struct hash_secret secret = {{1, 2}};
    const struct cache_policy policy = {300000, 30000, 86400000};

    def = (struct table_def){.name = (char *)(size_t) "t",
                             .ttl_ms = 300000,
                             .negative_ttl_ms = 30000,
                             .mirror_interval_ms = 1000};
    set = (struct mirror_set){.cache = cache_new(4 << 20, &secret), .secret = secret};
    mirror = (struct mirror){.set = &set, .def = &def};
    mirror.table = cache_mirror_add(set.cache, &policy);
    look = (struct look){.connection = 1};
}

static void stop(void)
{
    pass_free(&mirror);
    buffer_free(&mirror.reason);
    epoch_clear(&mirror.epoch);
    epoch_clear(&look.epoch);
    cache_free(set.cache);
}

/* The table has one row of this value, and reading it takes so long. */
static void read_rows(const char *value, uint64_t took_ms)
{
    struct cache_mirror_change change;
    uint64_t sent_ms = now_ms;

    pass_begin(&mirror, sent_ms);
    ck_assert_int_eq(cache_mirror_row(set.cache, mirror.table, slice_of("key"), slice_of(value)),
                     CACHE_MIRROR_OK);
    now_ms += took_ms;
    ck_assert(pass_commit(&mirror, now_ms, &change));
    fresh_read(&mirror, &look, sent_ms, now_ms, &change);
}

static uint64_t confirmed_age(void)
{
    return cache_mirror_counts(set.cache, mirror.table, now_ms).confirmed_age_ms;
}

#endif
