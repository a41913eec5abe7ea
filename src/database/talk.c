/*
 * talk - a query on one connection, and its answer. The answer is a chain of library calls, each of
 * which may have to wait for the socket: send, read the first reply, read row after row, ask for the
 * next result set. run() drives the chain. However it goes, it ends in finish().
 */
#include <assert.h>
#include <errmsg.h>
#include <errno.h>
#include <mysqld_error.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "clock.h"
#include "blame.h"
#include "channel.h"
#include "literal.h"

/* How long a stream may hold up the loop. */
#define TURN_US 2000

/* So many rows, which are short, between two looks at the clock. */
#define TURN_STEPS 16

/* What has no character set: numbers, times, BINARY, BLOB. */
#define NO_CHARSET 63

/* SQL text of that size is kept for the next query. */
#define KEEP_BYTES ((size_t)64 * 1024)

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

/* MySQL's time limit can end a statement without an error, as if there were no more rows. What comes at
 * the limit, or after it, is no answer. A stream's time is its owner's business. */
static void judge_time(struct db *db)
{
    if (db->result.blame == DB_OK && db->limit_ms > 0 && db->stream == NULL &&
        clock_us() - db->sent_us >= db->limit_ms * 1000)
        blame_set(&db->result, DB_TIMED_OUT, 0, "no answer within %llu ms",
                  (unsigned long long)db->limit_ms);
}

/* Always from the event loop. The owner may free db, or ask again. */
static void finish(struct db *db)
{
    struct db_result result;

    channel_set_timer(db, 0);
    judge_time(db);
    result = db->result;
    if (is_fit(db)) {
        db->state = CHANNEL_IDLE;
        channel_watch(db, MYSQL_WAIT_READ);
    } else {
        channel_disconnect(db);
    }
    result.sql = buffer_slice(&db->sql);
    if (result.blame == DB_OK)
        result.rows = rows_all(&db->rows);
    channel_enter(db);
    db->callbacks->answered(db->arg, &result);
    channel_leave(db);
}

/* Keep the first failure. */
static void fail(struct db *db, enum db_blame blame, unsigned error, const char *text)
{
    if (db->result.blame == DB_OK)
        blame_set(&db->result, blame, error, "%s", text);
}

static void give_up(struct db *db, const char *text)
{
    fail(db, DB_LOST, 0, text);
    db->is_broken = true;
}

/* The library gives up a connection when a row is larger than it takes, and tells that as one that was
 * lost. But then the socket has not come to its end. */
