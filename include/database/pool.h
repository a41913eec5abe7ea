/*
 * pool - at most pool_size connections for one set of connection parameters, the queries that wait
 * for one, and what is known of the hosts. Tables share it fairly: see src/database/waiting.h.
 *
 * Hosts are chosen as hosts.h says. A query that fails on one host is asked on another if there is
 * one; one whose connection was lost is asked once more in any case. It is told that the database is
 * unreachable only after an attempt to connect that began after the query came in has failed on
 * every host. A host that is down is tried again and again, also while nobody asks.
 *
 * A query that was sent has all of query_timeout, and its answer is told, however long it had waited.
 */
#ifndef VMAPD_DATABASE_POOL_H
#define VMAPD_DATABASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "db_params.h"
#include "hosts.h"
#include "share.h"
#include "statement.h"

struct event_base;
struct pool;

/* Why a query was not asked. */
enum pool_refusal {
    POOL_UNREACHABLE,
    POOL_QUEUE_FULL,
    POOL_LATE,
    POOL_TROUBLED, /* its table is in trouble */
    POOL_CLOSED
};

enum pool_urgency {
    POOL_WANTED,     /* somebody waits for it */
    POOL_BACKGROUND, /* nobody does: it comes last */
    POOL_INSISTENT   /* it is asked though its table is in trouble */
};

/* Where it waits, if it does; see src/database/waiting.h. */
enum query_place { QUERY_ELSEWHERE, QUERY_AGAIN, QUERY_EARLY, QUERY_LATE, QUERY_BACKGROUND };

/* One query on its way through a pool; embedded in the caller's structure. The caller sets done and
 * statement; the rest belongs to the pool from pool_ask() to done, or until it is withdrawn. */
struct pool_query {
    struct statement statement;
    /* The end, exactly once. What the result borrows stays until done returns. done may ask again, also
     * by the same structure, and may free the pool. */
    void (*done)(struct pool_query *query, const struct db_result *result);

    struct share *share;
    enum pool_urgency urgency;
    enum query_place place;
    TAILQ_ENTRY(pool_query) entry; /* in the list of its place, or of those that are refused */
    uint64_t deadline_ms;          /* of its waiting, */
    uint64_t half_ms;              /* half of which is over then */
    uint64_t asked;                /* the pool's count of events when it came in */
    host_set tried;                /* hosts that failed it */
    bool was_lost;                 /* has been asked once more already */
    bool is_probe;                 /* of a table that is not well */
    enum pool_refusal refusal;
};

/* params is borrowed until pool_free() has returned. */
struct pool *pool_new(struct event_base *base, const struct db_params *params);

/* Ends all connections and fails what waits or runs with TEMP, before it returns. */
void pool_free(struct pool *pool);

/* Ask for a table, unless that has not begun before deadline_ms (monotonic). done is called later,
 * exactly once, unless pool_withdraw() comes first. */
void pool_ask(struct pool *pool, struct share *share, struct pool_query *query,
              enum pool_urgency urgency, uint64_t deadline_ms);

/* Somebody more waits for a query that was asked, until deadline_ms. */
void pool_want(struct pool *pool, struct pool_query *query, uint64_t deadline_ms);

/* Nobody waits for a query that was asked any more. True: it had not been sent, and is forgotten; done is
 * not called. False: it is under way, or over, and done is called as ever. */
bool pool_withdraw(struct pool *pool, struct pool_query *query);

/* Use none of the connections that there are for a further query: names are resolved, and rights
 * looked at, anew. */
void pool_renew(struct pool *pool);

/* False while no host can serve, as far as is known: a stale answer need not wait. */
bool pool_can_serve(const struct pool *pool);

struct pool_counts {
    unsigned connections; /* open or being opened */
    unsigned busy;
    unsigned waiting;
};
struct pool_counts pool_counts(const struct pool *pool);

size_t pool_host_count(const struct pool *pool);
struct host_status pool_host(const struct pool *pool, size_t index);

const struct db_params *pool_params(const struct pool *pool);

#endif
