/*
 * edition - which table an entry of the cache belongs to, and whether what it says still counts. The
 * entries of a table belong to its current edition; "everything it said may be old" begins another
 * one, and forgetting a table's entries cuts its editions loose, so both take the same short time
 * for one entry and for ten million. Entries of a cut edition are dead: they count as gone and are
 * cleared away when somebody comes by.
 */
#ifndef VMAPD_CACHE_EDITION_H
#define VMAPD_CACHE_EDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache.h"
#include "entry.h"

struct edition_sum {
    uint64_t entries;
    uint64_t bytes;
};

struct edition {
    cache_table table; /* 0 = none: its entries are dead */
    bool current;      /* if not, its positives are stale and its negatives dead */
    bool in_use;
    uint32_t held;              /* entries that name it, dead or alive */
    struct edition_sum live[2]; /* of them alive; [1] = negatives */
};

struct edition_table {
    bool in_use;
    uint16_t current;
    uint16_t old; /* the one that all old ones are merged into, 0 = none yet */
    struct cache_policy policy;
};

struct editions {
    struct edition *edition; /* [0] is not used, in both */
    struct edition_table *table;
    uint32_t edition_limit, table_limit; /* elements allocated */
    uint32_t lowest_free;                /* no edition below it is */
    uint32_t used, tables_used;
    struct edition_sum live[2]; /* over all */
};

/* A table can have two editions when old ones have been merged: there are numbers for that. */
#define EDITION_TABLES_MAX 32000

/* A new, zeroed object is empty. */
void editions_free(struct editions *editions);
size_t editions_bytes(const struct editions *editions);

/* Numbers are the lowest free ones; 0 = none left. */
cache_table editions_add_table(struct editions *editions, const struct cache_policy *policy);
void editions_set_policy(struct editions *editions, cache_table table,
                         const struct cache_policy *policy);
void editions_drop_table(struct editions *editions, cache_table table);

/* Begin a new edition. False: no number is free; merge old ones first. */
bool editions_renew(struct editions *editions, cache_table table);
/* Cut the table's editions loose and begin a new one. Returns how many entries died. */
size_t editions_cut(struct editions *editions, cache_table table);
/* All entries are gone from memory at once. */
void editions_reset(struct editions *editions);

/* So many old editions that it is time to merge them, by a call of merge for every entry. */
bool editions_crowded(const struct editions *editions);
void editions_merge(struct editions *editions, struct entry *entry);

/* An entry comes into the current edition of a table, or goes (dead ones, too). */
void editions_join(struct editions *editions, cache_table table, struct entry *entry);
void editions_leave(struct editions *editions, const struct entry *entry);

static inline bool editions_dead(const struct editions *editions, const struct entry *entry)
{
    const struct edition *edition = &editions->edition[entry->edition];

    return edition->table == 0 || (entry->negative && !edition->current);
}

static inline cache_table editions_table_of(const struct editions *editions,
                                            const struct entry *entry)
{
    return editions->edition[entry->edition].table;
}

#endif
