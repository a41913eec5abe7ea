/*
 * live_maps - one configuration made ready to serve: for each map its tables, each with its place in
 * the cache and its pool. Built anew at each reload; what did not change (pools, cached entries)
 * is carried over. Counted references: a lookup in flight keeps the routes that it began with.
 */
#ifndef VMAPD_LOOKUP_LIVE_MAPS_H
#define VMAPD_LOOKUP_LIVE_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache.h"
#include "config.h"
#include "pool.h"
#include "stats.h"

struct event_base;
struct routes;

/* A table in service. */
struct source {
    const struct table_def *def;
    struct pool *pool;
    cache_table cache_id;   /* 0: not cached */
    uint64_t next_probe_ms; /* 0: the last query was answered; see source_troubled() */
};

/*
 * A source whose last query failed, or was too slow for somebody with an old answer at hand, is
 * troubled: whoever has an old answer gives it without waiting, until a query is answered. Times
 * are monotonic ms.
 */
void source_failed(struct source *source, uint64_t now_ms);
void source_answered(struct source *source);
bool source_troubled(const struct source *source);

/* While troubled, about once a second: true for the one who shall ask in the background. */
bool source_take_probe(struct source *source, uint64_t now_ms);

/* A map in service. */
struct route {
    const struct map_def *def;
    struct map_stats *stats;
    struct source **sources; /* def->table_count of them, in order */
};

/* old: the latest routes, in force till now, whose pools and cache tables are taken over where equal;
 * may be NULL. */
struct routes *routes_new(struct event_base *base, struct cache *cache, struct config *config,
                          struct routes *old);

/* Dropping the last reference frees from the event loop, never under a pool's own callback. */
struct routes *routes_ref(struct routes *routes);
void routes_unref(struct routes *routes);

/* The end, of the latest routes: frees their pools and those of older ones, which fails all flights.
 * Nothing may be looked up any more. */
void routes_close(struct routes *routes);

struct config *routes_config(const struct routes *routes);

/* NULL if there is no such map. */
const struct route *routes_find(const struct routes *routes, struct slice name);

size_t routes_source_count(const struct routes *routes);
struct source *routes_source(const struct routes *routes, size_t index);

size_t routes_pool_count(const struct routes *routes);
struct pool *routes_pool(const struct routes *routes, size_t index);

#endif
