/*
 * live_maps - see the header.
 *
 * Pools and cache tables outlive one configuration, so each sits in a small counted holder that
 * consecutive routes share. The routes own the config reference that keeps every definition alive;
 * a pool borrows its parameters from the config that created it, so its holder keeps that config.
 */
#include "live_maps.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "xmalloc.h"

#define PROBE_INTERVAL_MS 1000

struct shared_pool {
    unsigned references;
    struct pool *pool;
    struct config *config; /* owns the parameters that the pool borrows */
};

struct shared_cache_table {
    unsigned references;
    struct cache *cache;
    cache_table id;
    const struct table_def *def; /* of the latest routes that hold this */
};

struct routes {
    unsigned references;
    struct event_base *base;
    struct cache *cache;
    struct config *config;
    struct source *sources; /* one for each of config->tables, in that order */
    struct shared_cache_table **cache_tables;
    struct shared_pool **pools; /* of all sources, each once */
    size_t pool_count;
    struct route *maps;
    struct routes *older, *newer; /* those that are there still */
};

static struct shared_pool *shared_pool_find(const struct routes *routes,
                                            const struct db_params *params)
{
    if (routes == NULL)
        return NULL;
    for (size_t i = 0; i < routes->pool_count; i++)
        if (db_params_equal(pool_params(routes->pools[i]->pool), params))
            return routes->pools[i];
    return NULL;
}

static void shared_pool_unref(struct shared_pool *shared)
{
    if (--shared->references > 0)
        return;
    if (shared->pool != NULL)
        pool_free(shared->pool);
    config_unref(shared->config);
    free(shared);
}

/* The pool for these parameters: one of ours, one of the old routes', or a new one. */
static struct pool *routes_take_pool(struct routes *routes, const struct routes *old,
                                     const struct db_params *params)
{
    struct shared_pool *shared = shared_pool_find(routes, params);

    if (shared != NULL)
        return shared->pool;
    shared = shared_pool_find(old, params);
    if (shared == NULL) {
        shared = xcalloc(1, sizeof(*shared));
        shared->pool = pool_new(routes->base, params);
        shared->config = config_ref(routes->config);
    }
    shared->references++;
    routes->pools = xrealloc(routes->pools, (routes->pool_count + 1) * sizeof(*routes->pools));
    routes->pools[routes->pool_count++] = shared;
    return shared->pool;
}

static struct shared_cache_table *shared_cache_table_find(const struct routes *routes,
                                                          const struct table_def *def)
{
    if (routes == NULL)
        return NULL;
    for (size_t i = 0; i < routes->config->table_count; i++) {
        struct shared_cache_table *shared = routes->cache_tables[i];

        if (shared != NULL && strcmp(shared->def->name, def->name) == 0 &&
            table_def_equal(shared->def, def))
            return shared;
    }
    return NULL;
}

static void shared_cache_table_unref(struct shared_cache_table *shared)
{
    if (shared == NULL || --shared->references > 0)
        return;
    cache_table_drop(shared->cache, shared->id);
    free(shared);
}

/* The cache's place for this definition, or NULL if its answers are not kept. */
static struct shared_cache_table *routes_take_cache_table(struct routes *routes,
                                                          const struct routes *old,
                                                          const struct table_def *def)
{
    const struct cache_policy policy = {def->ttl_ms, def->negative_ttl_ms, def->stale_ttl_ms};
    struct shared_cache_table *shared;

    if (!def->cache)
        return NULL;
    shared = shared_cache_table_find(old, def);
    if (shared == NULL) {
        cache_table id = cache_table_add(routes->cache, &policy);

        if (id == 0) {
            log_warning("%s: too many tables, answers of %s are not cached", def->origin,
                        def->name);
            return NULL;
        }
        shared = xcalloc(1, sizeof(*shared));
        shared->cache = routes->cache;
        shared->id = id;
    }
    shared->references++;
    shared->def = def;
    cache_table_set_policy(routes->cache, shared->id, &policy);
    return shared;
}

static void routes_add_source(struct routes *routes, const struct routes *old, size_t index)
{
    const struct table_def *def = routes->config->tables[index];
    struct source *source = &routes->sources[index];
    struct shared_cache_table *shared = routes_take_cache_table(routes, old, def);

    routes->cache_tables[index] = shared;
    source->def = def;
    source->cache_id = shared != NULL ? shared->id : 0;
    source->pool = routes_take_pool(routes, old, &def->db);
}

