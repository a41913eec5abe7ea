/*
 * pool - at most pool_size connections for one set of connection parameters, the queries that wait
 * for one, and what is known of the hosts. Queries go out in their order of arrival.
 *
 * When many wait and the database answers within milliseconds, a connection is asked several at once;
 * if that does not work out, each of them is asked again alone.
 *
 * Hosts are chosen as hosts.h says. A query that fails on one host is asked on another if there is
 * one; one whose connection was lost is asked once more in any case. It is told that the database is
 * unreachable only after an attempt to connect that began after the query came in has failed on
 * every host. A host that is down is tried again and again, also while nobody asks.
 */
#ifndef VMAPD_DATABASE_POOL_H
#define VMAPD_DATABASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "db_params.h"
#include "db.h"
#include "hosts.h"
#include "outcome.h"

struct event_base;
struct pool;

/* Why a query was not asked. */
enum pool_refusal { POOL_UNREACHABLE, POOL_QUEUE_FULL, POOL_LATE, POOL_CLOSED };

/* One query on its way through a pool; embedded in the caller's structure. The caller sets the
 * functions and is_alone; the rest belongs to the pool from pool_ask() to done. done may ask again, also by the
 * same structure, and may free the pool. */
struct pool_query {
    void (*write_sql)(struct pool_query *query, template_quote *quote, void *quote_arg,
                      struct buffer *sql);
    bool (*row)(struct pool_query *query, unsigned columns, const char *const *fields,
                const unsigned long *lengths);
    /*
     * OUTCOME_OK: the database answered, all rows were given (has_rows_set false: no result set).
     * OUTCOME_TEMP or OUTCOME_TIMEOUT: it did not; reason is short and has no secrets.
     */
    void (*done)(struct pool_query *query, enum outcome outcome, bool has_rows_set,
                 const char *reason);

    struct db_query db_query;
    /* Not to be asked together with others. Set by the caller for a query that is large. */
    bool is_alone;

    struct pool *pool;
    struct pool_connection *connection; /* while it runs */
    TAILQ_ENTRY(pool_query) entry;      /* in the list of those that wait, or of its connection */
    uint64_t deadline_ms;
    uint64_t asked;     /* the pool's count of events when it came in */
    host_set tried;     /* hosts that failed it */
    bool was_lost;      /* has been asked once more already */
    bool is_whole_time; /* was asked with all of query_timeout before it */
    enum pool_refusal refusal;
    bool is_keys_fault; /* of a failure: the database has looked at this key, and is well */
};

/* params is borrowed until pool_free() has returned. */
struct pool *pool_new(struct event_base *base, const struct db_params *params);

/* Ends all connections and fails what waits or runs with TEMP, before it returns. */
void pool_free(struct pool *pool);

/* Ask before deadline_ms (monotonic). done is called later, exactly once. */
void pool_ask(struct pool *pool, struct pool_query *query, uint64_t deadline_ms);

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
