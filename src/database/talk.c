/*
 * talk - queries and answers on one connection. All flights are sent (db_send.c); then their answers
 * are read. An answer is a chain of library calls, each of which may have to wait for the socket: read
 * the first reply, read row after row, ask for the next result set. run() drives the chain. However it
 * goes, the flights end together, in finish().
 */
#include "connection.h"

#include <assert.h>
#include <event2/event.h>
#include <mysqld_error.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fine_timer.h"

int db_call_continue(struct db *db, int ready)
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
        waits = db_call_continue(db, MYSQL_WAIT_READ | MYSQL_WAIT_WRITE);
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
    fine_timer_free(db->quiet);
    event_del(db->later);
    mysql_close(db->mysql);
    db->mysql = NULL;
    close(db->fd);
    db->fd = -1;
    db->state = DB_CLOSED;
}

/* Wait for the socket. It is watched for reading all the time, which costs no system call; except
 * while only writing helps, when an answer that is there already would wake us up for nothing, and
 * while it is quiet. */
static void watch(struct db *db, int waits)
{
    if ((waits & MYSQL_WAIT_WRITE) != 0)
        event_add(db->writable, NULL);
    if ((waits & MYSQL_WAIT_WRITE) == 0 || (waits & MYSQL_WAIT_READ) != 0)
        event_add(db->readable, NULL);
    else
        event_del(db->readable);
}

/* --- the end ------------------------------------------------------------------------------ */

/* A connection may be used on if it is certain what the next bytes on it are, and that the server is
 * not left inside a transaction with an old view of the data. */
static bool is_fit(const struct db *db)
{
    unsigned status = 0;

    if (db->is_broken)
        return false;
    mariadb_get_infov(db->mysql, MARIADB_CONNECTION_SERVER_STATUS, &status);
    return (status & SERVER_STATUS_AUTOCOMMIT) != 0 && (status & SERVER_STATUS_IN_TRANS) == 0;
}

/* Nobody's answer is believed. */
static void disown_answers(struct db *db)
{
    for (unsigned i = 0; i < db->flight_count; i++)
        db_result_set(&db->flights[i].result, DB_UNASKED, 0,
                      "several queries did not get their answers");
    db->is_broken = true;
}

/* Tell each query its end. The owner may free db meanwhile, or ask again at the last. */
static void tell(struct db *db, unsigned count)
{
    db->is_calling = true;
    for (unsigned i = 0; i < count && !db->is_freed; i++) {
        struct db_flight *flight = &db->flights[i];
        struct db_query *query = flight->query;
        const struct db_result result = flight->result;

        db->untold = count - 1 - i;
        if (result.blame == DB_OK)
            db_rows_give(&flight->rows, query);
        query->done(query, &result);
    }
    db->is_calling = false;
    if (db->is_freed)
        db_release(db);
}

/* The end of all flights, always from the event loop. db may be gone after it. */
static void finish(struct db *db)
{
    bool are_several = db->flight_count > 1;

    if (are_several && !db_check_is_right(db))
        disown_answers(db);
    db_set_timer(db, 0);
    if (is_fit(db)) {
        db->state = DB_IDLE;
        watch(db, MYSQL_WAIT_READ);
    } else {
        db_disconnect(db);
    }
    tell(db, db->flight_count - are_several);
}

/* --- answers ------------------------------------------------------------------------------ */

/* The flight whose answer is being read. */
static struct db_flight *current(struct db *db)
{
    return &db->flights[db->answered];
}

/* Keep the first failure. */
static void fail(struct db *db, enum db_blame blame, unsigned error, const char *text)
{
    if (current(db)->result.blame == DB_OK)
        db_result_set(&current(db)->result, blame, error, "%s", text);
}

void db_give_up(struct db *db, const char *text)
{
    fail(db, DB_LOST, 0, text);
    db->is_broken = true;
}

void db_fail_by_library(struct db *db)
{
    unsigned error = mysql_errno(db->mysql);
    const char *text = mysql_error(db->mysql);

    if (error == ER_EMPTY_QUERY) /* see db_send.c */
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
        db_fail_by_library(db);
        return 0;
    }
    if (current(db)->result.has_rows_set)
        fail(db, DB_QUERY_FAILED, 0, "multiple result sets are not supported");
    current(db)->result.has_rows_set = true;
    return begin_row(db);
}

