/*
 * connections - a connection is in one of three lists: OPENING, IDLE or BUSY. It is counted at
 * its host from the first moment to the last.
 */
#include "pool_private.h"

#include <assert.h>
#include <stdlib.h>

#include "clock.h"
#include "embed.h"
#include "stats.h"
#include "xmalloc.h"

/* The server's own limit, query_timeout, should end a slow statement first: that leaves us with a
 * connection that still works. */
#define SERVER_HEAD_START_MS 250

static void enlist(struct pool_connection *connection, enum connection_state state)
{
    struct pool *pool = connection->pool;

    connection->state = state;
    TAILQ_INSERT_HEAD(&pool->connections[state], connection, entry);
    pool->count[state]++;
}

static void delist(struct pool_connection *connection)
{
    struct pool *pool = connection->pool;

    TAILQ_REMOVE(&pool->connections[connection->state], connection, entry);
    pool->count[connection->state]--;
}

static void put(struct pool_connection *connection, struct pool_query *query)
{
    query->connection = connection;
    TAILQ_INSERT_TAIL(&connection->queries, query, entry);
    connection->query_count++;
}

static void take(struct pool_connection *connection, struct pool_query *query)
{
    query->connection = NULL;
    TAILQ_REMOVE(&connection->queries, query, entry);
    connection->query_count--;
}

static void count_loss(struct pool *pool)
{
    if (pool->lost < pool->params->pool_size)
        pool->lost++;
}

static void connection_free(struct pool_connection *connection)
{
    assert(connection->query_count == 0);
    delist(connection);
    db_free(connection->db);
    free(connection);
}

struct pool_query *connection_take_any(struct pool_connection *connection)
{
    struct pool_query *query = TAILQ_FIRST(&connection->queries);

    if (query != NULL)
        take(connection, query);
    return query;
}

void connection_close(struct pool_connection *connection)
{
    hosts_closed(connection->pool->hosts, connection->attempt.host);
    connection_free(connection);
}

bool pool_is_full(const struct pool *pool)
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

void connections_close_idle(struct pool *pool, uint64_t now_ms)
{
    struct pool_connection *oldest;

    while ((oldest = TAILQ_LAST(&pool->connections[CONNECTION_IDLE], connection_list)) != NULL &&
           oldest->since_us / 1000 + pool->params->idle_interval_ms <= now_ms)
        connection_close(oldest);
}

static void log_up(const struct pool *pool, size_t host, uint64_t down_ms)
{
    log_info("database %s: up again after %llu.%llu s", hosts_get(pool->hosts, host)->text,
             (unsigned long long)down_ms / 1000, (unsigned long long)down_ms % 1000 / 100);
}

/* Going down is one line; that it stays down is said now and then, as the reason can change. */
static void log_down(struct pool *pool, size_t host, bool is_news, const char *error)
{
    const char *name = hosts_get(pool->hosts, host)->text;
    uint64_t now_ms = clock_ms();

    if (is_news) {
        log_warning("database %s: down: %s", name, error);
        pool->still_down.next_ms = now_ms + LOG_LIMIT_PERIOD_MS;
    } else {
        log_limited(&pool->still_down, now_ms, LOG_LEVEL_WARNING, "database %s: still down: %s",
                    name, error);
    }
}

static void opened(struct pool_connection *connection)
{
    struct pool *pool = connection->pool;
    uint64_t now_ms = clock_ms();
    uint64_t down_ms;

    if (hosts_opened(pool->hosts, &connection->attempt, now_ms, &down_ms))
        log_up(pool, connection->attempt.host, down_ms);
    if (pool->lost > 0) {
        pool->lost--;
        stats.database.reconnects++;
    }
    delist(connection);
    connection->since_us = now_ms * 1000;
    enlist(connection, CONNECTION_IDLE);
    if (is_overfull(pool) && pool->count[CONNECTION_IDLE] > 1)
        connection_close(TAILQ_LAST(&pool->connections[CONNECTION_IDLE], connection_list));
}

static void open_failed(struct pool_connection *connection, const char *error)
{
    struct pool *pool = connection->pool;
    size_t host = connection->attempt.host;
    bool is_news = hosts_open_failed(pool->hosts, &connection->attempt, clock_ms(), error);

    log_down(pool, host, is_news, error);
    stats.database.errors++;
    count_loss(pool);
    connection_free(connection);
    pool_refuse_hopeless(pool);
}

static void on_connected(void *arg, struct db *db, const struct db_result *result)
{
    struct pool_connection *connection = arg;
    struct pool *pool = connection->pool;

    (void)db;
    pool->probes -= connection->attempt.is_probe;
    if (result->blame == DB_OK)
        opened(connection);
    else
        open_failed(connection, result->text);
    pool_schedule(pool);
}

static void on_ended(void *arg, struct db *db)
{
    struct pool_connection *connection = arg;
    struct pool *pool = connection->pool;

    (void)db;
    count_loss(pool);
    connection_close(connection);
    pool_schedule(pool);
}

