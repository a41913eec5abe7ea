/*
 * pool_private - what the two files of the pool share.
 *
 *   pool.c         queries: their queue, deadlines, second chances and answers
 *   connections.c  connections: opened on demand, used, closed when idle, spread over the hosts
 *
 * pool.c stands above: connections.c calls nothing of it.
 */
#ifndef VMAPD_DATABASE_POOL_PRIVATE_H
#define VMAPD_DATABASE_POOL_PRIVATE_H

#include "connection.h"
#include "log.h"
#include "pool.h"

enum connection_state { CONNECTION_OPENING, CONNECTION_IDLE, CONNECTION_BUSY, CONNECTION_GONE };
#define CONNECTION_LISTS CONNECTION_GONE

TAILQ_HEAD(connection_list, pool_connection);
TAILQ_HEAD(query_list, pool_query);

struct pool_connection {
    TAILQ_ENTRY(pool_connection) entry; /* in the list of its state */
    struct pool *pool;
    struct db *db;
    struct host_attempt attempt; /* if a probe, it is beyond pool_size while OPENING */
    enum connection_state state;
    uint64_t since_ms;        /* IDLE since */
    struct pool_query *query; /* while BUSY */
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

    struct connection_list connections[CONNECTION_LISTS]; /* idle: the last used first */
    unsigned count[CONNECTION_LISTS];
    unsigned probes; /* of those that are OPENING */
    unsigned lost;   /* ended by a failure and not replaced yet */

    struct query_list waiting; /* in order of arrival */
    unsigned waiting_count;
    uint64_t earliest_ms; /* no deadline of those that wait is before it */
    struct query_list refused;

    struct log_limit still_down;
};

/* Begin to connect to a host. The callbacks get the connection. */
void connection_open(struct pool *pool, size_t host, const struct db_callbacks *callbacks);
/* What the attempt came to. After a failure the connection is gone. */
void connection_opened(struct pool_connection *connection);
void connection_open_failed(struct pool_connection *connection, const char *error);

/* The last used idle connection to a host outside tried, NULL if there is none. */
struct pool_connection *connection_idle(const struct pool *pool, host_set tried);
/* Ask an idle connection. */
void connection_ask(struct pool_connection *connection, struct pool_query *query, uint64_t now_ms);
/* Its query has ended: returns it, and takes the result as news of the host. */
struct pool_query *connection_answered(struct pool_connection *connection,
                                       const struct db_result *result);
/* After that: it is idle again, or gone. */
void connection_release(struct pool_connection *connection);
/* An idle connection was ended by the server. */
void connection_lost(struct pool_connection *connection);

/* Close it, whatever its state. It has no query any more. */
void connection_close(struct pool_connection *connection);
/* Close those that have been idle for idle_interval. */
void connections_close_idle(struct pool *pool, uint64_t now_ms);
/* When that will be so of the next one, UINT64_MAX = never. */
uint64_t connections_idle_due(const struct pool *pool);

/* Whether pool_size connections are open or being opened. */
bool connections_are_full(const struct pool *pool);

#endif
