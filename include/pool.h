/*
 * pool - at most pool_size connections for one set of connection parameters, the queries that wait
 * for one, and what is known of the hosts. Queries go out in their order of arrival.
 *
 * Hosts: unix sockets first, then inet in random order, as mysql_table(5); a failed host rests with
 * growing back-off, up to retry_interval while another can serve, at most a second otherwise. A
 * query is told a failure only after every host that could serve it was tried since it came in.
 */
#ifndef VMAPD_POOL_H
#define VMAPD_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "db.h"
#include "outcome.h"

struct event_base;
struct pool;

/* One query on its way through a pool; embedded in the caller's structure. The caller sets the
 * functions; the rest belongs to the pool from pool_ask() to done. */
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
    struct pool *pool;
    struct pool_query *next, **link;
    uint64_t deadline_ms;
    unsigned attempts;
};

/* params is borrowed until pool_free() has returned. */
struct pool *pool_new(struct event_base *base, const struct db_params *params);

/* Ends all connections and fails what waits or runs with TEMP. */
void pool_free(struct pool *pool);

/* Ask before deadline_ms (monotonic). done is called later, exactly once. */
void pool_ask(struct pool *pool, struct pool_query *query, uint64_t deadline_ms);

/* False while every host is resting after a failure: a stale answer need not wait. */
bool pool_can_serve(const struct pool *pool);

struct pool_counts {
    unsigned connections; /* open or being opened */
    unsigned busy;
    unsigned waiting;
};
struct pool_counts pool_counts(const struct pool *pool);

enum host_state { HOST_UNTRIED, HOST_UP, HOST_DOWN };

struct host_status {
    const char *name; /* as written in "hosts" */
    enum host_state state;
    const char *last_error; /* "" = none; borrowed */
    unsigned connections;
};
size_t pool_host_count(const struct pool *pool);
struct host_status pool_host(const struct pool *pool, size_t index);

const struct db_params *pool_params(const struct pool *pool);

#endif
