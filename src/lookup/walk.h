/*
 * walk - what lookup.c (the walk), lookup_step.c (one step of it) and lookup_service.c
 * (what all lookups share) know of each other.
 *
 * What the cache holds past its time may take the place of an answer that the database does not give:
 * a value is the reply then; a "not found" only lets the walk go on, to a value for the same recipient
 * in another table or without the extension. Nobody is ever told "not found" because of it, and no
 * catch-all gets a mail because of it.
 */
#ifndef VMAPD_LOOKUP_WALK_H
#define VMAPD_LOOKUP_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "flight.h"
#include "lookup.h"
#include "live_maps.h"

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

/* What the cache has for the step that waits, past its time. */
enum old_answer { OLD_NONE, OLD_NOT_FOUND, OLD_VALUE };

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
    struct event *timer;  /* while waiting: the deadline, or the patience with an old answer */
    enum old_answer old;  /* of this step */
    struct buffer stale;  /* the value, if old is one */
    bool is_old;          /* the walk came here by an old answer */
    bool is_patient;      /* old "not found"s have led nowhere: now the database has to say it */
    struct buffer reason; /* why it did not when it was asked before; failure is the outcome */

    struct lookup *next_spare;
};

/* What one step of the walk came to. */
enum step {
    STEP_NOT_FOUND, /* go on */
    STEP_FOUND,     /* lookup->found is the value */
    STEP_FAILED,    /* lookup->found is the reason, lookup->failure the outcome */
    STEP_WAIT       /* a flight will call back, or the timer */
};

/* The answer of the table to the key that the walk has come to. */
enum step lookup_step(struct lookup *lookup, uint64_t now_ms);

/* What a step that waited comes to: by its flight (text is borrowed), or because time is up. */
enum step lookup_step_landed(struct lookup *lookup, enum outcome outcome, struct slice text);
enum step lookup_step_late(struct lookup *lookup, uint64_t now_ms);

enum step lookup_fail(struct lookup *lookup, enum outcome failure, struct slice reason);

/* Free the retired lookups, at the end. */
void lookup_free_spares(struct lookup_service *service);

#endif
