/*
 * refusals - the end of queries that were not asked, and what any end says of a table. See
 * pool_private.h.
 */
#include "pool_private.h"

#include <event2/event.h>
#include <stdlib.h>

#include "blame.h"
#include "clock.h"
#include "stats.h"

static void explain_refusal(const struct pool *pool, const struct pool_query *query,
                            struct db_result *result)
{
    switch (query->refusal) {
    case POOL_UNREACHABLE:
        blame_set(result, DB_NOT_ASKED, 0, "database unreachable: %s",
                  hosts_last_error(pool->hosts));
        break;
    case POOL_QUEUE_FULL:
        blame_set(result, DB_NOT_ASKED, 0, "too many lookups are waiting for the database");
        break;
    case POOL_LATE:
        blame_set(result, DB_TOO_LATE, 0, "no database connection was free in time");
        break;
    case POOL_TROUBLED:
        blame_set(result, DB_NOT_ASKED, 0, "not asked, as others fail: %s", query->share->reason);
        break;
    case POOL_CLOSED:
        blame_set(result, DB_NOT_ASKED, 0, "the connections to the database are being closed");
        break;
    }
}

void pool_refuse(struct pool *pool, struct pool_query *query, enum pool_refusal why)
{
    query->refusal = why;
    TAILQ_INSERT_TAIL(&pool->refused, query, entry);
    event_active(pool->later, EV_TIMEOUT, 0);
}

static void refuse_waiting(struct pool *pool, struct pool_query *query, enum pool_refusal why)
{
    waiting_remove(&pool->waiting, query);
    pool_refuse(pool, query, why);
}

static void refuse_if_hopeless(void *arg, struct pool_query *query)
{
    struct pool *pool = arg;

    if (hosts_refuse(pool->hosts, query->asked, query->tried))
        refuse_waiting(pool, query, POOL_UNREACHABLE);
}

void pool_refuse_hopeless(struct pool *pool)
{
    waiting_each(&pool->waiting, refuse_if_hopeless, pool);
}

static void refuse_if_late(void *arg, struct pool_query *query)
{
    struct pool *pool = arg;

    if (query->deadline_ms <= clock_ms())
        refuse_waiting(pool, query, POOL_LATE);
    else if (query->deadline_ms < pool->waiting.earliest_ms)
        pool->waiting.earliest_ms = query->deadline_ms;
}

void pool_refuse_late(struct pool *pool)
{
    pool->waiting.earliest_ms = UINT64_MAX;
    waiting_each(&pool->waiting, refuse_if_late, pool);
}

static void refuse_troubled(void *arg, struct pool_query *query)
{
    if (query->urgency != POOL_INSISTENT)
        refuse_waiting(arg, query, POOL_TROUBLED);
}

static void refuse_closed(void *arg, struct pool_query *query)
{
    refuse_waiting(arg, query, POOL_CLOSED);
}

void pool_refuse_all(struct pool *pool)
{
    waiting_each(&pool->waiting, refuse_closed, pool);
}

void pool_enter(struct pool *pool)
{
    pool->calling++;
}

void pool_leave(struct pool *pool)
{
    if (--pool->calling == 0 && pool->is_freed)
        free(pool);
}

void pool_judge(struct pool *pool, struct share *share, enum db_blame blame, const char *text)
{
    enum share_state before = share->state;

    share_judge(share, blame, text, clock_ms());
    if (share->state == SHARE_TROUBLED && before != SHARE_TROUBLED)
        waiting_each_of(&pool->waiting, share, refuse_troubled, pool);
}

/* Whether that it was not asked is news of its table. */
static bool says_something(const struct pool_query *query)
{
    switch (query->refusal) {
    case POOL_UNREACHABLE:
    case POOL_LATE:
        return true;
    case POOL_QUEUE_FULL:
        return query->urgency != POOL_BACKGROUND;
    case POOL_TROUBLED:
    case POOL_CLOSED:
        break;
    }
    return false;
}

void pool_tell_refused(struct pool *pool)
{
    struct pool_query *query;

    pool_enter(pool);
    while ((query = TAILQ_FIRST(&pool->refused)) != NULL) {
        struct db_result result = {0};

        TAILQ_REMOVE(&pool->refused, query, entry);
        explain_refusal(pool, query, &result);
        if (says_something(query))
            pool_judge(pool, query->share, result.blame, result.text);
        stats.database.timeouts += result.blame == DB_TOO_LATE;
        query->done(query, &result);
    }
    pool_leave(pool);
}
