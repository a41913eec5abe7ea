/*
 * db - one connection's states and queries. A query is a chain of library calls, each of which may
 * have to wait for the socket: send it and read the first reply, read row after row, ask for the
 * next result set. run() drives the chain; it ends in finish(), and in nothing else.
 *
 * The library owns its socket and closes it on errors, so the loop watches a duplicate: a descriptor
 * number must not be used again while libevent still knows it.
 *
 * A query that is given up is unwound, not dropped: its half-done call lives on a stack of its own,
 * with memory that only it can free. After shutdown(2) it ends at once.
 */
#include "db_private.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xmalloc.h"

enum db_state { STATE_CONNECTING, STATE_IDLE, STATE_BUSY, STATE_CLOSED };

/* The library call under way. */
enum db_call { CALL_NONE, CALL_QUERY, CALL_ROW, CALL_NEXT };

struct db {
    enum db_state state;
    const struct db_callbacks *callbacks;
    void *arg;
    struct db_attempt *attempt; /* while CONNECTING */
    MYSQL *mysql;
    int fd; /* our duplicate; -1 without a connection */
    struct event_base *base;
    struct event *readable; /* added whenever there is a connection, but see watch() */
    struct event *writable;
    struct event *timer; /* of the attempt, then of each query */
    struct event *later; /* tells what happened inside a caller's call */
    uint64_t timeout_ms;

    struct db_query *query; /* while BUSY */
    enum db_call call;
    int failed;    /* the return value of CALL_QUERY and CALL_NEXT */
    MYSQL_ROW row; /* that of CALL_ROW */
    MYSQL_RES *rows_set;
    bool is_quote_failed;
    struct buffer sql;
    struct db_rows rows;
    struct db_result result;
};

static void set_timer(struct db *db, uint64_t ms)
{
    const struct timeval delay = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

    db->timeout_ms = ms;
    if (ms > 0)
        event_add(db->timer, &delay);
    else
        event_del(db->timer);
}

/* Go on with the call under way. Returns what it waits for, 0 when it is done. */
static int call_continue(struct db *db, int ready)
{
    switch (db->call) {
    case CALL_QUERY:
        return mysql_real_query_cont(&db->failed, db->mysql, ready);
    case CALL_ROW:
        return mysql_fetch_row_cont(&db->row, db->rows_set, ready);
    case CALL_NEXT:
        return mysql_next_result_cont(&db->failed, db->mysql, ready);
    case CALL_NONE:
        break;
    }
    return 0;
}

/* Let go of the connection. It may be in the middle of anything; nothing here waits. */
static void disconnect(struct db *db)
{
    int waits = db->call != CALL_NONE;

    if (db->fd < 0)
        return;
    event_free(db->readable);
    event_free(db->writable);
    if (db->state != STATE_IDLE)
        shutdown(db->fd, SHUT_RDWR);
    while (waits != 0)
        waits = call_continue(db, MYSQL_WAIT_READ | MYSQL_WAIT_WRITE);
    db->call = CALL_NONE;
    mysql_free_result(db->rows_set);
    db->rows_set = NULL;
    mysql_close(db->mysql);
    db->mysql = NULL;
    close(db->fd);
    db->fd = -1;
}

/* A connection may be used again if it is certain what the next bytes on it are, and that the server
 * is not left inside a transaction with an old view of the data. */
static bool is_fit(struct db *db)
{
    unsigned status = 0;

    if (db->call != CALL_NONE || db->rows_set != NULL || db->result.blame == DB_LOST ||
        db->result.blame == DB_HOST_FAILED || db_error_is_local(db->result.error))
        return false;
    mariadb_get_infov(db->mysql, MARIADB_CONNECTION_SERVER_STATUS, &status);
    return (status & SERVER_STATUS_AUTOCOMMIT) != 0 && (status & SERVER_STATUS_IN_TRANS) == 0;
}

/* The end of a query, always from the event loop. The query's owner may free the connection. */
static void finish(struct db *db)
{
    struct db_query *query = db->query;
    const struct db_result result = db->result;

    event_del(db->timer);
    db->query = NULL;
    if (is_fit(db)) {
        db->state = STATE_IDLE;
        event_add(db->readable, NULL);
    } else {
        disconnect(db);
        db->state = STATE_CLOSED;
    }
    if (result.blame == DB_OK)
        db_rows_give(&db->rows, query);
    db_rows_clear(&db->rows);
    query->done(query, &result);
}

