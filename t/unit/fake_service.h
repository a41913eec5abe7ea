/*
 * fake_service - a lookup service, its pools and its cache, that say what the test tells them to.
 * Include it once, in a test program that links neither lookup nor pool nor cache.
 */
#ifndef VMAPD_FAKE_SERVICE_H
#define VMAPD_FAKE_SERVICE_H

#include "explain.h"
#include "lookup.h"

struct pool {
    bool can_serve;
    struct pool_counts counts;
    size_t host_count;
    struct host_status hosts[4];
};

struct cache {
    struct cache_counts counts;
};

/* A lookup that waits until the test answers it. */
struct lookup {
    lookup_done *done;
    void *arg;
    bool cancelled;
};

struct mirror {
    struct table_def def;
    struct mirror_status status;
};

struct lookup_service {
    struct config config;
    size_t mirror_count;
    struct mirror mirrors[2];
    struct cache cache;
    size_t pool_count;
    struct pool pools[4];
    struct lookup_reply reply; /* what lookup_start() says, */
    bool waits;                /* now, or when the test calls done */
    struct lookup lookup;      /* the last one that waits */
    char asked_map[64];        /* the last arguments */
    char asked_key[256];
    size_t asked_key_len;
    bool flush_knows_map;
    size_t flush_entries;
    unsigned flush_arguments; /* 0 all, 1 a map, 2 a key of it */
};

struct config *lookup_service_config(const struct lookup_service *service)
{
    return (struct config *)(size_t)&service->config; /* the fake is never really const */
}

size_t lookup_pending(const struct lookup_service *service)
{
    return service->waits ? 1 : 0;
}

size_t lookup_memory(const struct lookup *lookup)
{
    (void)lookup;
    return 0;
}

size_t lookup_table_count(const struct lookup_service *service)
{
    return service->mirror_count;
}

const struct table_def *lookup_table_def(const struct lookup_service *service, size_t index)
{
    return &service->mirrors[index].def;
}

struct mirror *lookup_table_mirror(const struct lookup_service *service, size_t index)
{
    return (struct mirror *)(size_t)&service->mirrors[index];
}

struct mirror_status mirror_status(const struct mirror *mirror, uint64_t now_ms)
{
    (void)now_ms;
    return mirror->status;
}

size_t lookup_pool_count(const struct lookup_service *service)
{
    return service->pool_count;
}

struct pool *lookup_pool(const struct lookup_service *service, size_t index)
{
    return (struct pool *)(size_t)&service->pools[index];
}

struct cache *lookup_cache(const struct lookup_service *service)
{
    return (struct cache *)(size_t)&service->cache;
}

struct cache_counts cache_counts(const struct cache *cache)
{
    return cache->counts;
}

struct pool_counts pool_counts(const struct pool *pool)
{
    return pool->counts;
}

bool pool_can_serve(const struct pool *pool)
{
    return pool->can_serve;
}

size_t pool_host_count(const struct pool *pool)
{
    return pool->host_count;
}

struct host_status pool_host(const struct pool *pool, size_t index)
{
    return pool->hosts[index];
}

static inline void fake_remember(struct lookup_service *service, struct slice map, struct slice key)
{
    size_t map_len =
        map.len < sizeof(service->asked_map) ? map.len : sizeof(service->asked_map) - 1;
    size_t key_len = key.len < sizeof(service->asked_key) ? key.len : sizeof(service->asked_key);

    memcpy(service->asked_map, map.data, map_len);
    service->asked_map[map_len] = '\0';
    memcpy(service->asked_key, key.data, key_len);
    service->asked_key_len = key.len;
}

struct lookup *lookup_start(struct lookup_service *service, struct slice map, struct slice key,
                            lookup_done *done, void *arg, struct lookup_reply *reply)
{
    fake_remember(service, map, key);
    if (!service->waits) {
        *reply = service->reply;
        return NULL;
    }
    service->lookup = (struct lookup){done, arg, false};
    return &service->lookup;
}

void lookup_cancel(struct lookup *lookup)
{
    lookup->cancelled = true;
}

bool lookup_flush(struct lookup_service *service, const struct slice *map, const struct slice *key,
                  size_t *entries)
{
    fake_remember(service, map != NULL ? *map : slice_of(""), key != NULL ? *key : slice_of(""));
    service->flush_arguments = (map != NULL) + (key != NULL);
    *entries = service->flush_entries;
    return map == NULL || service->flush_knows_map;
}

/* Nothing is ever explained: the one map that there is has no tables. */
struct explain *explain_start(struct lookup_service *service, struct slice map, struct slice key,
                              explain_done *done, void *arg)
{
    fake_remember(service, map, key);
    (void)done;
    (void)arg;
    return NULL;
}

void explain_cancel(struct explain *explain)
{
    (void)explain;
}

#endif
