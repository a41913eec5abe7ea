/*
 * connections - a connection is in one of three lists: OPENING, IDLE or BUSY. It is counted at
 * its host from the first moment to the last.
 */
#include "pool_private.h"

#include <assert.h>
#include <stdlib.h>

#include "blame.h"
#include "clock.h"
#include "stats.h"
#include "xmalloc.h"

/* The server's own limit, query_timeout, should end a slow statement first: that leaves us with a
 * connection that still works. */
#define SERVER_HEAD_START_MS 250

/* Every change of state: out of one list, into another. */
static void change_state(struct pool_connection *connection, enum connection_state state)
{
    struct pool *pool = connection->pool;

    if (connection->state != CONNECTION_GONE) {
        TAILQ_REMOVE(&pool->connections[connection->state], connection, entry);
        pool->count[connection->state]--;
    }
    connection->state = state;
    if (state != CONNECTION_GONE) {
        TAILQ_INSERT_HEAD(&pool->connections[state], connection, entry);
        pool->count[state]++;
    }
}

static void count_loss(struct pool *pool)
{
    if (pool->lost < pool->params->pool_size)
        pool->lost++;
}

static void connection_free(struct pool_connection *connection)
{
    assert(connection->query == NULL);
    change_state(connection, CONNECTION_GONE);
    db_free(connection->db);
    free(connection);
}

void connection_close(struct pool_connection *connection)
{
    hosts_closed(connection->pool->hosts, connection->attempt.host);
    connection_free(connection);
}

bool connections_are_full(const struct pool *pool)
{
    unsigned all = pool->count[CONNECTION_OPENING] + pool->count[CONNECTION_IDLE] +
                   pool->count[CONNECTION_BUSY];

    return all - pool->probes >= pool->params->pool_size;
}

/* A probe that succeeded may be one too many. */
static bool is_overfull(const struct pool *pool)
{
    return pool->count[CONNECTION_IDLE] + pool->count[CONNECTION_BUSY] > pool->params->pool_size;
}

struct pool_connection *connection_idle(const struct pool *pool, host_set tried)
{
    struct pool_connection *connection;

    TAILQ_FOREACH(connection, &pool->connections[CONNECTION_IDLE], entry)
    if ((tried >> connection->attempt.host & 1) == 0)
        return connection;
    return NULL;
}

static void close_idle_of(struct pool *pool, size_t host)
{
    struct pool_connection *connection = TAILQ_FIRST(&pool->connections[CONNECTION_IDLE]);

    while (connection != NULL) {
        struct pool_connection *next = TAILQ_NEXT(connection, entry);

        if (connection->attempt.host == host)
            connection_close(connection);
        connection = next;
    }
}

/* Old ones see an old view of names and rights. */
static uint64_t idle_until_ms(const struct pool_connection *connection)
{
    const struct pool *pool = connection->pool;
    uint64_t idle_ms = connection->since_ms + pool->params->idle_interval_ms;

    if (connection->attempt.began <= pool->renewed)
        return 0;
    return connection->expires_ms < idle_ms ? connection->expires_ms : idle_ms;
}

uint64_t connections_idle_due(const struct pool *pool)
{
    const struct pool_connection *connection;
    uint64_t due_ms = UINT64_MAX;

    TAILQ_FOREACH(connection, &pool->connections[CONNECTION_IDLE], entry)
    if (idle_until_ms(connection) < due_ms)
        due_ms = idle_until_ms(connection);
    return due_ms;
}

void connections_close_idle(struct pool *pool, uint64_t now_ms)
{
    struct pool_connection *connection = TAILQ_FIRST(&pool->connections[CONNECTION_IDLE]);

    while (connection != NULL) {
        struct pool_connection *next = TAILQ_NEXT(connection, entry);

        if (idle_until_ms(connection) <= now_ms)
            connection_close(connection);
        connection = next;
    }
}

static void log_up(const struct pool *pool, size_t host, uint64_t down_ms)
{
    log_info("database %s: up again after %llu.%llu s", hosts_get(pool->hosts, host)->text,
             (unsigned long long)down_ms / 1000, (unsigned long long)down_ms % 1000 / 100);
}

static void log_full(struct pool *pool, size_t host, const char *error)
{
    log_limited(&pool->full, clock_ms(), LOG_LEVEL_WARNING,
                "database %s: no further connection: %s", hosts_get(pool->hosts, host)->text,
                error);
}

/* Going down is one line; that it stays down is said less and less often: the reason can change. */
static void log_down(struct pool *pool, size_t host, bool is_news, const char *error)
{
    const char *name = hosts_get(pool->hosts, host)->text;
    uint64_t now_ms = clock_ms();

    if (is_news) {
        log_warning("database %s: down: %s", name, error);
        pool->still_down = (struct log_limit){.next_ms = now_ms + LOG_LIMIT_PERIOD_MS};
    } else {
        log_rarely(&pool->still_down, now_ms, LOG_LEVEL_WARNING, "database %s: still down: %s",
                   name, error);
    }
}

void connection_open(struct pool *pool, size_t host, const struct db_callbacks *callbacks)
{
    struct pool_connection *connection = xcalloc(1, sizeof(*connection));

    connection->pool = pool;
    connection->state = CONNECTION_GONE;
    hosts_opening(pool->hosts, &connection->attempt, host, ++pool->events, clock_ms());
    pool->probes += connection->attempt.is_probe;
    change_state(connection, CONNECTION_OPENING);
    connection->db =
        db_connect(pool->base, pool->params, hosts_get(pool->hosts, host), callbacks, connection);
}