static struct source *routes_source_of(const struct routes *routes, const struct table_def *def)
{
    size_t i = 0;

    while (routes->config->tables[i] != def)
        i++;
    assert(i < routes->config->table_count);
    return &routes->sources[i];
}

static void routes_add_map(struct routes *routes, size_t index)
{
    const struct map_def *def = routes->config->maps[index];
    struct route *route = &routes->maps[index];

    route->def = def;
    route->stats = stats_map(def->name);
    route->sources = xcalloc(def->table_count, sizeof(struct source *));
    for (size_t i = 0; i < def->table_count; i++)
        route->sources[i] = routes_source_of(routes, def->tables[i]);
}

struct routes *routes_new(struct event_base *base, struct cache *cache, struct config *config,
                          struct routes *old)
{
    struct routes *routes = xcalloc(1, sizeof(*routes));

    routes->references = 1;
    routes->base = base;
    routes->cache = cache;
    routes->config = config_ref(config);
    routes->older = old;
    if (old != NULL)
        old->newer = routes;
    routes->sources = xcalloc(config->table_count, sizeof(*routes->sources));
    routes->cache_tables = xcalloc(config->table_count, sizeof(struct shared_cache_table *));
    for (size_t i = 0; i < config->table_count; i++)
        routes_add_source(routes, old, i);
    routes->maps = xcalloc(config->map_count, sizeof(*routes->maps));
    for (size_t i = 0; i < config->map_count; i++)
        routes_add_map(routes, i);
    return routes;
}

struct routes *routes_ref(struct routes *routes)
{
    routes->references++;
    return routes;
}

static void routes_free(struct routes *routes)
{
    if (routes->older != NULL)
        routes->older->newer = routes->newer;
    if (routes->newer != NULL)
        routes->newer->older = routes->older;
    for (size_t i = 0; i < routes->config->table_count; i++)
        shared_cache_table_unref(routes->cache_tables[i]);
    for (size_t i = 0; i < routes->pool_count; i++)
        shared_pool_unref(routes->pools[i]);
    for (size_t i = 0; i < routes->config->map_count; i++)
        free(routes->maps[i].sources);
    free(routes->maps);
    free(routes->pools);
    free(routes->cache_tables);
    free(routes->sources);
    config_unref(routes->config);
    free(routes);
}

static void on_last_unref(evutil_socket_t fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    routes_free(arg);
}

void routes_unref(struct routes *routes)
{
    const struct timeval now = {0, 0};

    if (--routes->references > 0)
        return;
    if (event_base_once(routes->base, -1, EV_TIMEOUT, on_last_unref, routes, &now) != 0)
        log_warning("cannot free an old configuration, memory is kept");
}

void routes_close(struct routes *routes)
{
    for (; routes != NULL; routes = routes->older) {
        for (size_t i = 0; i < routes->pool_count; i++) {
            if (routes->pools[i]->pool != NULL)
                pool_free(routes->pools[i]->pool);
            routes->pools[i]->pool = NULL;
        }
    }
}

struct config *routes_config(const struct routes *routes)
{
    return routes->config;
}

const struct route *routes_find(const struct routes *routes, struct slice name)
{
    for (size_t i = 0; i < routes->config->map_count; i++)
        if (slice_equal(slice_of(routes->maps[i].def->name), name))
            return &routes->maps[i];
    return NULL;
}

size_t routes_source_count(const struct routes *routes)
{
    return routes->config->table_count;
}

struct source *routes_source(const struct routes *routes, size_t index)
{
    return &routes->sources[index];
}

size_t routes_pool_count(const struct routes *routes)
{
    return routes->pool_count;
}

struct pool *routes_pool(const struct routes *routes, size_t index)
{
    return routes->pools[index]->pool;
}

void source_failed(struct source *source, uint64_t now_ms)
{
    if (source->next_probe_ms < now_ms + PROBE_INTERVAL_MS)
        source->next_probe_ms = now_ms + PROBE_INTERVAL_MS;
}

void source_answered(struct source *source)
{
    source->next_probe_ms = 0;
}

bool source_troubled(const struct source *source)
{
    return source->next_probe_ms != 0;
}

bool source_take_probe(struct source *source, uint64_t now_ms)
{
    if (!source_troubled(source) || now_ms < source->next_probe_ms)
        return false;
    source->next_probe_ms = now_ms + PROBE_INTERVAL_MS;
    return true;
}
