/*
 * tables - what the cache knows of a table beside its entries: how long they live, and up to when what
 * it said is forgotten or old. To forget a table's entries, or to take them all for old, is to remember
 * the time of the latest, so it takes the same short time for one entry and for ten million. What is
 * forgotten is dead: it counts as gone and is cleared away when somebody comes by.
 *
 * Times here are those of entries (entry.h). A table's number that is given out again keeps them, so
 * that whoever has it next never sees the entries of the last.
 */
#ifndef VMAPD_CACHE_TABLES_H
#define VMAPD_CACHE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache.h"
#include "entry.h"

struct tables_sum {
    uint64_t entries;
    uint64_t bytes;
};

struct cached_table {
    bool in_use;
    struct cache_policy policy;
    uint64_t latest_ms;        /* nothing was stored later */
    uint64_t forgotten_ms;     /* entries up to then are dead */
    uint64_t expired_ms;       /* up to then positives are stale, negatives dead */
    struct tables_sum live[2]; /* entries alive; [1] = negatives */
};

struct tables {
    struct cached_table *table; /* [0] is not used */
    uint32_t limit;             /* elements allocated */
    struct tables_sum live[2];  /* over all */
};

#define TABLES_MAX 32000

/* A new, zeroed object is empty. */
void tables_free(struct tables *tables);
size_t tables_bytes(const struct tables *tables);

/* The lowest free number; 0 = none left. */
cache_table tables_add(struct tables *tables, const struct cache_policy *policy);
void tables_drop(struct tables *tables, cache_table table);
struct cached_table *tables_at(const struct tables *tables, cache_table table);

/* Returns how many entries died. */
size_t tables_forget(struct tables *tables, cache_table table);
void tables_expire(struct tables *tables, cache_table table);
/* All entries are gone from memory. */
void tables_reset(struct tables *tables);

/* The time to store something with: later than all that is forgotten or old, if by a millisecond. */
uint64_t tables_time(const struct tables *tables, cache_table table, uint64_t stored_ms);

/* An entry comes, or goes (dead ones, too). */
void tables_join(struct tables *tables, const struct entry *entry);
void tables_leave(struct tables *tables, const struct entry *entry);

static inline bool tables_expired(const struct tables *tables, const struct entry *entry)
{
    return entry->stored_ms <= tables->table[entry->table].expired_ms;
}

static inline bool tables_dead(const struct tables *tables, const struct entry *entry)
{
    const struct cached_table *its = &tables->table[entry->table];

    return entry->stored_ms <= its->forgotten_ms ||
           (entry->negative && entry->stored_ms <= its->expired_ms);
}

#endif
