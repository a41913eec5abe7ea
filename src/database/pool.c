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
#include "stats.h"
#include "xmalloc.h"

/* The timer of who waits may go off before the time by as much: the length of a turn of the loop. */
#define EARLY_MS 50

static void on_connected(void *arg, const struct db_result *result);
static void on_answered(void *arg, const struct db_result *result);
static void on_ended(void *arg);

static const struct db_callbacks connection_callbacks = {on_connected, on_answered, on_ended};

/* --- what can be begun ---------------------------------------------------------------------- */

/* Whether there is, or will be, a connection to a host outside tried. */
static bool has_connection_outside(const struct pool *pool, host_set tried)
{
    for (size_t i = 0; i < hosts_count(pool->hosts); i++)
        if ((tried >> i & 1) == 0 && hosts_status(pool->hosts, i).connections > 0)
            return true;
    return false;
}

/* Queries that failed on one host need a connection to another, even if that costs an idle one. */
static void open_for_retries(struct pool *pool, uint64_t now_ms)
{
    struct pool_query *query;

    TAILQ_FOREACH(query, &pool->waiting.again, entry)
    {
        size_t host;

        /* cppcheck-suppress uninitvar ; TAILQ_FOREACH sets it */
        if (query->tried == 0 || has_connection_outside(pool, query->tried))
            continue;
        host = hosts_pick(pool->hosts, query->tried, now_ms, arc4random());
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

static void give(struct pool *pool, struct pool_connection *idle, struct pool_query *query,
                 uint64_t now_ms)
{
    waiting_remove(&pool->waiting, query);
    if (query->deadline_ms <= now_ms)
        pool_refuse(pool, query, POOL_LATE);
    else
        connection_ask(idle, query);
}

/* Each of them needs a connection to a host that it has not tried. */
static void give_to_retries(struct pool *pool, uint64_t now_ms)
{
    struct pool_query *query = TAILQ_FIRST(&pool->waiting.again);

    while (query != NULL) {
        struct pool_query *next = TAILQ_NEXT(query, entry);
        struct pool_connection *idle = connection_idle(pool, query->tried);

        if (idle != NULL)
            give(pool, idle, query, now_ms);
        query = next;
    }
}

static unsigned free_connections(const struct pool *pool)
{
    unsigned busy = pool->count[CONNECTION_BUSY];

    return pool->params->pool_size > busy ? pool->params->pool_size - busy : 0;
}

static void give_to_idle(struct pool *pool, uint64_t now_ms)
{
    struct pool_connection *idle;
    struct pool_query *query;

    give_to_retries(pool, now_ms);
    while ((idle = connection_idle(pool, 0)) != NULL &&
           (query = waiting_next(&pool->waiting, free_connections(pool), now_ms)) != NULL)
        give(pool, idle, query, now_ms);
}

static void open_wanted(struct pool *pool, uint64_t now_ms)
{
    unsigned wanted = waiting_wanted(&pool->waiting, pool->params->pool_size, now_ms);

    while (wanted > pool->count[CONNECTION_OPENING] && !connections_are_full(pool)) {
        size_t host = hosts_pick(pool->hosts, 0, now_ms, arc4random());

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
    const struct timeval delay = clock_timeval(at_ms > now_ms ? at_ms - now_ms : 0);

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

    open_for_retries(pool, now_ms);
    give_to_idle(pool, now_ms);
    open_wanted(pool, now_ms);
    at_ms = probe_hosts(pool, now_ms);
    if (pool->waiting.count > 0 && pool->waiting.earliest_ms < at_ms)
        at_ms = pool->waiting.earliest_ms;
    if (connections_idle_due(pool) < at_ms)
        at_ms = connections_idle_due(pool);
    set_timer(pool, at_ms, now_ms);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct pool *pool = arg;

    (void)fd;
    (void)what;
    pool->timer_ms = 0;
    pool_refuse_late(pool);
    connections_close_idle(pool, clock_ms());
    schedule(pool);
}

/* --- the end of a query --------------------------------------------------------------------- */

/* Whether a query that failed has another chance, and where not to try it. */
static bool may_ask_again(struct pool *pool, struct pool_query *query, size_t host,
                          enum db_blame blame)
{
    const host_set tried = query->tried | (host_set)1 << host;
    bool is_only_host = hosts_count(pool->hosts) == 1;

    if (blame == DB_KEY_FAILED)
        return false;
    /* One name can stand for many hosts behind a balancer. */
    if (!query->was_lost && (blame == DB_LOST || (blame == DB_HOST_FAILED && is_only_host))) {
        query->was_lost = true;
        return true;
    }
    query->tried = tried;
    return blame == DB_HOST_FAILED ? !hosts_refuse(pool->hosts, query->asked, tried)
                                   : hosts_can_serve(pool->hosts, tried);
}

/* --- news of connections -------------------------------------------------------------------- */

static void on_connected(void *arg, const struct db_result *result)
{
    struct pool_connection *connection = arg;
    struct pool *pool = connection->pool;

    if (result->blame == DB_OK) {
        connection_opened(connection);
    } else {
        connection_open_failed(connection, result);
        pool_refuse_hopeless(pool);
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
    bool is_hosts_fault;
    struct pool_query *query = connection_answered(connection, result, &is_hosts_fault);

    pool_enter(pool);
    if (result->blame != DB_OK &&
        may_ask_again(pool, query, connection->attempt.host, result->blame)) {
        waiting_add(&pool->waiting, query, clock_ms());
    } else {
        pool_judge(pool, query->share, is_hosts_fault ? DB_HOST_FAILED : result->blame,
                   result->text);
        query->done(query, result);
    }
    if (!pool->is_freed) {
        connection_release(connection);
        schedule(pool);
    }
    pool_leave(pool);
}

/* --- the pool ------------------------------------------------------------------------------- */

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    pool_tell_refused(arg);
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
    waiting_init(&pool->waiting);
    TAILQ_INIT(&pool->refused);
    return pool;
}

static void close_all(struct pool *pool)
{
    for (size_t i = 0; i < CONNECTION_LISTS; i++) {
        struct pool_connection *connection;

        while ((connection = TAILQ_FIRST(&pool->connections[i])) != NULL) {
            struct pool_query *query = connection_take(connection);

            if (query != NULL)
                pool_refuse(pool, query, POOL_CLOSED);
            connection_close(connection);
        }
    }
}

void pool_free(struct pool *pool)
{
    pool->is_freed = true;
    pool_enter(pool);
    close_all(pool);
    pool_refuse_all(pool);
    pool_tell_refused(pool);
    event_free(pool->timer);
    event_free(pool->later);
    hosts_free(pool->hosts);
    pool_leave(pool);
}

void pool_ask(struct pool *pool, struct share *share, struct pool_query *query,
              enum pool_urgency urgency, uint64_t deadline_ms)
{
    uint64_t now_ms = clock_ms();

    query->share = share;
    query->urgency = urgency;
    query->place = QUERY_ELSEWHERE;
    query->deadline_ms = deadline_ms;
    query->asked = ++pool->events;
    query->tried = 0;
    query->was_lost = false;
    query->is_probe = share_wants_probe(share, now_ms);
    if (query->is_probe && urgency == POOL_BACKGROUND)
        query->urgency = POOL_WANTED; /* the end of the trouble must not wait until there is time */
    if (pool->is_freed) {
        pool_refuse(pool, query, POOL_CLOSED);
    } else if (share->state == SHARE_TROUBLED && !query->is_probe && urgency != POOL_INSISTENT) {
        pool_refuse(pool, query, POOL_TROUBLED);
    } else if (waiting_is_full(&pool->waiting, query, pool->params->queue_size, now_ms)) {
        pool_refuse(pool, query, POOL_QUEUE_FULL);
    } else {
        share_take_probe(share, now_ms);
        waiting_add(&pool->waiting, query, now_ms);
        schedule(pool);
    }
}

void pool_want(struct pool *pool, struct pool_query *query, uint64_t deadline_ms)
{
    if (query->place == QUERY_ELSEWHERE)
        return;
    waiting_want(&pool->waiting, query, deadline_ms, clock_ms());
    schedule(pool);
}

/* One whose time is about over is left to be refused as late, which is news of its table. */
bool pool_withdraw(struct pool *pool, struct pool_query *query)
{
    uint64_t now_ms = clock_ms();

    if (query->place == QUERY_ELSEWHERE || query->deadline_ms <= now_ms + EARLY_MS)
        return false;
    waiting_remove(&pool->waiting, query);
    if (query->is_probe)
        share_return_probe(query->share, now_ms);
    return true;
}

void pool_renew(struct pool *pool)
{
    pool->renewed = ++pool->events;
    connections_close_idle(pool, clock_ms());
    schedule(pool);
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
        .waiting = pool->waiting.count,
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