static bool is_row_too_large(const struct db *db, unsigned error)
{
    char byte;
    ssize_t len;

    if (error != CR_SERVER_LOST || !db->result.has_rows_set)
        return false;
    len = recv(db->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return len > 0 || (len < 0 && errno == EAGAIN);
}

static void fail_by_library(struct db *db)
{
    unsigned error = mysql_errno(db->mysql);
    const char *text = mysql_error(db->mysql);

    if (is_row_too_large(db, error))
        fail(db, DB_KEY_FAILED, error, "the answer is too large");
    else if (error == ER_EMPTY_QUERY) /* see write_sql() */
        fail(db, DB_KEY_FAILED, error, "the key has no place in the query");
    else if (error == 0 || text[0] == '\0')
        fail(db, DB_LOST, error, "the client library failed without a reason");
    else
        fail(db, blame_of(error, mysql_sqlstate(db->mysql), text), error, text);
}

/* Whether the answer has not come to its end, or says that the connection or the host is no good. */
static bool leaves_doubt(const struct db *db)
{
    return db->rows_set != NULL || db->result.blame == DB_LOST ||
           db->result.blame == DB_HOST_FAILED || blame_is_local(db->result.error);
}

/* --- the answer --------------------------------------------------------------------------- */

/* The steps of an answer. Each begins the next call and returns what that waits for; when the answer
 * is complete, or has failed, there is no next call. */

static int begin_result(struct db *db)
{
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

/* Texts that are compared as texts: no ENUM, SET, BINARY or number, no UUID or address. */
static bool is_text(const MYSQL_FIELD *field)
{
    MARIADB_CONST_STRING type = {NULL, 0};

    if (field->type != MYSQL_TYPE_STRING && field->type != MYSQL_TYPE_VAR_STRING &&
        field->type != MYSQL_TYPE_BLOB)
        return false;
    if (field->charsetnr == NO_CHARSET || (field->flags & (ENUM_FLAG | SET_FLAG)) != 0)
        return false;
    return mariadb_field_attr(&type, field, MARIADB_FIELD_ATTR_DATA_TYPE_NAME) != 0 ||
           type.length == 0;
}

static void tell_columns(struct db *db)
{
    unsigned count = mysql_num_fields(db->rows_set);
    uint64_t texts = 0;

    for (unsigned i = 0; i < count && i < 64; i++)
        if (is_text(mysql_fetch_field_direct(db->rows_set, i)))
            texts |= UINT64_C(1) << i;
    db->stream->columns(db->arg, count, texts);
}

static int begin_set(struct db *db)
{
    if (mysql_field_count(db->mysql) == 0) {
        db->warning_count += mysql_warning_count(db->mysql); /* of a CALL, behind its rows */
        return begin_next(db);
    }
    db->rows_set = mysql_use_result(db->mysql);
    if (db->rows_set == NULL) {
        fail_by_library(db);
        return 0;
    }
    if (!db->asks_warnings) {
        if (db->result.has_rows_set)
            fail(db, DB_TABLE_FAILED, 0, "multiple result sets are not supported");
        else if (db->stream != NULL)
            tell_columns(db);
        db->result.has_rows_set = true;
    }
    return begin_row(db);
}

static int end_set(struct db *db)
{
    db->warning_count += mysql_warning_count(db->mysql);
    mysql_free_result(db->rows_set);
    db->rows_set = NULL;
    if (mysql_errno(db->mysql) != 0) {
        fail_by_library(db);
        return 0;
    }
    return begin_next(db);
}

/* A row of SHOW WARNINGS: level, code, message. A value that was cut off may lack half of a list. */
static void judge_warning(struct db *db)
{
    if (mysql_num_fields(db->rows_set) > 1 && db->row[1] != NULL &&
        strtoul(db->row[1], NULL, 10) == ER_CUT_VALUE_GROUP_CONCAT)
        fail(db, DB_KEY_FAILED, ER_CUT_VALUE_GROUP_CONCAT,
             "the value was cut off: more than group_concat_max_len");
}

static int take_row(struct db *db)
{
    if (db->row == NULL)
        return end_set(db);
    if (db->asks_warnings) {
        judge_warning(db);
    } else if (db->stream != NULL) {
        if (db->result.blame == DB_OK)
            db->stream->row(db->arg, mysql_num_fields(db->rows_set), (const char *const *)db->row,
                            mysql_fetch_lengths(db->rows_set));
    } else if (!rows_add(&db->rows, mysql_num_fields(db->rows_set), db->row,
                         mysql_fetch_lengths(db->rows_set))) {
        fail(db, DB_KEY_FAILED, 0, "the answer is too large");
        return 0;
    }
    return begin_row(db);
}

static int take_step(struct db *db)
{
    enum channel_call call = db->call;

    db->call = CALL_NONE;
    if (call == CALL_ROW)
        return take_row(db);
    if ((call == CALL_RESULT ? db->result_failed : db->failed) != 0 ||
        mysql_errno(db->mysql) != 0) {
        fail_by_library(db);
        return 0;
    }
    if (call == CALL_SEND) {
        db->call = CALL_WAIT;
        return MYSQL_WAIT_READ;
    }
    return call == CALL_WAIT ? begin_result(db) : begin_set(db);
}

/* An answer with warnings is complete when it is known which: most mean nothing here. */
static int begin_warnings(struct db *db)
{
    static const char sql[] = "SHOW WARNINGS";

    db->asks_warnings = true;
    db->call = CALL_SEND;
    return mysql_send_query_start(&db->failed, db->mysql, sql, sizeof(sql) - 1);
}

/* A stream that has had its turn goes on in the next round of the loop. */
static bool takes_a_break(struct db *db)
{
    const struct timeval now = {0, 0};

    if (db->stream == NULL || ++db->turn_steps % TURN_STEPS != 0 ||
        clock_us() - db->turn_us < TURN_US)
        return false;
    db->is_paused = true;
    event_add(db->later, &now);
    return true;
}

/* Step after step, until a call waits (true) or there is no next one. */
static bool waits_on(struct db *db, int waits)
{
    while (waits == 0 && db->call != CALL_NONE) {
        if (takes_a_break(db))
            return true;
        waits = take_step(db);
        if (waits == 0 && db->call == CALL_NONE && db->result.blame == DB_OK &&
            db->warning_count > 0 && !db->asks_warnings)
            waits = begin_warnings(db);
    }
    if (waits != 0)
        channel_watch(db, waits);
    else if (leaves_doubt(db))
        db->is_broken = true;
    return waits != 0;
}

/* There is news: what waits has its time anew, unless it is for all of the answer. */
static void run(struct db *db, int waits)
{
    if (db->stream != NULL) {
        db->turn_us = clock_us();
        channel_set_timer(db, db->timeout_ms);
    }
    if (!waits_on(db, waits))
        finish(db);
}

/* --- the question ------------------------------------------------------------------------- */

/* A statement whose key has no place in it becomes an empty one: that fails, and no other does for
 * that reason. */
static void write_sql(struct db *db, const struct statement *statement)
{
    if (db->sql.capacity > KEEP_BYTES)
        buffer_free(&db->sql);
    buffer_clear(&db->sql);
    if (statement->text != NULL)
        buffer_add_text(&db->sql, statement->text);
    if (statement->template != NULL &&
        !literal_add_query(db->mysql, statement->template, statement->key, &db->sql))
        buffer_clear(&db->sql);
}

/* What comes before the question is no answer to it: the server ends the connection. */
static bool has_unread(struct db *db)
{
    char byte;

    return recv(db->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

void talk_begin(struct db *db, const struct statement *statement)
{
    int waits = 0;

    rows_clear(&db->rows);
    write_sql(db, statement);
    db->is_paused = false;
    db->asks_warnings = false;
    db->warning_count = 0;
    db->sent_us = db->turn_us = clock_us();
    db->result = (struct db_result){.sent_ms = db->sent_us / 1000};
    if (has_unread(db)) {
        give_up(db, "the connection was closed by the server");
    } else {
        db->call = CALL_SEND;
        waits = mysql_send_query_start(&db->failed, db->mysql, buffer_text(&db->sql), db->sql.len);
    }
    if (!waits_on(db, waits))
        event_active(db->later, EV_TIMEOUT, 0);
}

void talk_on_socket(struct db *db, short what)
{
    int ready = ((what & EV_READ) != 0 ? MYSQL_WAIT_READ : 0) |
                ((what & EV_WRITE) != 0 ? MYSQL_WAIT_WRITE : 0);

    if (db->call != CALL_NONE && !db->is_paused) /* else `later` will tell */
        run(db, channel_continue(db, ready));
}

void talk_on_timeout(struct db *db)
{
    if (db->result.blame == DB_OK)
        blame_set(&db->result, DB_TIMED_OUT, 0, "no answer within %llu ms",
                  (unsigned long long)db->timeout_ms);
    db->is_broken = true;
    finish(db);
}

void talk_on_later(struct db *db)
{
    assert(db->state == CHANNEL_BUSY);
    if (db->is_paused) {
        db->is_paused = false;
        run(db, 0);
    } else {
        finish(db);
    }
}
