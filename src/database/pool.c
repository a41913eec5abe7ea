/*
 * pool - see the header. Everything that happens ends in schedule(), which looks at what there
 * is (queries that wait, connections that are idle, hosts that may be tried) and begins what can be
 * begun. Queries are answered from two places: when one comes back from its connection, and, for
 * those that were refused, from the `later` event.
 */
#include "pool_private.h"

#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"
#include "blame.h"
#include "stats.h"
#include "xmalloc.h"

static void on_connected(void *arg, const struct db_result *result);
static void on_answered(void *arg, const struct db_result *result);
static void on_ended(void *arg);

static const struct db_callbacks connection_callbacks = {on_connected, on_answered, on_ended};

static void refuse(struct pool *pool, struct pool_query *query, enum pool_refusal why)
{
    query->refusal = why;
    TAILQ_INSERT_TAIL(&pool->refused, query, entry);
    event_active(pool->later, EV_TIMEOUT, 0);
}

static void unqueue(struct pool *pool, struct pool_query *query)
{
    TAILQ_REMOVE(&pool->waiting, query, entry);
    pool->waiting_count--;
}

/* In order of arrival: almost always at the end; near the front when it is asked again. */
static void enqueue(struct pool *pool, struct pool_query *query)
{
    struct pool_query *other = TAILQ_LAST(&pool->waiting, query_list);

    if (other == NULL || other->asked < query->asked) {
        TAILQ_INSERT_TAIL(&pool->waiting, query, entry);
    } else {
        other = TAILQ_FIRST(&pool->waiting);
        while (other->asked < query->asked)
            other = TAILQ_NEXT(other, entry);
        TAILQ_INSERT_BEFORE(other, query, entry);
    }
    if (pool->waiting_count++ == 0 || query->deadline_ms < pool->earliest_ms)
        pool->earliest_ms = query->deadline_ms;
}

static void refuse_hopeless(struct pool *pool)
{
    struct pool_query *query = TAILQ_FIRST(&pool->waiting);

    while (query != NULL) {
        struct pool_query *next = TAILQ_NEXT(query, entry);

        if (hosts_refuse(pool->hosts, query->asked, query->tried)) {
            unqueue(pool, query);
            refuse(pool, query, POOL_UNREACHABLE);
        } else if (query->tried == 0) {
            break; /* the others came later */
        }
        query = next;
    }
}

static void refuse_late(struct pool *pool, uint64_t now_ms)
{
    struct pool_query *query = TAILQ_FIRST(&pool->waiting);

    pool->earliest_ms = UINT64_MAX;
    while (query != NULL) {
        struct pool_query *next = TAILQ_NEXT(query, entry);

        if (query->deadline_ms <= now_ms) {
            unqueue(pool, query);
            refuse(pool, query, POOL_LATE);
        } else if (query->deadline_ms < pool->earliest_ms) {
            pool->earliest_ms = query->deadline_ms;
        }
        query = next;
    }
}

/* Whether there is, or will be, a connection to a host outside tried. */
static bool has_connection_outside(const struct pool *pool, host_set tried)
{
    for (size_t i = 0; i < hosts_count(pool->hosts); i++)
        if ((tried >> i & 1) == 0 && hosts_status(pool->hosts, i).connections > 0)
            return true;
    return false;
}

/* Queries that failed on one host need a connection to another, even if that costs an idle one. */
static void open_for_retries(struct pool *pool)
{
    struct pool_query *query;

    TAILQ_FOREACH(query, &pool->waiting, entry)
    {
        size_t host;

        /* cppcheck-suppress uninitvar ; TAILQ_FOREACH sets it */
        if (query->tried == 0)
            return;
        if (has_connection_outside(pool, query->tried))
            continue;
        host = hosts_pick(pool->hosts, query->tried, arc4random());
        if (host == HOSTS_NONE)
            continue;
        if (connections_are_full(pool)) {
            struct pool_connection *idle = connection_idle(pool, 0);

            if (idle == NULL)
                return;
            connection_close(idle);
        }
        connection_open(pool, host, &connection_callbacks);
    }
}

