/*
 * cache_size - memory and time as entries grow. Times of lookups are CPU time of this process in
 * batches of keys that were made before; the memory's own time for one random read, of as many
 * bytes, stands beside them, because that is what a large cache waits for.
 */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_cache.h"
#include "cache.h"
#include "clock.h"
#include "config.h"
#include "figure.h"
#include "log.h"
#include "lookup.h"
#include "measure.h"
#include "state.h"
#include "xmalloc.h"
#include "zipf.h"

#define BATCH    16384
#define BATCHES  64
#define KEY_SIZE 32

#define EVER ((uint64_t)1 << 50)

static const struct cache_policy policy = {EVER, EVER, 0};
static const char value[] = "recipient@mail.example.com";

static struct slice key_of(char *text, uint32_t number)
{
    return (struct slice){text, (size_t)snprintf(text, KEY_SIZE, "user%08u@example.com", number)};
}

/* What a lookup is asked by; ask returns whether it was a hit. */
struct asked {
    struct cache *cache;
    cache_table table;
    struct lookup_service *service;
};

static bool ask_cache(const struct asked *asked, struct slice key)
{
    return cache_get(asked->cache, asked->table, key, 0).state == CACHE_FRESH;
}

static void never(void *arg, const struct lookup_reply *reply)
{
    (void)arg;
    (void)reply;
}

static bool ask_service(const struct asked *asked, struct slice key)
{
    struct lookup_reply reply;

    return lookup_start(asked->service, slice_of("mailboxes"), key, never, NULL, &reply) == NULL &&
           reply.outcome == OUTCOME_OK;
}

typedef bool question(const struct asked *asked, struct slice key);

/* ns of one question; all have to be hits, or none. */
static double time_of(question *ask, const struct asked *asked, const struct zipf *zipf,
                      uint32_t first, bool hits)
{
    static char text[BATCH][KEY_SIZE];
    double spent = 0;

    for (unsigned batch = 0; batch < BATCHES; batch++) {
        size_t len = 0, found = 0;
        double start;

        for (unsigned i = 0; i < BATCH; i++)
            len = key_of(text[i], first + zipf_next(zipf)).len;
        start = cpu_ns();
        for (unsigned i = 0; i < BATCH; i++)
            found += ask(asked, (struct slice){text[i], len});
        spent += cpu_ns() - start;
        if (found != (hits ? BATCH : 0))
            log_fatal("%zu of %u keys found", found, BATCH);
    }
    return spent / BATCH / BATCHES;
}

/* ns of one read at a random place, each of which tells the next. */
static double memory_time(size_t bytes)
{
    enum { LINE = 64 / sizeof(uint32_t), READS = 2000000 };
    uint32_t lines = (uint32_t)(bytes / 64 + 1), at = 0;
    uint32_t *memory = xmalloc((size_t)lines * 64);
    double start;

    for (uint32_t i = 0; i < lines; i++)
        memory[(size_t)i * LINE] = i;
    for (uint32_t i = lines - 1; i > 0; i--) { /* one circle (Sattolo) */
        uint32_t other = (uint32_t)(random_next() % i), moved = memory[(size_t)i * LINE];

        memory[(size_t)i * LINE] = memory[(size_t)other * LINE];
        memory[(size_t)other * LINE] = moved;
    }
    start = cpu_ns();
    for (unsigned i = 0; i < READS; i++)
        at = memory[(size_t)at * LINE];
    start = cpu_ns() - start;
    free(memory);
    return at < lines ? start / READS : 0;
}

/* A configuration whose only table is the cache's first. */
static struct config *configure(void)
{
    static const char text[] = "[server]\nlisten = unix:/tmp/unused\ncontrol = unix:/tmp/unused2\n"
                               "[database]\nhosts = 127.0.0.1\nuser = u\npassword = p\ndbname = d\n"
                               "[cache]\nttl = 365d\n[map mailboxes]\nsearch = address\n"
                               "query = SELECT 1 FROM users WHERE email = '%s'\n";
    struct buffer error = BUFFER_EMPTY;
    char path[] = "/tmp/bench_cache.XXXXXX";
    int fd = mkstemp(path);
    struct config *config;

    if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
        log_fatal("cannot write %s", path);
    close(fd);
    config = config_load(path, &error);
    unlink(path);
    if (config == NULL)
        log_fatal("%s", buffer_text(&error));
    return config;
}

static void fill(struct cache *cache, cache_table table, uint32_t entries, struct longest *longest)
{
    char text[KEY_SIZE];

    longest_start(longest);
    for (uint32_t i = 0; i < entries; i++) {
        struct slice key = key_of(text, i);

        longest_begin(longest);
        cache_store(cache, table, key, slice_of(value), clock_ms());
        longest_end(longest);
    }
}

