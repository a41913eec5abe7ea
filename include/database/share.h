/*
 * share - a table's part of a pool: those of its queries that wait, how many are under way, and
 * whether it is in trouble.
 *
 * A table is SLOW when an answer did not come in time for somebody, or its database can't be asked: who
 * has an old answer tells that without waiting. It is in TROUBLE when its queries fail and that is its
 * own fault: locked, missing, no right. Then it holds one connection, and new questions are refused but
 * for one a second. Either ends with the first answer. No failure puts off the next probe.
 *
 * The owner embeds it, and keeps it while the pool has queries of it. Times are monotonic ms.
 */
#ifndef VMAPD_DATABASE_SHARE_H
#define VMAPD_DATABASE_SHARE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "statement.h"

struct pool_query;
TAILQ_HEAD(query_list, pool_query);

enum share_state { SHARE_WELL, SHARE_SLOW, SHARE_TROUBLED };

struct share {
    TAILQ_ENTRY(share) entry; /* among those with queries that wait */
    struct query_list
        early; /* waiting, with more than half of their time left, in order of arrival */
    struct query_list late; /* with less */
    unsigned waiting;
    unsigned running;
    uint64_t answered_ms; /* when the last answer came */

    enum share_state state;
    uint64_t probe_ms; /* unless WELL: when to ask again, */
    uint64_t since_ms; /* since when it is in this state, */
    char reason[256];  /* and the last reason for it */
};

void share_init(struct share *share);

/* A query of it has ended so, for this reason. */
void share_judge(struct share *share, enum db_blame blame, const char *reason, uint64_t now_ms);

/* Somebody has told an old answer because the new one took too long. */
void share_is_late(struct share *share, uint64_t now_ms);

/* Whether it is worth waiting for an answer. */
bool share_is_well(const struct share *share);

/* Not WELL, and nobody has asked for a second. */
bool share_wants_probe(const struct share *share, uint64_t now_ms);

/* Somebody asks: the next probe is not before a second has passed. Or does not ask after all. */
void share_take_probe(struct share *share, uint64_t now_ms);
void share_return_probe(struct share *share, uint64_t now_ms);

#endif