/* Keep the first failure. */
static void fail(struct db *db, enum db_blame blame, unsigned error, const char *text)
{
    if (db->result.blame == DB_OK)
        db_result_set(&db->result, blame, error, "%s", text);
}

static void fail_by_library(struct db *db)
{
    unsigned error = mysql_errno(db->mysql);
    const char *text = mysql_error(db->mysql);

    fail(db, error != 0 ? db_error_blame(error) : DB_LOST, error,
         text[0] != '\0' ? text : "the client library failed without a reason");
}

/* The steps of a query. Each begins the next call and returns what that waits for; when the query is
 * over there is no next call. */

static int begin_row(struct db *db)
{
    db->call = CALL_ROW;
    return mysql_fetch_row_start(&db->row, db->rows_set);
}

static int begin_next(struct db *db)
{
    if (!mysql_more_results(db->mysql))
        return 0;
    db->call = CALL_NEXT;
    return mysql_next_result_start(&db->failed, db->mysql);
}

static int begin_set(struct db *db)
{
    if (mysql_field_count(db->mysql) == 0)
        return begin_next(db);
    db->rows_set = mysql_use_result(db->mysql);
    if (db->rows_set == NULL) {
        fail_by_library(db);
        return 0;
    }
    if (db->result.has_rows_set)
        fail(db, DB_QUERY_FAILED, 0, "multiple result sets are not supported");
    db->result.has_rows_set = true;
    return begin_row(db);
}

static int end_set(struct db *db)
{
    mysql_free_result(db->rows_set);
    db->rows_set = NULL;
    if (mysql_errno(db->mysql) != 0) {
        fail_by_library(db);
        return 0;
    }
    return begin_next(db);
}

static int take_row(struct db *db)
{
    if (db->row == NULL)
        return end_set(db);
    if (!db_rows_add(&db->rows, mysql_num_fields(db->rows_set), db->row,
                     mysql_fetch_lengths(db->rows_set))) {
        fail(db, DB_QUERY_FAILED, 0, "the answer is too large");
        return 0;
    }
    return begin_row(db);
}

static int take_step(struct db *db)
{
    enum db_call call = db->call;

    db->call = CALL_NONE;
    switch (call) {
    case CALL_QUERY:
    case CALL_NEXT:
        if (db->failed != 0 || mysql_errno(db->mysql) != 0) {
            fail_by_library(db);
            return 0;
        }
        return begin_set(db);
    case CALL_ROW:
        return take_row(db);
    case CALL_NONE:
        break;
    }
    return 0;
}

/* Wait for the socket. It is watched for reading all the time, which costs no system call; except
 * while only writing helps, when an answer that is there already would wake us up for nothing. */
static void watch(struct db *db, int waits)
{
    if ((waits & MYSQL_WAIT_WRITE) != 0)
        event_add(db->writable, NULL);
    if ((waits & MYSQL_WAIT_READ) != 0)
        event_add(db->readable, NULL);
    else
        event_del(db->readable);
}

/* Go on until a call waits; true when the query is over. */
static bool run(struct db *db, int waits)
{
    while (waits == 0 && db->call != CALL_NONE)
        waits = take_step(db);
    if (waits == 0)
        return true;
    watch(db, waits);
    return false;
}

