/*
 * waiting - whose query is next, of those of one pool that wait for a connection. Pure.
 *
 * First come those that are asked again. Then each table (share) in its turn, with the oldest of its
 * queries that has more than half of its time left: whoever has less has mostly gone when the answer
 * comes. Last those that nobody waits for.
 *
 * One connection is left to the other tables: a table takes the last only if it has none; or if its
 * answers come, and no other table was asked lately. A table in trouble has one.
 */
#ifndef VMAPD_DATABASE_WAITING_H
#define VMAPD_DATABASE_WAITING_H

#include "pool.h"

TAILQ_HEAD(share_list, share);

struct waiting {
    struct share_list shares;     /* those with queries that wait, the next first */
    struct query_list again;      /* in order of arrival */
    struct query_list background; /* likewise */
    unsigned count;               /* all of them, of which */
    unsigned again_count, background_count;
    uint64_t earliest_ms; /* no deadline of those that wait is before it */
    struct {
        const struct share *share; /* only compared */
        uint64_t asked_ms;
    } askers[2]; /* the last two that are not the same, the latest first */
};

void waiting_init(struct waiting *waiting);

/* Whether there is no room for this one among so many at most. A table fills half of it while others ask;
 * what nobody waits for a tenth. */
bool waiting_is_full(const struct waiting *waiting, const struct pool_query *query, unsigned most,
                     uint64_t now_ms);

/* A query waits from now on: for the first time, or to be asked again (tried or was_lost). */
void waiting_add(struct waiting *waiting, struct pool_query *query, uint64_t now_ms);
/* It waits no more. */
void waiting_remove(struct waiting *waiting, struct pool_query *query);
/* Somebody waits for it, from now until deadline_ms. */
void waiting_want(struct waiting *waiting, struct pool_query *query, uint64_t deadline_ms,
                  uint64_t now_ms);

/* The next query, but for those that are asked again, that may have one of so many free connections.
 * It waits on. NULL = none may. */
struct pool_query *waiting_next(struct waiting *waiting, unsigned free, uint64_t now_ms);

/* How many connections those that wait could use, of so many in all. */
unsigned waiting_wanted(const struct waiting *waiting, unsigned size, uint64_t now_ms);

/* Call it for each query that waits, or for each of a table but those that are asked again. It may remove
 * the query. */
typedef void waiting_visit(void *arg, struct pool_query *query);
void waiting_each(struct waiting *waiting, waiting_visit *visit, void *arg);
void waiting_each_of(struct waiting *waiting, struct share *share, waiting_visit *visit, void *arg);

#endif
