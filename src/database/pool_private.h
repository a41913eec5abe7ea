/*
 * pool_private - what the files of the pool share.
 *
 *   pool.c              queries: their queue, deadlines, second chances and answers
 *   pool_connections.c  connections: opened on demand, used, closed when idle, spread over the hosts
 */
#ifndef VMAPD_DATABASE_POOL_PRIVATE_H
#define VMAPD_DATABASE_POOL_PRIVATE_H

#include "log.h"
#include "pace.h"
#include "pool.h"

enum connection_state { CONNECTION_OPENING, CONNECTION_IDLE, CONNECTION_BUSY };
#define CONNECTION_STATES 3

TAILQ_HEAD(connection_list, pool_connection);
TAILQ_HEAD(query_list, pool_query);

struct pool_connection {
    TAILQ_ENTRY(pool_connection) entry; /* in the list of its state */
    struct pool *pool;
    struct db *db;
    struct host_attempt attempt; /* if a probe, it is beyond pool_size while OPENING */
    enum connection_state state;
    uint64_t since_us;         /* IDLE or BUSY since */
    struct query_list queries; /* while BUSY, in the order of their answers */
    unsigned query_count;
    unsigned asked_count; /* how many they were at first */
    bool has_answered;
};

struct pool {
    struct event_base *base;
    const struct db_params *params;
    struct hosts *hosts;
    uint64_t events; /* counts what must be told apart as earlier or later */
    bool is_freed;
    unsigned calling; /* depth of calls to done(), any of which may free the pool */
    struct event *timer;
    struct event *later;
    uint64_t timer_ms; /* when the timer goes off; 0 = it is not set */

    struct connection_list connections[CONNECTION_STATES]; /* idle: the last used first */
    unsigned count[CONNECTION_STATES];
    unsigned probes; /* of those that are OPENING */
    unsigned lost;   /* ended by a failure and not replaced yet */
    struct pace pace;

    struct query_list waiting; /* in order of arrival */
    unsigned waiting_count;
    uint64_t earliest_ms; /* no deadline of those that wait is before it */
    struct query_list refused;

    struct log_limit still_down;
};

/* Begin what can be begun: give queries to connections, open connections, set the timer. Calls
 * nobody back. */
void pool_schedule(struct pool *pool);

/* A query has come back from its connection, which is IDLE or closed by now. The last thing that an
 * event handler does: the pool may be gone after it. */
void pool_query_ended(struct pool *pool, struct pool_query *query, size_t host,
                      const struct db_result *result);

/* Put a query where it waits. */
void pool_enqueue(struct pool *pool, struct pool_query *query);

/* Refuse queries for which no host is left. They are told later. */
void pool_refuse_hopeless(struct pool *pool);

/* Whether pool_size connections are open or being opened. */
bool pool_is_full(const struct pool *pool);

/* Begin to connect to a host. */
void connection_open(struct pool *pool, size_t host);
/* The last used idle connection to a host outside tried, NULL if there is none. */
struct pool_connection *connection_idle(const struct pool *pool, host_set tried);
/* Give queries to a connection that is idle. */
void connection_ask(struct pool_connection *connection, struct pool_query *const *queries,
                    unsigned count, uint64_t now_ms);
/* Take back one of its queries, NULL = it has none. */
struct pool_query *connection_take_any(struct pool_connection *connection);
/* Without queries. */
void connection_close(struct pool_connection *connection);
/* Close those that have been idle for idle_interval. */
void connections_close_idle(struct pool *pool, uint64_t now_ms);

#endif