void bench_size(uint32_t entries)
{
    const struct hash_secret secret = {{1, 2}};
    double data = entries * (24.0 + sizeof(value) - 1), stored_ns, held;
    struct event_base *base = event_base_new();
    struct zipf *uniform = zipf_new(entries, 0), *skewed = zipf_new(entries, 0.9);
    struct longest longest = {0};
    struct asked asked;
    size_t before;

    asked.cache = cache_new((size_t)16 << 30, &secret);
    asked.service = lookup_service_new(base, asked.cache);
    lookup_service_configure(asked.service, configure());
    asked.table = 1;
    before = resident();
    stored_ns = cpu_ns();
    fill(asked.cache, asked.table, entries, &longest);
    stored_ns = (cpu_ns() - stored_ns) / entries;
    held = (double)(resident() - before);
    FIGURE_ROW("memory and time", {"entries", entries, 0},
               {"rss_beyond_B", (held - data) / entries, 1},
               {"counted_B", ((double)cache_counts(asked.cache).bytes - data) / entries, 1},
               {"store_ns", stored_ns, 0}, {"longest_us", (double)longest.us, 0},
               {"get_zipf_ns", time_of(ask_cache, &asked, skewed, 0, true), 0},
               {"get_any_ns", time_of(ask_cache, &asked, uniform, 0, true), 0},
               {"get_miss_ns", time_of(ask_cache, &asked, uniform, entries, false), 0},
               {"lookup_zipf_ns", time_of(ask_service, &asked, skewed, 0, true), 0},
               {"lookup_any_ns", time_of(ask_service, &asked, uniform, 0, true), 0},
               {"memory_ns", memory_time((size_t)held), 0});
    zipf_free(uniform);
    zipf_free(skewed);
    cache_free(asked.cache);
}

void bench_budget(size_t max_bytes, size_t longest_value)
{
    static char values[100000];
    const struct hash_secret secret = {{1, 2}};
    struct cache *cache = cache_new(max_bytes, &secret);
    cache_table table = cache_table_add(cache, &policy);
    struct longest longest;
    size_t before = resident(), stored = 0, most = 0;
    struct cache_counts counts;
    char text[KEY_SIZE];

    longest_start(&longest);
    for (uint32_t i = 0; stored < 4 * max_bytes; i++) {
        struct slice key = key_of(text, i), value_now = {values, random_next() % longest_value + 1};

        stored += key.len + value_now.len + 30;
        longest_begin(&longest);
        cache_store(cache, table, key, value_now, 0);
        longest_end(&longest);
        if (i % 1000 == 0 && resident() > most)
            most = resident();
    }
    counts = cache_counts(cache);
    FIGURE_ROW("budget, stores of four times as much", {"max_MB", (double)max_bytes / 1048576, 0},
               {"longest_value", (double)longest_value, 0},
               {"most_rss_MB", (double)(most - before) / 1048576, 1},
               {"counted_MB", (double)counts.bytes / 1048576, 1},
               {"entries", (double)counts.entries, 0}, {"longest_us", (double)longest.us, 0});
    cache_free(cache);
}

void bench_state(uint32_t entries)
{
    const struct hash_secret secret = {{1, 2}};
    struct cache *cache = cache_new((size_t)16 << 30, &secret), *fresh;
    struct state_table table = {{1, 2}, cache_table_add(cache, &policy)};
    struct longest longest = {0};
    struct state_writer *writer;
    struct state_loaded loaded;
    struct state_clock clock;
    enum state_step step;
    char path[] = "/tmp/bench_cache.XXXXXX";
    uint64_t start_us;
    double saved_s, loaded_s;
    int fd = mkstemp(path);

    fill(cache, table.table, entries, &longest);
    longest_start(&longest);
    state_clock_read(&clock);
    start_us = clock_us();
    writer = state_writer_new(path, cache, &table, 1, &clock, clock_ms());
    do {
        longest_begin(&longest);
        step = state_writer_step(writer, 1000, clock_ms());
        longest_end(&longest);
        state_writer_wait(writer);
    } while (step == STATE_MORE);
    saved_s = (double)(clock_us() - start_us) / 1e6;
    state_writer_free(writer);
    cache_free(cache);
    fresh = cache_new((size_t)16 << 30, &secret);
    table.table = cache_table_add(fresh, &policy);
    state_clock_read(&clock);
    start_us = clock_us();
    if (state_load(path, fresh, &table, 1, &clock, clock_ms(), &loaded) != STATE_LOADED ||
        loaded.entries != entries)
        log_fatal("the state file did not come back whole");
    loaded_s = (double)(clock_us() - start_us) / 1e6;
    FIGURE_ROW("state file", {"entries", entries, 0}, {"save_s", saved_s, 2},
               {"longest_step_us", (double)longest.us, 0}, {"load_s", loaded_s, 2});
    cache_free(fresh);
    close(fd);
    unlink(path);
}
