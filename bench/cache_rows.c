/*
 * cache_rows - what a mirror costs in the cache: memory and time of its rows as they come, come again
 * unchanged, and all change; lookups beside those of ordinary entries with the same keys.
 */
#include <stdio.h>

#include "bench_cache.h"
#include "cache_mirror.h"
#include "clock.h"
#include "figure.h"
#include "log.h"
#include "measure.h"
#include "zipf.h"

#define KEY_SIZE 32
#define BATCH    16384
#define BATCHES  64

#define EVER ((uint64_t)1 << 50)

static const struct cache_policy policy = {EVER, EVER, 0};
static const char *const values[] = {"recipient@mail.example.com", "forwarded@mail.example.org"};

struct filled {
    struct cache *cache;
    cache_table mirror, table; /* the same keys */
    uint32_t rows;
};

static struct slice key_of(char *text, uint32_t number)
{
    return (struct slice){text, (size_t)snprintf(text, KEY_SIZE, "user%08u@example.com", number)};
}

/* A pass over all rows, value for value; returns its CPU time in ns for each. */
static double pass(const struct filled *filled, const char *value, struct longest *longest)
{
    double start = cpu_ns();
    char text[KEY_SIZE];

    longest_start(longest);
    cache_mirror_begin(filled->cache, filled->mirror, clock_ms());
    for (uint32_t i = 0; i < filled->rows; i++) {
        struct slice key = key_of(text, i);

        longest_begin(longest);
        if (cache_mirror_row(filled->cache, filled->mirror, key, slice_of(value)) !=
            CACHE_MIRROR_OK)
            log_fatal("row %u was refused", (unsigned)i);
        longest_end(longest);
    }
    longest_begin(longest);
    if (!cache_mirror_commit(filled->cache, filled->mirror, clock_ms(), NULL))
        log_fatal("the pass was ended");
    longest_end(longest);
    return (cpu_ns() - start) / filled->rows;
}

typedef bool question(const struct filled *filled, struct slice key);

static bool ask_mirror(const struct filled *filled, struct slice key)
{
    return cache_mirror_find(filled->cache, filled->mirror, key, 0).said == CACHE_MIRROR_FOUND;
}

static bool ask_table(const struct filled *filled, struct slice key)
{
    return cache_get(filled->cache, filled->table, key, 0).state == CACHE_FRESH;
}

/* ns of one question; all have to be hits, or none. */
static double time_of(question *ask, const struct filled *filled, uint32_t first, bool hits)
{
    static char text[BATCH][KEY_SIZE];
    struct zipf *uniform = zipf_new(filled->rows, 0);
    double spent = 0;

    for (unsigned batch = 0; batch < BATCHES; batch++) {
        size_t len = 0, found = 0;
        double start;

        for (unsigned i = 0; i < BATCH; i++)
            len = key_of(text[i], first + zipf_next(uniform)).len;
        start = cpu_ns();
        for (unsigned i = 0; i < BATCH; i++)
            found += ask(filled, (struct slice){text[i], len});
        spent += cpu_ns() - start;
        if (found != (hits ? BATCH : 0))
            log_fatal("%zu of %u keys found", found, BATCH);
    }
    zipf_free(uniform);
    return spent / BATCH / BATCHES;
}

/* How long the pieces take in which memory of old rows goes back. */
static void tidy(struct cache *cache, struct longest *longest)
{
    bool more = true;

    longest_start(longest);
    while (more) {
        longest_begin(longest);
        more = cache_tidy(cache);
        longest_end(longest);
    }
}

void bench_rows(uint32_t rows)
{
    const struct hash_secret secret = {{1, 2}};
    struct filled filled = {.cache = cache_new((size_t)16 << 30, &secret), .rows = rows};
    double data = rows * (24.0 + 26), first_ns, again_ns, changed_ns, held;
    struct longest first, again, changed, tidied;
    size_t before = resident();
    char text[KEY_SIZE];

    filled.mirror = cache_mirror_add(filled.cache, &policy);
    filled.table = cache_table_add(filled.cache, &policy);
    first_ns = pass(&filled, values[0], &first);
    held = (double)(resident() - before);
    again_ns = pass(&filled, values[0], &again);
    changed_ns = pass(&filled, values[1], &changed);
    tidy(filled.cache, &tidied);
    for (uint32_t i = 0; i < rows; i++)
        cache_store(filled.cache, filled.table, key_of(text, i), slice_of(values[0]), 0);
    FIGURE_ROW("rows of a mirror", {"rows", rows, 0}, {"rss_beyond_B", (held - data) / rows, 1},
               {"load_ns", first_ns, 0}, {"again_ns", again_ns, 0}, {"change_ns", changed_ns, 0},
               {"load_longest_us", (double)first.us, 0}, {"again_longest_us", (double)again.us, 0},
               {"change_longest_us", (double)changed.us, 0},
               {"tidy_longest_us", (double)tidied.us, 0},
               {"find_ns", time_of(ask_mirror, &filled, 0, true), 0},
               {"missing_ns", time_of(ask_mirror, &filled, rows, false), 0},
               {"get_ns", time_of(ask_table, &filled, 0, true), 0});
    cache_free(filled.cache);
}
