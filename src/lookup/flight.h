/*
 * flight - one query per (table, key) at a time, shared by all who wait for its answer. What the
 * database says goes into the cache first, then to those who wait.
 */
#ifndef VMAPD_LOOKUP_FLIGHT_H
#define VMAPD_LOOKUP_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "buffer.h"
#include "cache.h"
#include "outcome.h"
#include "live_maps.h"

struct flight;
struct flight_set;

/* Somebody who waits; embedded in the caller's structure, zero-initialised but for landed. */
struct flight_waiter {
    /* text: the value (OK) or the reason (failures); borrowed until return. Called exactly once. */
    void (*landed)(struct flight_waiter *waiter, enum outcome outcome, struct slice text);
    bool is_said;     /* in landed, of a failure: it is what the database has to say of this key */
    uint64_t sent_ms; /* in landed: when it was asked, so the answer is that old */
    struct flight *flight; /* NULL while not waiting */
    TAILQ_ENTRY(flight_waiter) entry;
};

struct flight_set *flight_set_new(struct cache *cache, const struct hash_secret *secret);

/* At the end, after the live maps' pools were freed and so their flights have ended. */
void flight_set_free(struct flight_set *set);

/*
 * Wait for the answer of table to key, by a query in flight or a new one that has to end before
 * deadline_ms, or whenever it began for another. waiter NULL: nobody waits, only the cache wants to
 * know. Returns true if a query was in flight already.
 */
bool flight_join(struct flight_set *set, struct live_maps *maps, struct live_table *table,
                 struct slice key, uint64_t deadline_ms, struct flight_waiter *waiter);

/* Stop waiting; harmless if the waiter does not wait. What was sent goes on and fills the cache; what was
 * not, and nobody else waits for, is not asked. */
void flight_leave(struct flight_waiter *waiter);

/* Stop waiting, but the cache wants the answer still. */
void flight_leave_to_cache(struct flight_waiter *waiter);

/*
 * What is in flight may be older than what the caller knows (a flush): those who wait get it, the
 * cache does not, and nobody else joins. table 0: all; key NULL: all keys of the table.
 */
void flight_outdate(struct flight_set *set, cache_table table, const struct slice *key);

#endif
