/*
 * live_maps - one configuration made ready to serve: for each map its tables, each with its place in
 * the cache and its pool. Built anew at each reload; what did not change (pools, cached entries)
 * is carried over. Counted references: a lookup in flight keeps those that it began with.
 */
#ifndef VMAPD_LOOKUP_LIVE_MAPS_H
#define VMAPD_LOOKUP_LIVE_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache.h"
#include "config.h"
#include "log.h"
#include "mirror.h"
#include "pool.h"
#include "stats.h"

struct event_base;
struct live_maps;

/* A table in service. */
struct live_table {
    const struct table_def *def;
    struct pool *pool;
    cache_table cache_id;         /* 0: not cached */
    bool was_moved;               /* what the cache has is of other hosts: an old answer at most */
    bool is_carried;              /* later live maps have its place in the cache, too, */
    bool is_outdated;             /* and other hosts */
    struct mirror *const *mirror; /* where the table's is kept (NULL: none); NULL if not cached */
    struct share share;           /* its part of the pool, and whether it is in trouble */
    struct log_limit failures, empty_values;
};

/* The table's mirror; NULL: none. */
static inline struct mirror *live_table_mirror(const struct live_table *table)
{
    return table->mirror != NULL ? *table->mirror : NULL;
}

/* A map in service. */
struct live_map {
    struct slice name;
    const struct map_def *def;
    struct map_stats *stats;
    struct live_table **tables;       /* in order; NULL behind the last */
    struct live_table **local_tables; /* the same */
};

/* The tables that are asked in order for a key with this meaning; NULL behind the last. */
static inline struct live_table *const *live_map_tables(const struct live_map *map,
                                                        enum search_part part)
{
    return part == SEARCH_IS_LOCAL ? map->local_tables : map->tables;
}

/* old: the latest, in force till now, whose pools and cache tables are taken over where equal;
 * may be NULL. */
struct live_maps *live_maps_new(struct event_base *base, struct cache *cache,
                                struct mirror_set *mirrors, struct config *config,
                                struct live_maps *old);

/* Dropping the last reference frees from the event loop, never under a pool's own callback. */
struct live_maps *live_maps_ref(struct live_maps *maps);
void live_maps_unref(struct live_maps *maps);

/* The end, of the latest: frees their pools and those of older ones, which fails all flights.
 * Nothing may be looked up any more. */
void live_maps_close(struct live_maps *maps);

struct config *live_maps_config(const struct live_maps *maps);

/* NULL if there is no such map. */
const struct live_map *live_maps_find(const struct live_maps *maps, struct slice name);

size_t live_maps_table_count(const struct live_maps *maps);
struct live_table *live_maps_table(const struct live_maps *maps, size_t index);

size_t live_maps_pool_count(const struct live_maps *maps);
struct pool *live_maps_pool(const struct live_maps *maps, size_t index);

#endif
