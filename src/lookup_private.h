/*
 * lookup_private - what lookup.c (the walk), lookup_step.c (one step of it) and lookup_service.c
 * (what all lookups share) know of each other.
 */
#ifndef VMAPD_LOOKUP_PRIVATE_H
#define VMAPD_LOOKUP_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "flight.h"
#include "lookup.h"
#include "routes.h"

struct event;

struct lookup_service {
    struct event_base *base;
    struct cache *cache;
    struct routes *routes; /* NULL before the first configuration */
    struct flight_set *flights;
    struct lookup *spare; /* retired lookups, for reuse */
    size_t spare_count;
    size_t pending;
};

struct lookup {
    struct lookup_service *service;
    struct routes *routes;
    const struct route *route;
    lookup_done *done;
    void *arg;
    uint64_t started_us;
    uint64_t deadline_ms;

    struct search_keys keys;
    bool has_all_keys;        /* keys holds more than the full key */
    enum outcome key_outcome; /* whether these are really all */
    size_t key;               /* where the walk is: keys.key[key] */
    size_t table;             /* in route->sources[table] */

    struct slice found;
    enum outcome failure;
    struct buffer text; /* what found points to when it is ours */
    bool waited;

    struct flight_waiter waiter;
    struct event *timer; /* while waiting: the deadline, or the stale answer's patience */
    struct buffer stale; /* the old value of this step, while has_stale */
    bool has_stale;

    struct lookup *next_spare;
};

/* What one step of the walk came to. */
enum step {
    STEP_NOT_FOUND, /* go on */
    STEP_FOUND,     /* lookup->found is the value */
    STEP_FAILED,    /* lookup->found is the reason, lookup->failure the outcome */
    STEP_WAIT       /* a flight will call back */
};

/* Where the walk is. */
static inline struct source *lookup_source(const struct lookup *lookup)
{
    return lookup->route->sources[lookup->table];
}

/* The answer of that table to that key. */
enum step lookup_step(struct lookup *lookup, uint64_t now_ms);

/* A step that waited has to do with the old answer that it has (lookup->has_stale). */
enum step lookup_step_stale(struct lookup *lookup);

/* Free the retired lookups, at the end. */
void lookup_free_spares(struct lookup_service *service);

#endif
