/*
 * db_talk - queries and answers on one connection. An answer is a chain of library calls, each of
 * which may have to wait for the socket: read the first reply, read row after row, ask for the next
 * result set. run() drives the chain; an answer ends in finish(), and in nothing else.
 *
 * Queries can be sent while earlier ones are under way, but only between two library calls: a call
 * that waits lives on a stack of its own and has the connection to itself. So reading begins when
 * there is something to read, and until then more can be sent.
 */
#include "db_private.h"

#include <assert.h>
#include <event2/event.h>
#include <mysqld_error.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

/* SQL text of that size is kept for the next query. */
#define KEEP_BYTES ((size_t)64 * 1024)

/* Every answer can bring another query, so a fast server could keep us here for ever. */
#define ANSWERS_AT_ONCE 32

/* Go on with the call under way. Returns what it waits for, 0 when it is done. */
static int call_continue(struct db *db, int ready)
{
    switch (db->call) {
    case CALL_SEND:
        return mysql_send_query_cont(&db->failed, db->mysql, ready);
    case CALL_RESULT:
        return mysql_read_query_result_cont(&db->result_failed, db->mysql, ready);
    case CALL_ROW:
        return mysql_fetch_row_cont(&db->row, db->rows_set, ready);
    case CALL_NEXT:
        return mysql_next_result_cont(&db->failed, db->mysql, ready);
    case CALL_NONE:
        break;
    }
    return 0;
}

/*
 * A query that is given up is unwound, not dropped: only the half-done call can free its memory.
 * After shutdown(2) it ends at once, and so does reading the rest of a result.
 */
static void unwind(struct db *db)
{
    int waits = db->call != CALL_NONE;

    if (db->state != DB_IDLE)
        shutdown(db->fd, SHUT_RDWR);
    while (waits != 0)
        waits = call_continue(db, MYSQL_WAIT_READ | MYSQL_WAIT_WRITE);
    db->call = CALL_NONE;
    mysql_free_result(db->rows_set);
    db->rows_set = NULL;
}

void db_disconnect(struct db *db)
{
    if (db->fd < 0)
        return;
    unwind(db);
    event_free(db->readable);
    event_free(db->writable);
    event_del(db->later);
    mysql_close(db->mysql);
    db->mysql = NULL;
    close(db->fd);
    db->fd = -1;
    db->state = DB_CLOSED;
}

/* A connection may be used on if it is certain what the next bytes on it are, and that the server is
 * not left inside a transaction with an old view of the data. */
static bool is_fit(struct db *db, const struct db_result *result)
{
    unsigned status = 0;

    if (db->call != CALL_NONE || db->rows_set != NULL || db->is_broken ||
        result->blame == DB_LOST || result->blame == DB_HOST_FAILED ||
        db_error_is_local(result->error))
        return false;
    mariadb_get_infov(db->mysql, MARIADB_CONNECTION_SERVER_STATUS, &status);
    return (status & SERVER_STATUS_AUTOCOMMIT) != 0 && (status & SERVER_STATUS_IN_TRANS) == 0;
}

/* Wait for the socket. It is watched for reading all the time, which costs no system call; except
 * while only writing helps, when an answer that is there already would wake us up for nothing. */
static void watch(struct db *db, int waits)
{
    if ((waits & MYSQL_WAIT_WRITE) != 0)
        event_add(db->writable, NULL);
    if ((waits & MYSQL_WAIT_WRITE) == 0 || (waits & MYSQL_WAIT_READ) != 0)
        event_add(db->readable, NULL);
    else
        event_del(db->readable);
}

static struct db_query *take_first(struct db *db)
{
    struct db_query *query = db->flights[0].query;

    db->flight_count--;
    memmove(db->flights, db->flights + 1, db->flight_count * sizeof(db->flights[0]));
    return query;
}

static void time_first(struct db *db)
{
    uint64_t until_ms = db->flight_count > 0 ? db->flights[0].until_ms : 0;
    uint64_t now_ms = clock_ms();

    db_set_timer(db, until_ms == 0 ? 0 : until_ms > now_ms ? until_ms - now_ms : 1);
}

/* Around callbacks, which may free db. leave() tells whether it is still there. */
static void enter(struct db *db)
{
    db->is_calling = true;
}

static bool leave(struct db *db)
{
    bool is_freed = db->is_freed;

    db->is_calling = false;
    if (is_freed)
        free(db);
    return !is_freed;
}

/* The connection has ended under its queries. */
static void tell_the_others(struct db *db)
{
    struct db_result result = {0};

    db_result_set(&result, DB_UNASKED, 0, "the connection ended under another query");
    while (!db->is_freed && db->flight_count > 0) {
        struct db_query *query = take_first(db);

        query->done(query, &result);
    }
}

/* The end of the first flight, always from the event loop. False: the owner has freed db. */
static bool finish(struct db *db)
{
    struct db_query *query = take_first(db);
    const struct db_result result = db->result;

    db->result = (struct db_result){0};
    if (!is_fit(db, &result)) {
        db_set_timer(db, 0);
        db_disconnect(db);
    } else {
        db->state = db->flight_count > 0 ? DB_BUSY : DB_IDLE;
        time_first(db);
        watch(db, MYSQL_WAIT_READ);
    }
    enter(db);
    if (result.blame == DB_OK)
        db_rows_give(&db->rows, query);
    db_rows_clear(&db->rows);
    query->done(query, &result);
    if (db->state == DB_CLOSED)
        tell_the_others(db);
    return leave(db);
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

    if (error == ER_EMPTY_QUERY) /* see write_sql() */
        text = "the key has no place in the query";
    fail(db, error != 0 ? db_error_blame(error) : DB_LOST, error,
         text[0] != '\0' ? text : "the client library failed without a reason");
}

