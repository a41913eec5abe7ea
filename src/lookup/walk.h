/*
 * walk - one lookup on its way: which key and which table it has come to, and what it has in hand.
 *
 * What the cache holds past its time may take the place of an answer that the database does not give:
 * a value is the reply then; a "not found" only lets the walk go on, to a value for the same recipient
 * in another table or without the extension. Nobody is ever told "not found" because of it, and no
 * catch-all gets a mail because of it.
 *
 * What a mirror says is not there is passed over in the same way, without a question; only the database
 * tells it to anybody, or lets a catch-all have it. While that can't be asked, the mirror may. One that is
 * told of each change at once is as good as the database.
 */
#ifndef VMAPD_LOOKUP_WALK_H
#define VMAPD_LOOKUP_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "search_keys.h"
#include "flight.h"
#include "live_maps.h"
#include "lookup.h"

struct event;

/* What there is for the step that waits, if the database does not answer: from the cache past its time, or
 * a mirror's "not found" that may be told. */
enum old_answer { OLD_NONE, OLD_NOT_FOUND, OLD_VALUE, OLD_MISSING };

struct lookup {
    struct lookup_service *service;
    struct live_maps *maps;
    const struct live_map *map;
    lookup_done *done;
    void *arg;
    uint64_t started_us;
    uint64_t deadline_ms;

    struct search_keys keys;
    bool has_all_keys;        /* keys holds more than the full key */
    enum outcome key_outcome; /* whether these are really all */
    size_t key;               /* where the walk is: search_key(&keys, key) */
    size_t table;             /* and there: lookup_table() */
    bool is_local;            /* the key is a domain that a table of local_domains has */

    uint64_t not_found_until_ms; /* how long "not found" of all steps so far may be told */

    struct slice found;
    enum outcome failure;
    struct buffer text; /* what found points to when it is ours */
    bool waited;

    struct flight_waiter waiter;
    struct event *timer;       /* while waiting: the deadline, or the patience with an old answer */
    enum old_answer old;       /* of this step */
    uint64_t missing_until_ms; /* if old is OLD_MISSING: how long it may be told */
    struct buffer stale;       /* the value, if old is one */
    bool is_old;               /* the walk came here by an old answer */
    bool is_passed;            /* the walk came here past what a mirror says is not there */
    bool is_patient;      /* old "not found"s have led nowhere: now the database has to say it */
    struct buffer reason; /* why it did not when it was asked before; failure is the outcome */

    TAILQ_ENTRY(lookup) entry; /* among the spare ones */
};

/* The table that the walk has come to; NULL: there is none left for this key. */
static inline struct live_table *lookup_table(const struct lookup *lookup)
{
    return live_map_tables(lookup->map, lookup->keys.part[lookup->key])[lookup->table];
}

#endif
