/*
 * live_maps - see the header.
 *
 * Pools and cache tables outlive one configuration, so each sits in a small counted holder that
 * consecutive live maps share. Live maps own the config reference that keeps every definition alive;
 * a pool borrows its parameters from the config that created it, so its holder keeps that config.
 */
#include "live_maps.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "xmalloc.h"

struct shared_pool {
    unsigned references;
    struct pool *pool;
    struct config *config; /* owns the parameters that the pool borrows */
};

struct shared_cache_table {
    unsigned references;
    struct cache *cache;
    cache_table id;
    const struct table_def *def; /* of the latest live maps that hold this */
    struct mirror *mirror;       /* NULL: none */
};

struct live_maps {
    unsigned references;
    struct event_base *base;
    struct cache *cache;
    struct mirror_set *mirrors;
    struct config *config;
    struct live_table *tables;   /* one for each of config->tables, in that order */
    struct live_table **by_name; /* the same */
    struct shared_cache_table **cache_tables;
    struct shared_pool **pools; /* of all tables, each once */
    size_t pool_count;
    struct live_map *list;           /* by name */
    struct live_maps *older, *newer; /* those that are there still */
};

static struct shared_pool *shared_pool_find(const struct live_maps *maps,
                                            const struct db_params *params)
{
    if (maps == NULL)
        return NULL;
    for (size_t i = 0; i < maps->pool_count; i++)
        if (db_params_equal(pool_params(maps->pools[i]->pool), params))
            return maps->pools[i];
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

/* The pool for these parameters: one of ours, one of the old live maps', or a new one. */
static struct pool *take_pool(struct live_maps *maps, const struct live_maps *old,
                              const struct db_params *params)
{
    struct shared_pool *shared = shared_pool_find(maps, params);

    if (shared != NULL)
        return shared->pool;
    shared = shared_pool_find(old, params);
    if (shared != NULL) {
        pool_renew(shared->pool);
    } else {
        shared = xcalloc(1, sizeof(*shared));
        shared->pool = pool_new(maps->base, params);
        shared->config = config_ref(maps->config);
    }
    shared->references++;
    maps->pools = xrealloc(maps->pools, (maps->pool_count + 1) * sizeof(*maps->pools));
    maps->pools[maps->pool_count++] = shared;
    return shared->pool;
}

/* The first of a name or, where there is none, of the next. */
static size_t first_named(const struct live_maps *maps, const char *name)
{
    size_t low = 0, high = maps->config->table_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (strcmp(maps->by_name[middle]->def->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The old table whose answers are those of this one, or were before its hosts changed; NULL: none. */
static struct live_table *find_old(const struct live_maps *old, const struct table_def *def)
{
    for (size_t i = first_named(old, def->name); i < old->config->table_count; i++) {
        struct live_table *other = old->by_name[i];

        if (strcmp(other->def->name, def->name) != 0)
            break;
        if (old->cache_tables[other->def->index] != NULL &&
            table_def_equal_but_hosts(other->def, def))
            return other;
    }
    return NULL;
}

static void shared_cache_table_unref(struct shared_cache_table *shared)
{
    if (shared == NULL || --shared->references > 0)
        return;
    mirror_free(shared->mirror);
    cache_table_drop(shared->cache, shared->id);
    free(shared);
}

static struct shared_cache_table *shared_cache_table_new(struct cache *cache,
                                                         const struct table_def *def,
                                                         const struct cache_policy *policy)
{
    struct shared_cache_table *shared;
    cache_table id = cache_table_add(cache, policy);

    if (id == 0) {
        log_warning("%s: too many tables, answers of %s are not cached", def->origin, def->name);
        return NULL;
    }
    shared = xcalloc(1, sizeof(*shared));
    shared->cache = cache;
    shared->id = id;
    return shared;
}

/* The table's mirror goes on if it would be the same; older live maps use the new one, too. */
static void take_mirror(struct live_maps *maps, struct shared_cache_table *shared)
{
    const struct table_def *def = shared->def;

    if (shared->mirror != NULL && def->mirror && mirror_adopt(shared->mirror, maps->config, def))
        return;
    mirror_free(shared->mirror);
    shared->mirror = def->mirror ? mirror_new(maps->mirrors, maps->config, def) : NULL;
}

/* The cache's place for this table, or NULL if its answers are not kept. */
static struct shared_cache_table *take_cache_table(struct live_maps *maps, struct live_maps *old,
                                                   struct live_table *table)
{
    const struct table_def *def = table->def;
    const struct cache_policy policy = {def->ttl_ms, def->negative_ttl_ms, def->stale_ttl_ms};
    struct shared_cache_table *shared;
    struct live_table *before;

    if (!def->cache)
        return NULL;
    before = old != NULL ? find_old(old, def) : NULL;
    if (before != NULL) {
        shared = old->cache_tables[before->def->index];
        table->was_moved = !db_params_same_hosts(&before->def->db, &def->db);
        before->is_carried = true;
        before->is_outdated = table->was_moved;
        cache_table_set_policy(maps->cache, shared->id, &policy);
    } else {
        shared = shared_cache_table_new(maps->cache, def, &policy);
        if (shared == NULL)
            return NULL;
    }
    shared->references++;
    shared->def = def;
    return shared;
}

static void add_table(struct live_maps *maps, struct live_maps *old, size_t index)
{
    const struct table_def *def = maps->config->tables[index];
    struct live_table *table = &maps->tables[index];
    struct shared_cache_table *shared;

    maps->by_name[index] = table;
    table->def = def;
    shared = take_cache_table(maps, old, table);
    maps->cache_tables[index] = shared;
    table->cache_id = shared != NULL ? shared->id : 0;
    if (shared != NULL)
        take_mirror(maps, shared);
    table->mirror = shared != NULL ? &shared->mirror : NULL;
    share_init(&table->share);
    table->pool = take_pool(maps, old, &def->db);
}

static struct live_table **tables_of(const struct live_maps *maps, struct table_def *const *defs,
                                     size_t count)
{
    struct live_table **tables = xcalloc(count + 1, sizeof(struct live_table *));

    for (size_t i = 0; i < count; i++)
        tables[i] = &maps->tables[defs[i]->index];
    return tables;
}

static void add_map(struct live_maps *maps, size_t index)
{
    const struct map_def *def = maps->config->maps[index];
    struct live_map *map = &maps->list[index];

    map->name = slice_of(def->name);
    map->def = def;
    map->stats = stats_map(def->name);
    map->tables = tables_of(maps, def->tables, def->table_count);
    map->local_tables = tables_of(maps, def->local_tables, def->local_table_count);
}

/* Any order will do, so by what is told soonest. */
static int name_order(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return memcmp(a.data, b.data, a.len);
}

static int by_name(const void *a, const void *b)
{
    return name_order(((const struct live_map *)a)->name, ((const struct live_map *)b)->name);
}

static int by_table_name(const void *a, const void *b)
{
    const struct live_table *const *one = a, *const *other = b;

    return strcmp((*one)->def->name, (*other)->def->name);
}

struct live_maps *live_maps_new(struct event_base *base, struct cache *cache,
                                struct mirror_set *mirrors, struct config *config,
                                struct live_maps *old)
{
    struct live_maps *maps = xcalloc(1, sizeof(*maps));

    maps->references = 1;
    maps->base = base;
    maps->cache = cache;
    maps->mirrors = mirrors;
    maps->config = config_ref(config);
    maps->older = old;
    if (old != NULL)
        old->newer = maps;
    maps->tables = xcalloc(config->table_count, sizeof(*maps->tables));
    maps->cache_tables = xcalloc(config->table_count, sizeof(struct shared_cache_table *));
    maps->by_name = xcalloc(config->table_count, sizeof(struct live_table *));
    for (size_t i = 0; i < config->table_count; i++)
        add_table(maps, old, i);
    qsort(maps->by_name, config->table_count, sizeof(struct live_table *), by_table_name);
    maps->list = xcalloc(config->map_count, sizeof(*maps->list));
    for (size_t i = 0; i < config->map_count; i++)
        add_map(maps, i);
    qsort(maps->list, config->map_count, sizeof(*maps->list), by_name);
    return maps;
}

struct live_maps *live_maps_ref(struct live_maps *maps)
{
    maps->references++;
    return maps;
}

static void live_maps_free(struct live_maps *maps)
{
    if (maps->older != NULL)
        maps->older->newer = maps->newer;
    if (maps->newer != NULL)
        maps->newer->older = maps->older;
    for (size_t i = 0; i < maps->config->table_count; i++)
        shared_cache_table_unref(maps->cache_tables[i]);
    for (size_t i = 0; i < maps->pool_count; i++)
        shared_pool_unref(maps->pools[i]);
    for (size_t i = 0; i < maps->config->map_count; i++) {
        free(maps->list[i].tables);
        free(maps->list[i].local_tables);
    }
    free(maps->list);
    free(maps->pools);
    free(maps->cache_tables);
    free(maps->by_name);
    free(maps->tables);
    config_unref(maps->config);
    free(maps);
}

static void on_last_unref(evutil_socket_t fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    live_maps_free(arg);
}

void live_maps_unref(struct live_maps *maps)
{
    static const struct timeval now = {0, 0};

    if (--maps->references > 0)
        return;
    if (event_base_once(maps->base, -1, EV_TIMEOUT, on_last_unref, maps, &now) != 0)
        log_warning("cannot free an old configuration, memory is kept");
}

void live_maps_close(struct live_maps *maps)
{
    for (; maps != NULL; maps = maps->older) {
        for (size_t i = 0; i < maps->pool_count; i++) {
            if (maps->pools[i]->pool != NULL)
                pool_free(maps->pools[i]->pool);
            maps->pools[i]->pool = NULL;
        }
    }
}

struct config *live_maps_config(const struct live_maps *maps)
{
    return maps->config;
}

const struct live_map *live_maps_find(const struct live_maps *maps, struct slice name)
{
    size_t low = 0, high = maps->config->map_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = name_order(name, maps->list[middle].name);

        if (order == 0)
            return &maps->list[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

size_t live_maps_table_count(const struct live_maps *maps)
{
    return maps->config->table_count;
}

struct live_table *live_maps_table(const struct live_maps *maps, size_t index)
{
    return &maps->tables[index];
}

size_t live_maps_pool_count(const struct live_maps *maps)
{
    return maps->pool_count;
}

struct pool *live_maps_pool(const struct live_maps *maps, size_t index)
{
    return maps->pools[index]->pool;
}