void connection_open(struct pool *pool, size_t host)
{
    static const struct db_callbacks callbacks = {on_connected, on_ended};
    struct pool_connection *connection = xcalloc(1, sizeof(*connection));

    connection->pool = pool;
    TAILQ_INIT(&connection->queries);
    hosts_opening(pool->hosts, &connection->attempt, host, ++pool->events, clock_ms());
    pool->probes += connection->attempt.is_probe;
    enlist(connection, CONNECTION_OPENING);
    connection->db =
        db_connect(pool->base, pool->params, hosts_get(pool->hosts, host), &callbacks, connection);
}

/* Whether the failure of a query means that its host cannot serve now. */
static bool is_hosts_fault(const struct pool_connection *connection, const struct pool_query *query,
                           const struct db_result *result)
{
    switch (result->blame) {
    case DB_HOST_FAILED:
        return true;
    case DB_LOST:
        return !connection->has_answered; /* it lets us in and throws us out */
    case DB_TIMED_OUT:
        return !db_usable(connection->db) && query->is_whole_time; /* hung */
    default:
        return false;
    }
}

/* What an answer or its absence says about the host. */
static void judge_host(struct pool_connection *connection, const struct pool_query *query,
                       const struct db_result *result)
{
    struct pool *pool = connection->pool;
    size_t host = connection->attempt.host;
    uint64_t now_ms = clock_ms();
    uint64_t down_ms;

    if (is_hosts_fault(connection, query, result)) {
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
    if (result->blame == DB_UNASKED)
        pace_failed(&pool->pace, now_ms);
    if (result->blame == DB_QUERY_FAILED)
        hosts_query_refused(pool->hosts, host, now_ms);
}

static void count_result(const struct db_result *result)
{
    if (result->blame == DB_TIMED_OUT)
        stats.database.timeouts++;
    else if (result->blame != DB_OK && result->blame != DB_UNASKED)
        stats.database.errors++;
}

/* How long the answers took, if they came. */
static void measure(struct pool_connection *connection, const struct db_result *result)
{
    uint64_t now_us = clock_us();

    if (result->blame != DB_UNASKED)
        pace_answered(&connection->pool->pace, connection->asked_count,
                      now_us - connection->since_us);
    connection->since_us = now_us;
}

/* After the last query: keep the connection, or not. */
static void release(struct pool_connection *connection)
{
    struct pool *pool = connection->pool;

    if (!db_usable(connection->db)) {
        count_loss(pool);
        connection_close(connection);
    } else if (is_overfull(pool) ||
               (pool->count[CONNECTION_OPENING] == 0 &&
                hosts_should_move(pool->hosts, connection->attempt.host, clock_ms()))) {
        connection_close(connection);
    } else {
        delist(connection);
        enlist(connection, CONNECTION_IDLE);
    }
}

static struct pool_query *query_of(struct db_query *db_query)
{
    return OWNER_OF(db_query, struct pool_query, db_query);
}

static void on_write_sql(struct db_query *db_query, template_quote *quote, void *quote_arg,
                         struct buffer *sql)
{
    struct pool_query *query = query_of(db_query);

    query->write_sql(query, quote, quote_arg, sql);
}

static bool on_row(struct db_query *db_query, unsigned columns, const char *const *fields,
                   const unsigned long *lengths)
{
    struct pool_query *query = query_of(db_query);

    return query->row(query, columns, fields, lengths);
}

static void on_done(struct db_query *db_query, const struct db_result *result)
{
    struct pool_query *query = query_of(db_query);
    struct pool_connection *connection = query->connection;
    struct pool *pool = connection->pool;
    size_t host = connection->attempt.host;

    take(connection, query);
    count_result(result);
    judge_host(connection, query, result);
    if (connection->query_count == 0) {
        measure(connection, result);
        release(connection);
    }
    pool_query_ended(pool, query, host, result);
}

/* The time that a single query is given. */
static uint64_t timeout_of(struct pool_query *query, const struct pool *pool, uint64_t now_ms)
{
    uint64_t whole_ms = pool->params->query_timeout_ms + SERVER_HEAD_START_MS;
    uint64_t left_ms = query->deadline_ms - now_ms;

    query->is_whole_time = left_ms >= whole_ms;
    return query->is_whole_time ? whole_ms : left_ms;
}

void connection_ask(struct pool_connection *connection, struct pool_query *const *queries,
                    unsigned count, uint64_t now_ms)
{
    struct db_query *asked[DB_BATCH_MAX];
    uint64_t timeout_ms = PACE_TIMEOUT_MS;

    delist(connection);
    enlist(connection, CONNECTION_BUSY);
    connection->since_us = clock_us();
    connection->asked_count = count;
    for (unsigned i = 0; i < count; i++) {
        queries[i]->db_query = (struct db_query){on_write_sql, on_row, on_done};
        queries[i]->is_whole_time = false;
        asked[i] = &queries[i]->db_query;
        put(connection, queries[i]);
    }
    if (count == 1)
        timeout_ms = timeout_of(queries[0], connection->pool, now_ms);
    stats.database.queries += count;
    db_ask(connection->db, asked, count, timeout_ms, pace_quiet_us(&connection->pool->pace, count));
}