/* The steps of an answer. Each begins the next call and returns what that waits for; when the answer
 * is complete, or has failed, there is no next call. */

/* An error of the query before this one would still be there. */
static int begin_result(struct db *db)
{
    db->mysql->net.last_errno = 0;
    db->mysql->net.last_error[0] = '\0';
    db->call = CALL_RESULT;
    return mysql_read_query_result_start(&db->result_failed, db->mysql);
}

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
    if (call == CALL_ROW)
        return take_row(db);
    if ((call == CALL_RESULT ? db->result_failed : db->failed) != 0 ||
        mysql_errno(db->mysql) != 0) {
        fail_by_library(db);
        return 0;
    }
    return begin_set(db);
}

static bool can_begin(const struct db *db)
{
    return db->state == DB_BUSY && db->call == CALL_NONE && !db->is_broken;
}

/* Read answer after answer, until a call waits or it is somebody else's turn. */
static void run(struct db *db, int waits)
{
    for (unsigned answers = 1;; answers++) {
        bool more_were_asked;

        while (waits == 0 && db->call != CALL_NONE)
            waits = take_step(db);
        if (waits != 0) {
            watch(db, waits);
            return;
        }
        more_were_asked = db->flight_count > 1;
        if (!finish(db) || !more_were_asked || !can_begin(db))
            return;
        /* The library may have read the next answer with the last: the socket would not tell. */
        if (answers == ANSWERS_AT_ONCE) {
            event_active(db->readable, EV_READ, 0);
            return;
        }
        waits = begin_result(db);
    }
}

/* The query has been sent, or cannot be. */
static void end_send(struct db *db)
{
    db->call = CALL_NONE;
    watch(db, MYSQL_WAIT_READ);
    if (db->failed != 0) {
        fail_by_library(db);
        db->is_broken = true;
    }
}

static void on_sending(struct db *db, int ready)
{
    int waits = call_continue(db, ready);

    if (waits != 0) {
        watch(db, waits);
        return;
    }
    end_send(db);
    if (db->is_broken)
        finish(db);
    else if (db->flight_count > 1)
        run(db, begin_result(db)); /* for the same reason as above */
}

void db_talk_on_socket(struct db *db, short what)
{
    int ready = ((what & EV_READ) != 0 ? MYSQL_WAIT_READ : 0) |
                ((what & EV_WRITE) != 0 ? MYSQL_WAIT_WRITE : 0);

    if (db->call == CALL_SEND)
        on_sending(db, ready);
    else if (db->call != CALL_NONE)
        run(db, call_continue(db, ready));
    else if ((what & EV_READ) != 0 && can_begin(db))
        run(db, begin_result(db));
}

void db_talk_on_timeout(struct db *db)
{
    if (db->result.blame == DB_OK)
        db_result_set(&db->result, DB_TIMED_OUT, 0, "no answer within %llu ms",
                      (unsigned long long)db->flights[0].timeout_ms);
    db->is_broken = true;
    finish(db);
}

void db_talk_on_later(struct db *db)
{
    assert(db->is_broken && db->flight_count > 0);
    finish(db);
}

static void on_quote(void *arg, struct slice text, struct buffer *sql)
{
    struct db *db = arg;

    if (!db_quote(db->mysql, text, sql))
        db->is_quote_failed = true;
}

static void write_sql(struct db *db, struct db_query *query)
{
    if (db->sql.capacity > KEEP_BYTES)
        buffer_free(&db->sql);
    buffer_clear(&db->sql);
    db->is_quote_failed = false;
    query->write_sql(query, on_quote, db, &db->sql);
    /* An empty statement fails, and no other does for that reason. */
    if (db->is_quote_failed)
        buffer_clear(&db->sql);
}

/* What comes before the question is no answer to it: the server ends the connection. */
static bool has_unread(struct db *db)
{
    char byte;

    return recv(db->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

bool db_can_ask(const struct db *db)
{
    return (db->state == DB_IDLE || can_begin(db)) && db->flight_count < DB_DEPTH_MAX;
}

static int begin_send(struct db *db)
{
    db->call = CALL_SEND;
    return mysql_send_query_start(&db->failed, db->mysql, buffer_text(&db->sql), db->sql.len);
}

void db_query(struct db *db, struct db_query *query, uint64_t timeout_ms)
{
    int waits;

    assert(db_can_ask(db));
    write_sql(db, query);
    db->flights[db->flight_count++] =
        (struct db_flight){query, timeout_ms, timeout_ms > 0 ? clock_ms() + timeout_ms : 0};
    if (db->state == DB_IDLE) {
        db->state = DB_BUSY;
        db_set_timer(db, timeout_ms);
        if (has_unread(db)) {
            fail(db, DB_LOST, 0, "the connection was closed by the server");
            db->is_broken = true;
        }
    }
    waits = db->is_broken ? 0 : begin_send(db);
    if (waits != 0)
        watch(db, waits);
    else if (!db->is_broken)
        end_send(db);
    if (db->is_broken)
        event_active(db->later, EV_TIMEOUT, 0);
}