static int end_set(struct db *db)
{
    mysql_free_result(db->rows_set);
    db->rows_set = NULL;
    if (mysql_errno(db->mysql) != 0) {
        db_fail_by_library(db);
        return 0;
    }
    return begin_next(db);
}

static int take_row(struct db *db)
{
    if (db->row == NULL)
        return end_set(db);
    if (!db_rows_add(&current(db)->rows, mysql_num_fields(db->rows_set), db->row,
                     mysql_fetch_lengths(db->rows_set))) {
        fail(db, DB_KEY_FAILED, 0, "the answer is too large");
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
        db_fail_by_library(db);
        return 0;
    }
    return begin_set(db);
}

/* Whether an answer has not come to its end, or says that the connection or the host is no good. */
static bool leaves_doubt(const struct db *db, const struct db_result *result)
{
    return db->rows_set != NULL || result->blame == DB_LOST || result->blame == DB_HOST_FAILED ||
           db_error_is_local(result->error);
}

/* Read answer after answer, until a call waits or there is no more to read. */
static void run(struct db *db, int waits)
{
    while (db->answered < db->flight_count && !db->is_broken) {
        while (waits == 0 && db->call != CALL_NONE)
            waits = take_step(db);
        if (waits != 0) {
            watch(db, waits);
            return;
        }
        if (leaves_doubt(db, &current(db)->result))
            db->is_broken = true;
        else if (++db->answered < db->flight_count)
            waits = begin_result(db);
    }
    finish(db);
}

/* --- questions ---------------------------------------------------------------------------- */

static void wait_for_answers(struct db *db)
{
    if (db->quiet_us == 0) {
        watch(db, MYSQL_WAIT_READ);
    } else {
        event_del(db->readable);
        fine_timer_set(db->quiet, db->quiet_us);
    }
}

/* The flights are sent, unless sending waits or is_broken. */
static void after_sending(struct db *db, int waits)
{
    if (waits != 0)
        watch(db, waits);
    else if (!db->is_broken)
        wait_for_answers(db);
}

static void on_sending(struct db *db, int ready)
{
    after_sending(db, db_send_continue(db, ready));
    if (db->is_broken)
        finish(db);
}

void db_talk_on_socket(struct db *db, short what)
{
    int ready = ((what & EV_READ) != 0 ? MYSQL_WAIT_READ : 0) |
                ((what & EV_WRITE) != 0 ? MYSQL_WAIT_WRITE : 0);

    if (db->is_broken)
        return; /* `later` will tell */
    if (db_is_sending(db))
        on_sending(db, ready);
    else if (db->call != CALL_NONE)
        run(db, db_call_continue(db, ready));
    else if ((what & EV_READ) != 0)
        run(db, begin_result(db));
}

void db_talk_on_timeout(struct db *db)
{
    if (current(db)->result.blame == DB_OK)
        db_result_set(&current(db)->result, DB_TIMED_OUT, 0, "no answer within %llu ms",
                      (unsigned long long)db->timeout_ms);
    db->is_broken = true;
    finish(db);
}

void db_talk_on_later(struct db *db)
{
    assert(db->is_broken && db->state == DB_BUSY);
    finish(db);
}

/* What comes before the question is no answer to it: the server ends the connection. */
static bool has_unread(struct db *db)
{
    char byte;

    return recv(db->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

bool db_can_ask(const struct db *db)
{
    return db->state == DB_IDLE && db->untold == 0;
}

static void take_off(struct db *db, struct db_query *const *queries, unsigned count)
{
    assert(db_can_ask(db) && count > 0 && count <= DB_BATCH_MAX);
    for (unsigned i = 0; i < count; i++)
        db->flights[i].query = queries[i];
    db->flight_count = count;
    if (count > 1)
        db_check_add(db);
    for (unsigned i = 0; i < db->flight_count; i++) {
        db_rows_clear(&db->flights[i].rows);
        db->flights[i].result = (struct db_result){0};
    }
    db->sent = db->answered = 0;
    db->state = DB_BUSY;
}

void db_ask(struct db *db, struct db_query *const *queries, unsigned count, uint64_t timeout_ms,
            uint64_t quiet_us)
{
    take_off(db, queries, count);
    db->timeout_ms = timeout_ms;
    db->quiet_us = quiet_us;
    db_set_timer(db, timeout_ms);
    if (has_unread(db)) {
        db_give_up(db, "the connection was closed by the server");
    } else {
        after_sending(db, db_send_begin(db));
    }
    if (db->is_broken)
        event_active(db->later, EV_TIMEOUT, 0);
}