static void on_ended(struct db *db)
{
    char byte;

    /* Nothing may come on an idle connection but its end. */
    if (recv(db->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN)
        return;
    db->state = STATE_CLOSED;
    disconnect(db);
    db->callbacks->ended(db->arg, db);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct db *db = arg;
    int ready = ((what & EV_READ) != 0 ? MYSQL_WAIT_READ : 0) |
                ((what & EV_WRITE) != 0 ? MYSQL_WAIT_WRITE : 0);

    (void)fd;
    if (db->state == STATE_IDLE && (what & EV_READ) != 0)
        on_ended(db);
    else if (db->call != CALL_NONE && run(db, call_continue(db, ready)))
        finish(db);
}

static void tell_connected(struct db *db)
{
    const struct db_result result = db->result;

    db->state = result.blame == DB_OK ? STATE_IDLE : STATE_CLOSED;
    db->callbacks->connected(db->arg, db, &result);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    struct db *db = arg;

    (void)fd;
    (void)what;
    if (db->state == STATE_CONNECTING)
        tell_connected(db);
    else
        finish(db);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct db *db = arg;
    const unsigned long long ms = db->timeout_ms;

    (void)fd;
    (void)what;
    if (db->state == STATE_CONNECTING) {
        db_attempt_abandon(db->attempt);
        db->attempt = NULL;
        db_result_set(&db->result, DB_HOST_FAILED, 0, "no connection within %llu ms", ms);
        tell_connected(db);
    } else {
        if (db->result.blame == DB_OK)
            db_result_set(&db->result, DB_TIMED_OUT, 0, "no answer within %llu ms", ms);
        finish(db);
    }
}

/* Take over the connection that a helper thread has made. */
static bool adopt(struct db *db, MYSQL *mysql)
{
    int fd = fcntl(mysql_get_socket(mysql), F_DUPFD_CLOEXEC, 0);

    if (fd < 0) {
        db_result_set(&db->result, DB_HOST_FAILED, 0, "cannot watch the connection: %s",
                      strerror(errno));
        mysql_close(mysql);
        return false;
    }
    db->mysql = mysql;
    db->fd = fd;
    db->readable = event_new(db->base, fd, EV_READ | EV_PERSIST, on_socket, db);
    db->writable = event_new(db->base, fd, EV_WRITE, on_socket, db);
    event_add(db->readable, NULL);
    return true;
}

static void on_attempt(void *arg, MYSQL *mysql, const struct db_result *result)
{
    struct db *db = arg;

    db->attempt = NULL;
    event_del(db->timer);
    db->result = *result;
    if (mysql != NULL)
        adopt(db, mysql);
    tell_connected(db);
}

struct db *db_connect(struct event_base *base, const struct db_params *params,
                      const struct db_host *host, const struct db_callbacks *callbacks, void *arg)
{
    struct db *db = xcalloc(1, sizeof(*db));

    db->state = STATE_CONNECTING;
    db->base = base;
    db->callbacks = callbacks;
    db->arg = arg;
    db->fd = -1;
    db->timer = event_new(base, -1, 0, on_timer, db);
    db->later = event_new(base, -1, 0, on_later, db);
    db->attempt = db_attempt_start(params, host, on_attempt, db, &db->result);
    if (db->attempt != NULL)
        set_timer(db, params->connect_timeout_ms);
    else
        event_active(db->later, EV_TIMEOUT, 0);
    return db;
}

static void on_quote(void *arg, struct slice text, struct buffer *sql)
{
    struct db *db = arg;

    if (!db_quote(db->mysql, text, sql))
        db->is_quote_failed = true;
}

/* What comes before the question is no answer to it: the server ends the connection. */
static bool has_unread(struct db *db)
{
    char byte;

    return recv(db->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

static int begin_query(struct db *db)
{
    if (has_unread(db)) {
        fail(db, DB_LOST, 0, "the connection was closed by the server");
        return 0;
    }
    if (db->is_quote_failed) {
        fail(db, DB_QUERY_FAILED, 0, "the key cannot be escaped in the connection's character set");
        return 0;
    }
    db->call = CALL_QUERY;
    return mysql_real_query_start(&db->failed, db->mysql, db->sql.data, db->sql.len);
}

void db_query(struct db *db, struct db_query *query, uint64_t timeout_ms)
{
    assert(db->state == STATE_IDLE);
    db->state = STATE_BUSY;
    db->query = query;
    db->result = (struct db_result){0};
    db->is_quote_failed = false;
    buffer_clear(&db->sql);
    query->write_sql(query, on_quote, db, &db->sql);
    if (run(db, begin_query(db)))
        event_active(db->later, EV_TIMEOUT, 0);
    else
        set_timer(db, timeout_ms);
}

bool db_usable(const struct db *db)
{
    return db->state == STATE_IDLE;
}

void db_free(struct db *db)
{
    if (db->attempt != NULL)
        db_attempt_abandon(db->attempt);
    disconnect(db);
    event_free(db->timer);
    event_free(db->later);
    buffer_free(&db->sql);
    db_rows_free(&db->rows);
    free(db);
}
