/*
 * cache - (table, folded key) -> value or "not found", within one budget of bytes. Pure: no I/O, the
 * time comes in as an argument (monotonic ms, never going back). Errors are never entries.
 *
 * An entry keeps when it was stored; how long it lives is the policy of its table when it is asked,
 * so a reload changes lifetimes at once. Replacement is least recently used (by second chance) with
 * two classes: a new negative goes into a small first-in-first-out share of the budget and joins the
 * others only when it is asked again, so that a dictionary attack cannot push out what real mail
 * needs.
 */
#ifndef VMAPD_CACHE_CACHE_H
#define VMAPD_CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "hash.h"

struct cache;

/* A table's place in the cache; 0 is never given out. All tables passed to the cache exist. */
typedef uint16_t cache_table;

struct cache_policy {
    uint64_t ttl_ms;          /* positives: answered without asking */
    uint64_t negative_ttl_ms; /* negatives: likewise; never served after it */
    uint64_t stale_ttl_ms;    /* positives: kept this long after ttl as an answer of last resort */
};

/*
 * max_bytes bounds all memory of the cache: entries, index, slack. Less than 512 KiB is taken for
 * 512 KiB, more than 16 GiB for 16 GiB.
 */
struct cache *cache_new(size_t max_bytes, const struct hash_secret *secret);
void cache_free(struct cache *cache);
/* Shrinking by much happens in steps: this call is the first, cache_tidy() and stores go on. */
void cache_resize(struct cache *cache, size_t max_bytes);

/*
 * Give back memory of entries that were flushed, dropped or replaced, or are over the budget: a step
 * of at most about 10 ms. True: there is more to do. Stores do it a little at a time, too; call this
 * when idle after a flush, a drop or a resize, until it returns false.
 */
bool cache_tidy(struct cache *cache);

/* A new table without entries; 0 if all 32000 are taken. */
cache_table cache_table_add(struct cache *cache, const struct cache_policy *policy);
void cache_table_set_policy(struct cache *cache, cache_table table,
                            const struct cache_policy *policy);
/* Forget the table and its entries. Its number may be given out again. */
void cache_table_drop(struct cache *cache, cache_table table);
/* Everything this table said may be old: it is past its time. O(1). */
void cache_table_expire(struct cache *cache, cache_table table);

/* How many answers of it there are, those past their time included. */
size_t cache_table_entries(const struct cache *cache, cache_table table);

enum cache_state {
    CACHE_NOTHING, /* not there, or a negative past its time */
    CACHE_FRESH,   /* answer it */
    CACHE_REFRESH, /* answer it, and ask the database: a positive in the last tenth of its ttl */
    CACHE_STALE /* a positive past its ttl, within stale_ttl: only if the database cannot answer */
};

struct cache_answer {
    enum cache_state state;
    bool negative; /* "not found"; of CACHE_NOTHING: it was, before its time ran out, so it says
                      nothing now, but may tell that a value found elsewhere was the answer then */
    struct slice value; /* of a positive; borrowed until the next call that changes the cache */
    uint64_t age_ms;
};

/* The hot path: no allocation. cache_peek() leaves no trace (for explain), cache_get() counts as a use. */
struct cache_answer cache_get(struct cache *cache, cache_table table, struct slice key,
                              uint64_t now_ms);
struct cache_answer cache_peek(const struct cache *cache, cache_table table, struct slice key,
                               uint64_t now_ms);

/*
 * What the database has just said. Replaces what was there. Keys over 1000 bytes and values over
 * 100000 bytes or a 16th of the budget are not kept (and what was there is gone all the same).
 * Neither may point into the cache.
 */
void cache_store(struct cache *cache, cache_table table, struct slice key, struct slice value,
                 uint64_t now_ms);
void cache_store_negative(struct cache *cache, cache_table table, struct slice key,
                          uint64_t now_ms);

/*
 * Forget one key of a table, a table's keys, all. Return how many entries that were, those past
 * their time included. What they were is gone at once; the memory in steps, see cache_tidy().
 */
size_t cache_flush_key(struct cache *cache, cache_table table, struct slice key);
size_t cache_flush_table(struct cache *cache, cache_table table);
size_t cache_flush(struct cache *cache);

/*
 * Visit entries that still have a use, about as many as said; start with *cursor 0, done when it is
 * 0 again. Entries that stay through the whole walk are visited once, whatever changes meanwhile.
 * visit must not change the cache. For the state file.
 */
struct cache_entry {
    cache_table table;
    bool negative;
    struct slice key;
    struct slice value;
    uint64_t age_ms;
};
typedef void cache_visit(void *arg, const struct cache_entry *entry);
void cache_walk(const struct cache *cache, uint64_t *cursor, size_t most, uint64_t now_ms,
                cache_visit *visit, void *arg);

/* Put back an entry that is age_ms old already (from the state file), if that is of use still. A
 * younger one that is there stays. */
void cache_restore(struct cache *cache, const struct cache_entry *entry, uint64_t now_ms);

struct cache_counts {
    uint64_t evictions;
    uint64_t entries; /* all, of which */
    uint64_t negative_entries;
    uint64_t bytes; /* in use, of */
    uint64_t max_bytes;
};
struct cache_counts cache_counts(const struct cache *cache);

#endif
