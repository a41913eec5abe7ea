/*
 * service - what stands behind all lookups: the routes in force, the cache, the flights. See
 * lookup.h. Owns all of them but the cache and the event base.
 */
#include "walk.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>

#include "address.h"
#include "log.h"
#include "xmalloc.h"

struct lookup_service *lookup_service_new(struct event_base *base, struct cache *cache)
{
    struct lookup_service *service = xcalloc(1, sizeof(*service));
    struct hash_secret secret;

    hash_secret_new(&secret);
    service->base = base;
    service->cache = cache;
    service->flights = flight_set_new(cache, &secret);
    return service;
}

void lookup_service_free(struct lookup_service *service)
{
    assert(service->pending == 0);
    if (service->routes != NULL) {
        routes_close(service->routes);
        routes_unref(service->routes);
    }
    /* The routes go from the event loop, when the last flight has let go of them. */
    event_base_loop(service->base, EVLOOP_NONBLOCK);
    flight_set_free(service->flights);
    lookup_free_spares(service);
    free(service);
}

void lookup_service_configure(struct lookup_service *service, struct config *config)
{
    struct routes *old = service->routes;

    service->routes = routes_new(service->base, service->cache, config, old);
    if (old != NULL)
        routes_unref(old);
}

struct config *lookup_service_config(const struct lookup_service *service)
{
    return service->routes != NULL ? routes_config(service->routes) : NULL;
}

struct cache *lookup_cache(const struct lookup_service *service)
{
    return service->cache;
}

size_t lookup_pool_count(const struct lookup_service *service)
{
    return service->routes != NULL ? routes_pool_count(service->routes) : 0;
}

struct pool *lookup_pool(const struct lookup_service *service, size_t index)
{
    return routes_pool(service->routes, index);
}

size_t lookup_table_count(const struct lookup_service *service)
{
    return service->routes != NULL ? routes_source_count(service->routes) : 0;
}

const struct table_def *lookup_table_def(const struct lookup_service *service, size_t index)
{
    return routes_source(service->routes, index)->def;
}

cache_table lookup_table_cache(const struct lookup_service *service, size_t index)
{
    return routes_source(service->routes, index)->cache_id;
}

static size_t flush_route(struct lookup_service *service, const struct route *route)
{
    size_t entries = 0;

    for (size_t i = 0; i < route->def->table_count; i++) {
        cache_table table = route->sources[i]->cache_id;

        if (table == 0)
            continue;
        flight_outdate(service->flights, table, NULL);
        entries += cache_flush_table(service->cache, table);
    }
    return entries;
}

static size_t flush_route_key(struct lookup_service *service, const struct route *route,
                              struct slice key)
{
    size_t entries = 0;

    for (size_t i = 0; i < route->def->table_count; i++) {
        cache_table table = route->sources[i]->cache_id;

        if (table == 0)
            continue;
        flight_outdate(service->flights, table, &key);
        entries += cache_flush_key(service->cache, table, key);
    }
    return entries;
}

static size_t flush_search(struct lookup_service *service, const struct route *route,
                           struct slice key)
{
    struct search_keys *keys = xcalloc(1, sizeof(*keys));
    size_t entries = 0;

    search_keys(&route->def->rules, key, keys);
    for (size_t i = 0; i < keys->count; i++)
        entries += flush_route_key(service, route, keys->key[i]);
    search_keys_free(keys);
    free(keys);
    return entries;
}

bool lookup_flush(struct lookup_service *service, const struct slice *map, const struct slice *key,
                  size_t *entries)
{
    const struct route *route;

    if (map == NULL) {
        flight_outdate(service->flights, 0, NULL);
        *entries = cache_flush(service->cache);
        return true;
    }
    route = service->routes != NULL ? routes_find(service->routes, *map) : NULL;
    if (route == NULL)
        return false;
    *entries = key != NULL ? flush_search(service, route, *key) : flush_route(service, route);
    return true;
}
