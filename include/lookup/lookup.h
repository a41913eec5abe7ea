/*
 * lookup - one request's straight path: map -> folded key -> keys of the search -> for each key each
 * table -> cache, or the database through a pool -> cache -> the reply. One query per (table, key)
 * is in flight, shared by all who wait for it.
 */
#ifndef VMAPD_LOOKUP_LOOKUP_H
#define VMAPD_LOOKUP_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "cache.h"
#include "config.h"
#include "mirror.h"
#include "outcome.h"
#include "pool.h"

struct event_base;
struct lookup_service;
struct lookup;

/* cache is borrowed until lookup_service_free(). No maps before the first configure. */
struct lookup_service *lookup_service_new(struct event_base *base, struct cache *cache);
void lookup_service_free(struct lookup_service *service);

/*
 * Serve this configuration from now on (takes a reference). Pools and cached answers stay where the
 * definitions did not change; answers of other hosts as old ones. Connections are renewed. Lookups in
 * flight finish with the old one.
 */
struct lookup_carried {
    size_t kept; /* answers, of which */
    size_t old;  /* are told only while the database can't be asked */
    size_t forgotten;
};
struct lookup_carried lookup_service_configure(struct lookup_service *service,
                                               struct config *config);
struct config *lookup_service_config(const struct lookup_service *service);

/* Bytes; a longer key is refused (PERM). No address or domain that Postfix asks for is longer. */
#define LOOKUP_KEY_MAX     10000
#define LOOKUP_KEY_REFUSED "the key is longer than 10000 bytes"

struct lookup_reply {
    enum outcome outcome;
    struct slice text; /* OK: the value; failures: the reason. Borrowed until the next lookup
                          begins or ends, or control returns to the event loop. */
};

typedef void lookup_done(void *arg, const struct lookup_reply *reply);

/*
 * Look up key in the map of that name. NULL: *reply holds the answer already (and done is not
 * called). Otherwise done is called later, exactly once, unless lookup_cancel() comes first.
 */
struct lookup *lookup_start(struct lookup_service *service, struct slice map, struct slice key,
                            lookup_done *done, void *arg, struct lookup_reply *reply);

/* The asker has gone. What was sent to the database goes on and fills the cache. */
void lookup_cancel(struct lookup *lookup);

/* Bytes that a waiting lookup has allocated for its key, also while that is asked, and for an old value. */
size_t lookup_memory(const struct lookup *lookup);

/* How many lookups are waiting for the database. */
size_t lookup_pending(const struct lookup_service *service);

/*
 * Forget cached answers: all (map NULL), those of a map's tables, or all that a lookup of this key
 * in the map would use (every key of its search). False: no such map.
 */
bool lookup_flush(struct lookup_service *service, const struct slice *map, const struct slice *key,
                  size_t *entries);

/* For the reports. */
size_t lookup_pool_count(const struct lookup_service *service);
struct pool *lookup_pool(const struct lookup_service *service, size_t index);
struct cache *lookup_cache(const struct lookup_service *service);

/* The tables in service: their definitions, and their places in the cache (0: not cached). */
size_t lookup_table_count(const struct lookup_service *service);
const struct table_def *lookup_table_def(const struct lookup_service *service, size_t index);
cache_table lookup_table_cache(const struct lookup_service *service, size_t index);
/* And their mirrors, NULL: none. */
struct mirror *lookup_table_mirror(const struct lookup_service *service, size_t index);

#endif
