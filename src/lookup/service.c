/*
 * service - what stands behind all lookups: the maps in force, the cache, the flights. See
 * lookup.h. Owns all of them but the cache and the event base.
 */
#include "service.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>

#include "search_keys.h"
#include "log.h"
#include "table.h"
#include "xmalloc.h"

struct lookup_service *lookup_service_new(struct event_base *base, struct cache *cache)
{
    struct lookup_service *service = xcalloc(1, sizeof(*service));
    struct hash_secret secret;

    hash_secret_new(&secret);
    service->base = base;
    service->cache = cache;
    service->mirrors = mirror_set_new(base, cache);
    TAILQ_INIT(&service->spare);
    service->flights = flight_set_new(cache, &secret);
    return service;
}

void lookup_service_free(struct lookup_service *service)
{
    assert(service->pending == 0);
    if (service->maps != NULL) {
        live_maps_close(service->maps);
        live_maps_unref(service->maps);
    }
    /* The live maps go from the event loop, when the last flight has let go of them. */
    event_base_loop(service->base, EVLOOP_NONBLOCK);
    flight_set_free(service->flights);
    mirror_set_free(service->mirrors);
    lookup_free_spares(service);
    free(service);
}

/* What came along is there; what did not goes with the old maps. */
static struct lookup_carried count_carried(const struct lookup_service *service,
                                           const struct live_maps *old)
{
    struct lookup_carried carried = {0, 0, 0};

    for (size_t i = 0; old != NULL && i < live_maps_table_count(old); i++) {
        const struct live_table *table = live_maps_table(old, i);
        size_t entries =
            table->cache_id != 0 ? cache_table_entries(service->cache, table->cache_id) : 0;

        if (table->is_carried)
            carried.kept += entries;
        else
            carried.forgotten += entries;
        if (table->is_outdated)
            carried.old += entries;
    }
    return carried;
}

/* What the old hosts have said, or say yet, the new ones may see differently. */
static void expire_moved(struct lookup_service *service)
{
    for (size_t i = 0; i < live_maps_table_count(service->maps); i++) {
        const struct live_table *table = live_maps_table(service->maps, i);

        if (!table->was_moved)
            continue;
        flight_outdate(service->flights, table->cache_id, NULL);
        cache_table_expire(service->cache, table->cache_id);
    }
}

struct lookup_carried lookup_service_configure(struct lookup_service *service,
                                               struct config *config)
{
    struct live_maps *old = service->maps;
    struct lookup_carried carried;

    service->maps = live_maps_new(service->base, service->cache, service->mirrors, config, old);
    carried = count_carried(service, old);
    expire_moved(service);
    if (old != NULL)
        live_maps_unref(old);
    return carried;
}

struct config *lookup_service_config(const struct lookup_service *service)
{
    return service->maps != NULL ? live_maps_config(service->maps) : NULL;
}

struct cache *lookup_cache(const struct lookup_service *service)
{
    return service->cache;
}

size_t lookup_pool_count(const struct lookup_service *service)
{
    return service->maps != NULL ? live_maps_pool_count(service->maps) : 0;
}

struct pool *lookup_pool(const struct lookup_service *service, size_t index)
{
    return live_maps_pool(service->maps, index);
}

size_t lookup_table_count(const struct lookup_service *service)
{
    return service->maps != NULL ? live_maps_table_count(service->maps) : 0;
}

const struct table_def *lookup_table_def(const struct lookup_service *service, size_t index)
{
    return live_maps_table(service->maps, index)->def;
}

cache_table lookup_table_cache(const struct lookup_service *service, size_t index)
{
    return live_maps_table(service->maps, index)->cache_id;
}

struct mirror *lookup_table_mirror(const struct lookup_service *service, size_t index)
{
    return live_table_mirror(live_maps_table(service->maps, index));
}

static size_t flush_table(struct lookup_service *service, struct live_table *table)
{
    struct mirror *mirror = live_table_mirror(table);
    size_t entries;

    if (table->cache_id == 0)
        return 0;
    flight_outdate(service->flights, table->cache_id, NULL);
    entries = cache_flush_table(service->cache, table->cache_id);
    return entries + (mirror != NULL ? mirror_flush(mirror) : 0);
}

static size_t flush_map(struct lookup_service *service, const struct live_map *live)
{
    size_t entries = 0;

    for (size_t i = 0; i < live->def->table_count; i++)
        entries += flush_table(service, live->tables[i]);
    for (size_t i = 0; i < live->def->local_table_count; i++)
        entries += flush_table(service, live->local_tables[i]);
    return entries;
}

static size_t flush_table_key(struct lookup_service *service, struct live_table *table,
                              struct slice key)
{
    struct mirror *mirror = live_table_mirror(table);
    size_t entries;

    if (table->cache_id == 0)
        return 0;
    flight_outdate(service->flights, table->cache_id, &key);
    entries = cache_flush_key(service->cache, table->cache_id, key);
    if (mirror != NULL && table_wants_key(&table->def->rules, key))
        entries += mirror_flush_key(mirror, key);
    return entries;
}

static size_t flush_search(struct lookup_service *service, const struct live_map *live,
                           struct slice key)
{
    struct search_keys *keys = xcalloc(1, sizeof(*keys));
    size_t entries = 0;

    search_keys(&live->def->rules, key, keys);
    for (size_t i = 0; i < keys->count; i++) {
        struct live_table *const *table = live_map_tables(live, keys->part[i]);

        for (; *table != NULL; table++)
            entries += flush_table_key(service, *table, search_key(keys, i));
    }
    search_keys_free(keys);
    free(keys);
    return entries;
}

/* Their rows are gone with the cache's entries. */
static void wake_mirrors(struct lookup_service *service)
{
    for (size_t i = 0; i < lookup_table_count(service); i++) {
        struct mirror *mirror = lookup_table_mirror(service, i);

        if (mirror != NULL)
            mirror_flush(mirror);
    }
}

bool lookup_flush(struct lookup_service *service, const struct slice *map, const struct slice *key,
                  size_t *entries)
{
    const struct live_map *live;

    if (map == NULL) {
        flight_outdate(service->flights, 0, NULL);
        *entries = cache_flush(service->cache);
        wake_mirrors(service);
        return true;
    }
    live = service->maps != NULL ? live_maps_find(service->maps, *map) : NULL;
    if (live == NULL)
        return false;
    *entries = key != NULL ? flush_search(service, live, *key) : flush_map(service, live);
    return true;
}