static void give_to_idle(struct pool *pool, uint64_t now_ms)
{
    struct pool_query *query = TAILQ_FIRST(&pool->waiting);

    while (query != NULL && pool->count[CONNECTION_IDLE] > 0) {
        struct pool_query *next = TAILQ_NEXT(query, entry);
        struct pool_connection *idle = connection_idle(pool, query->tried);

        if (idle != NULL) {
            unqueue(pool, query);
            if (query->deadline_ms <= now_ms)
                refuse(pool, query, POOL_LATE);
            else
                connection_ask(idle, query, now_ms);
        }
        query = next;
    }
}

static void open_wanted(struct pool *pool)
{
    while (pool->waiting_count > pool->count[CONNECTION_OPENING] && !connections_are_full(pool)) {
        size_t host = hosts_pick(pool->hosts, 0, arc4random());

        if (host == HOSTS_NONE)
            return;
        connection_open(pool, host, &connection_callbacks);
    }
}

/* Returns when to come back. */
static uint64_t probe_hosts(struct pool *pool, uint64_t now_ms)
{
    uint64_t due_ms;
    size_t host;

    while ((host = hosts_pick_rested(pool->hosts, now_ms, &due_ms)) != HOSTS_NONE)
        connection_open(pool, host, &connection_callbacks);
    return due_ms;
}

/* The timer is only ever set earlier; one that goes off too early is set again then. */
static void set_timer(struct pool *pool, uint64_t at_ms, uint64_t now_ms)
{
    uint64_t delay_ms = at_ms > now_ms ? at_ms - now_ms : 0;
    const struct timeval delay = clock_timeval(delay_ms);

    if (at_ms == UINT64_MAX || (pool->timer_ms != 0 && pool->timer_ms <= at_ms))
        return;
    pool->timer_ms = at_ms;
    event_add(pool->timer, &delay);
}

/* Begin what can be begun: give queries to connections, open connections, set the timer. Calls nobody
 * back. */
static void schedule(struct pool *pool)
{
    uint64_t now_ms = clock_ms();
    uint64_t at_ms;

    open_for_retries(pool);
    give_to_idle(pool, now_ms);
    open_wanted(pool);
    at_ms = probe_hosts(pool, now_ms);
    if (pool->waiting_count > 0 && pool->earliest_ms < at_ms)
        at_ms = pool->earliest_ms;
    if (connections_idle_due(pool) < at_ms)
        at_ms = connections_idle_due(pool);
    set_timer(pool, at_ms, now_ms);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct pool *pool = arg;
    uint64_t now_ms = clock_ms();

    (void)fd;
    (void)what;
    pool->timer_ms = 0;
    refuse_late(pool, now_ms);
    connections_close_idle(pool, now_ms);
    schedule(pool);
}

/* Around calls of done(), any of which may free the pool. */
static void enter(struct pool *pool)
{
    pool->calling++;
}

static void leave(struct pool *pool)
{
    if (--pool->calling == 0 && pool->is_freed)
        free(pool);
}

static void explain_refusal(const struct pool *pool, enum pool_refusal why,
                            struct db_result *result)
{
    switch (why) {
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
    case POOL_CLOSED:
        blame_set(result, DB_NOT_ASKED, 0, "the connections to the database are being closed");
        break;
    }
}

static void tell_refused(struct pool *pool)
{
    struct pool_query *query;

    enter(pool);
    while ((query = TAILQ_FIRST(&pool->refused)) != NULL) {
        struct db_result result = {0};

        TAILQ_REMOVE(&pool->refused, query, entry);
        explain_refusal(pool, query->refusal, &result);
        stats.database.timeouts += result.blame == DB_TOO_LATE;
        query->done(query, &result);
    }
    leave(pool);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    tell_refused(arg);
}

/* Whether a query that failed has another chance, and where not to try it. */
static bool may_ask_again(struct pool *pool, struct pool_query *query, size_t host,
                          enum db_blame blame)
{
    const host_set tried = query->tried | (host_set)1 << host;
    bool is_only_host = hosts_count(pool->hosts) == 1;

    /* One name can stand for many hosts behind a balancer. */
    if (!query->was_lost && (blame == DB_LOST || (blame == DB_HOST_FAILED && is_only_host))) {
        query->was_lost = true;
        return true;
    }
    query->tried = tried;
    return blame == DB_HOST_FAILED ? !hosts_refuse(pool->hosts, query->asked, tried)
                                   : hosts_can_serve(pool->hosts, tried);
}