/* Not all at the same time. */
static uint64_t lifetime_ms(uint64_t most_ms)
{
    return most_ms - arc4random_uniform((uint32_t)(most_ms / 5) + 1);
}

void connection_opened(struct pool_connection *connection)
{
    struct pool *pool = connection->pool;
    uint64_t now_ms = clock_ms();
    uint64_t down_ms;

    pool->probes -= connection->attempt.is_probe;
    if (hosts_opened(pool->hosts, &connection->attempt, now_ms, &down_ms))
        log_up(pool, connection->attempt.host, down_ms);
    if (pool->lost > 0) {
        pool->lost--;
        stats.database.reconnects++;
    }
    connection->since_ms = now_ms;
    connection->expires_ms = now_ms + lifetime_ms(pool->params->max_connection_age_ms);
    change_state(connection, CONNECTION_IDLE);
    if (is_overfull(pool) && pool->count[CONNECTION_IDLE] > 1)
        connection_close(TAILQ_LAST(&pool->connections[CONNECTION_IDLE], connection_list));
}

void connection_open_failed(struct pool_connection *connection, const struct db_result *result)
{
    struct pool *pool = connection->pool;
    size_t host = connection->attempt.host;
    uint64_t now_ms = clock_ms();

    pool->probes -= connection->attempt.is_probe;
    stats.database.errors++;
    if (blame_is_limit(result->error) &&
        hosts_open_refused(pool->hosts, &connection->attempt, now_ms)) {
        log_full(pool, host, result->text);
    } else {
        log_down(pool, host,
                 hosts_open_failed(pool->hosts, &connection->attempt, now_ms, result->text),
                 result->text);
        count_loss(pool);
    }
    connection_free(connection);
}

void connection_lost(struct pool_connection *connection)
{
    count_loss(connection->pool);
    connection_close(connection);
}

/* Whether the failure of a query means that its host cannot serve now. */
static bool is_hosts_fault(const struct pool_connection *connection, const struct db_result *result)
{
    switch (result->blame) {
    case DB_HOST_FAILED:
        return true;
    case DB_LOST:
        return !connection->has_answered; /* it lets us in and throws us out */
    case DB_TIMED_OUT:
        /* Not even the server's own limit has ended it: hung, unless others get answers. */
        return !db_usable(connection->db) &&
               !hosts_answered_since(connection->pool->hosts, connection->attempt.host,
                                     result->sent_ms);
    default:
        return false;
    }
}

/* What an answer or its absence says about the host: whether that is down. */
static bool judge_host(struct pool_connection *connection, const struct db_result *result)
{
    struct pool *pool = connection->pool;
    size_t host = connection->attempt.host;
    uint64_t now_ms = clock_ms();
    bool is_down = is_hosts_fault(connection, result);
    uint64_t down_ms;

    if (is_down) {
        log_down(pool, host, hosts_query_failed(pool->hosts, host, now_ms, result->text),
                 result->text);
        close_idle_of(pool, host);
    } else if (result->blame == DB_LOST) {
        /* What ended this connection has probably ended the others, too. */
        close_idle_of(pool, host);
    } else if (db_usable(connection->db)) {
        connection->has_answered = true;
        if (hosts_answered(pool->hosts, host, now_ms, &down_ms))
            log_up(pool, host, down_ms);
    }
    if (result->blame == DB_TABLE_FAILED)
        hosts_query_refused(pool->hosts, host, now_ms);
    connection->is_denied = blame_is_denied(result->error);
    return is_down;
}

static void count_result(const struct db_result *result)
{
    if (result->blame == DB_TIMED_OUT)
        stats.database.timeouts++;
    else if (result->blame != DB_OK)
        stats.database.errors++;
}

struct pool_query *connection_take(struct pool_connection *connection)
{
    struct pool_query *query = connection->query;

    connection->query = NULL;
    if (query != NULL)
        query->share->running--;
    return query;
}

struct pool_query *connection_answered(struct pool_connection *connection,
                                       const struct db_result *result, bool *is_hosts_fault)
{
    struct pool_query *query = connection_take(connection);

    count_result(result);
    *is_hosts_fault = judge_host(connection, result);
    return query;
}

static bool is_old(const struct pool_connection *connection)
{
    return connection->attempt.began <= connection->pool->renewed ||
           connection->expires_ms <= clock_ms();
}

void connection_release(struct pool_connection *connection)
{
    struct pool *pool = connection->pool;

    if (!db_usable(connection->db)) {
        connection_lost(connection);
    } else if (is_overfull(pool) || is_old(connection) || connection->is_denied ||
               (pool->count[CONNECTION_OPENING] == 0 &&
                hosts_should_move(pool->hosts, connection->attempt.host, clock_ms()))) {
        connection_close(connection);
    } else {
        connection->since_ms = clock_ms();
        change_state(connection, CONNECTION_IDLE);
    }
}

void connection_ask(struct pool_connection *connection, struct pool_query *query)
{
    change_state(connection, CONNECTION_BUSY);
    connection->query = query;
    query->share->running++;
    stats.database.queries++;
    db_ask(connection->db, &query->statement,
           connection->pool->params->query_timeout_ms + SERVER_HEAD_START_MS);
}
