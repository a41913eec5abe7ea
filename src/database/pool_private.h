/*
 * pool_private - what the two files of the pool share.
 *
 *   pool.c         what can be begun; news of connections, second chances
 *   refusals.c     the end of queries that were not asked, and what any end says of a table
 *   connections.c  connections: opened on demand, used, closed when idle or old, spread over the hosts
 *
 * pool.c stands above: the others call nothing of it.
 */
#ifndef VMAPD_DATABASE_POOL_PRIVATE_H
#define VMAPD_DATABASE_POOL_PRIVATE_H

#include "connection.h"
#include "log.h"
#include "pool.h"
#include "waiting.h"

enum connection_state { CONNECTION_OPENING, CONNECTION_IDLE, CONNECTION_BUSY, CONNECTION_GONE };
#define CONNECTION_LISTS CONNECTION_GONE

TAILQ_HEAD(connection_list, pool_connection);

struct pool_connection {
    TAILQ_ENTRY(pool_connection) entry; /* in the list of its state */
    struct pool *pool;
    struct db *db;
    struct host_attempt attempt; /* if a probe, it is beyond pool_size while OPENING */
    enum connection_state state;
    uint64_t since_ms;        /* IDLE since */
    uint64_t expires_ms;      /* not used any more from then on */
    struct pool_query *query; /* while BUSY */
    bool has_answered;
    bool is_denied; /* a right was missing on it */
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

    uint64_t renewed; /* event: connections that began before are not used any more */

    struct waiting waiting;
    struct query_list refused;

    struct log_limit still_down, full;
};

/* Begin to connect to a host. The callbacks get the connection. */
void connection_open(struct pool *pool, size_t host, const struct db_callbacks *callbacks);
/* What the attempt came to. After a failure the connection is gone. */
void connection_opened(struct pool_connection *connection);
void connection_open_failed(struct pool_connection *connection, const struct db_result *result);

/* The last used idle connection to a host outside tried, NULL if there is none. */
struct pool_connection *connection_idle(const struct pool *pool, host_set tried);
/* Ask an idle connection. */
void connection_ask(struct pool_connection *connection, struct pool_query *query);
/* Take back its query, NULL = it has none. */
struct pool_query *connection_take(struct pool_connection *connection);
/* Its query has ended: returns it, and takes the result as news of the host, whose fault it may be. */
struct pool_query *connection_answered(struct pool_connection *connection,
                                       const struct db_result *result, bool *is_hosts_fault);
/* After that: it is idle again, or gone. */
void connection_release(struct pool_connection *connection);
/* An idle connection was ended by the server. */
void connection_lost(struct pool_connection *connection);

/* Close it, whatever its state. It has no query any more. */
void connection_close(struct pool_connection *connection);
/* Close those that have been idle for idle_interval, or are too old. */
void connections_close_idle(struct pool *pool, uint64_t now_ms);
/* When that will be so of the next one, UINT64_MAX = never. */
uint64_t connections_idle_due(const struct pool *pool);

/* Whether pool_size connections are open or being opened. */
bool connections_are_full(const struct pool *pool);

/* A query that does not wait: it is told so later. */
void pool_refuse(struct pool *pool, struct pool_query *query, enum pool_refusal why);
/* Those that wait and have no host left; have waited too long; all. */
void pool_refuse_hopeless(struct pool *pool);
void pool_refuse_late(struct pool *pool);
void pool_refuse_all(struct pool *pool);
/* Tell those that were refused. The pool may be gone after it. */
void pool_tell_refused(struct pool *pool);

/* A query of this table has ended so. If its trouble begins with that, it takes back what waits. */
void pool_judge(struct pool *pool, struct share *share, enum db_blame blame, const char *text);

/* Around calls of done(), any of which may free the pool. */
void pool_enter(struct pool *pool);
void pool_leave(struct pool *pool);

#endif