static void on_connected(void *arg, const struct db_result *result)
{
    struct pool_connection *connection = arg;
    struct pool *pool = connection->pool;

    if (result->blame == DB_OK) {
        connection_opened(connection);
    } else {
        connection_open_failed(connection, result->text);
        refuse_hopeless(pool);
    }
    schedule(pool);
}

static void on_ended(void *arg)
{
    struct pool_connection *connection = arg;
    struct pool *pool = connection->pool;

    connection_lost(connection);
    schedule(pool);
}

/* The connection is released after done, as the result borrows from it. The pool may be gone then. */
static void on_answered(void *arg, const struct db_result *result)
{
    struct pool_connection *connection = arg;
    struct pool *pool = connection->pool;
    struct pool_query *query = connection_answered(connection, result);

    enter(pool);
    if (result->blame != DB_OK &&
        may_ask_again(pool, query, connection->attempt.host, result->blame))
        enqueue(pool, query);
    else
        query->done(query, result);
    if (!pool->is_freed) {
        connection_release(connection);
        schedule(pool);
    }
    leave(pool);
}

struct pool *pool_new(struct event_base *base, const struct db_params *params)
{
    struct pool *pool = xcalloc(1, sizeof(*pool));

    pool->base = base;
    pool->params = params;
    if (params->host_count > HOSTS_MAX)
        log_warning("only the first %d of %zu database hosts are used", HOSTS_MAX,
                    params->host_count);
    pool->hosts = hosts_new(params->hosts, params->host_count, params->retry_interval_ms);
    pool->timer = event_new(base, -1, 0, on_timer, pool);
    pool->later = event_new(base, -1, 0, on_later, pool);
    for (size_t i = 0; i < CONNECTION_LISTS; i++)
        TAILQ_INIT(&pool->connections[i]);
    TAILQ_INIT(&pool->waiting);
    TAILQ_INIT(&pool->refused);
    return pool;
}

static void close_all(struct pool *pool)
{
    for (size_t i = 0; i < CONNECTION_LISTS; i++) {
        struct pool_connection *connection;

        while ((connection = TAILQ_FIRST(&pool->connections[i])) != NULL) {
            if (connection->query != NULL)
                refuse(pool, connection->query, POOL_CLOSED);
            connection->query = NULL;
            connection_close(connection);
        }
    }
}

void pool_free(struct pool *pool)
{
    struct pool_query *query;

    pool->is_freed = true;
    enter(pool);
    close_all(pool);
    while ((query = TAILQ_FIRST(&pool->waiting)) != NULL) {
        unqueue(pool, query);
        refuse(pool, query, POOL_CLOSED);
    }
    tell_refused(pool);
    event_free(pool->timer);
    event_free(pool->later);
    hosts_free(pool->hosts);
    leave(pool);
}

void pool_ask(struct pool *pool, struct pool_query *query, uint64_t deadline_ms)
{
    query->deadline_ms = deadline_ms;
    query->asked = ++pool->events;
    query->tried = 0;
    query->was_lost = false;
    if (pool->is_freed) {
        refuse(pool, query, POOL_CLOSED);
    } else if (pool->waiting_count >= pool->params->queue_size) {
        refuse(pool, query, POOL_QUEUE_FULL);
    } else {
        enqueue(pool, query);
        schedule(pool);
    }
}

bool pool_can_serve(const struct pool *pool)
{
    return hosts_can_serve(pool->hosts, 0);
}

struct pool_counts pool_counts(const struct pool *pool)
{
    unsigned busy = pool->count[CONNECTION_BUSY];

    return (struct pool_counts){
        .connections = pool->count[CONNECTION_OPENING] + pool->count[CONNECTION_IDLE] + busy,
        .busy = busy,
        .waiting = pool->waiting_count,
    };
}

size_t pool_host_count(const struct pool *pool)
{
    return hosts_count(pool->hosts);
}

struct host_status pool_host(const struct pool *pool, size_t index)
{
    return hosts_status(pool->hosts, index);
}

const struct db_params *pool_params(const struct pool *pool)
{
    return pool->params;
}
