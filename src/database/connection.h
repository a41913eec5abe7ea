/*
 * connection - what the files of the db module share; the only header that sees mysql.h.
 *
 *   db.c         a connection from its beginning to its end
 *   db_talk.c    queries and answers on it
 *   db_send.c    the way of queries onto the wire
 *   db_check.c   whether the answers are those of the queries
 *   db_rows.c    the rows of an answer, kept until it is complete
 *   db_helper.c  the threads that connect
 *   db_login.c   what such a thread does: options, login, session settings
 *   db_quote.c   text as part of a literal
 *   db_error.c   error numbers and who is to blame
 */
#ifndef VMAPD_DATABASE_CONNECTION_H
#define VMAPD_DATABASE_CONNECTION_H

#include <mysql.h>

#include "db.h"

/* The library call under way. */
enum db_call { CALL_NONE, CALL_SEND, CALL_RESULT, CALL_ROW, CALL_NEXT };

enum db_state { DB_CONNECTING, DB_IDLE, DB_BUSY, DB_CLOSED };

/* Rows, copied, up to DB_ANSWER_MAX. Zero-initialise. */
struct db_cell {
    size_t offset; /* of its text, which has a NUL behind it */
    unsigned long len;
    bool is_null;
};

struct db_rows {
    struct buffer text;
    struct db_cell *cells;
    size_t count;
    size_t capacity;
    unsigned columns;
};

/* A query that was asked, and what has come of it. */
struct db_flight {
    struct db_query *query;
    struct db_rows rows;
    struct db_result result;
};

struct db {
    enum db_state state;
    const struct db_callbacks *callbacks;
    void *arg;
    struct db_attempt *attempt; /* while CONNECTING */
    MYSQL *mysql;
    int fd; /* our duplicate of its socket; -1 without a connection */
    struct event_base *base;
    struct event *readable; /* added all the time, but see watch() in db_talk.c */
    struct event *writable;
    struct fine_timer *quiet; /* runs while answers are not looked for */
    struct event *timer;      /* of the attempt, then of all flights */
    struct event *later;      /* tells what happened inside a caller's call */
    uint64_t connect_timeout_ms;
    bool is_calling; /* in a callback of a query: freed only after it */
    bool is_freed;

    /* While BUSY, in the order of their answers. Several end with the check, see db_check.c. */
    struct db_flight flights[DB_BATCH_MAX + 1];
    unsigned flight_count;
    unsigned sent;
    unsigned answered;
    unsigned untold; /* ended, but not told so far */
    uint64_t timeout_ms;
    uint64_t quiet_us;
    struct db_query check;
    uint32_t check_number;
    enum db_call call;
    int failed;            /* what CALL_SEND and CALL_NEXT returned, */
    my_bool result_failed; /* CALL_RESULT, */
    MYSQL_ROW row;         /* and CALL_ROW */
    MYSQL_RES *rows_set;
    bool is_broken; /* nothing more can be sent; `later` will tell */
    bool is_quote_failed;
    bool is_tls;
    struct buffer sql;
    struct buffer packets;   /* several queries that are not written yet */
    struct db_result result; /* of the attempt */
};

/* The socket has news. Runs from the event loop; db may be gone after it. */
void db_talk_on_socket(struct db *db, short what);
/* The flights have run out of time; likewise. */
void db_talk_on_timeout(struct db *db);
/* What happened inside db_ask(); likewise. */
void db_talk_on_later(struct db *db);

/* Let go of the connection, whatever is going on there. Waits for nothing. */
void db_disconnect(struct db *db);
/* Free db itself, which is disconnected and has no events any more. */
void db_release(struct db *db);
/* Run the timer for so long; 0 = stop it. */
void db_set_timer(struct db *db, uint64_t ms);

/* False: the answer is larger than DB_ANSWER_MAX. All rows have the same number of columns. */
bool db_rows_add(struct db_rows *rows, unsigned columns, char *const *fields,
                 const unsigned long *lengths);
/* Give each row to the query until it wants no more. */
void db_rows_give(const struct db_rows *rows, struct db_query *query);
/* Whether they are one row with this one value. */
bool db_rows_are(const struct db_rows *rows, struct slice value);
/* Forget the rows; the memory is kept if it is little. */
void db_rows_clear(struct db_rows *rows);
void db_rows_free(struct db_rows *rows);

/*
 * Append text to SQL, escaped for the literal that the SQL has open, the connection's character set
 * and its SQL mode. False: it cannot be, for one because no literal is open and it is no number.
 */
bool db_quote(MYSQL *mysql, struct slice text, struct buffer *sql);
/* The quote of the literal or name that the SQL has open at its end, or NUL. */
char db_open_quote(struct slice sql, bool backslash_escapes);

/*
 * Send the flights; go on with it when the socket is ready for what it waited for (MYSQL_WAIT_...).
 * Both return what it waits for now, or 0 when all are sent, or no more can be: is_broken.
 */
int db_send_begin(struct db *db);
int db_send_continue(struct db *db, int ready);
/* Whether it is under way. */
bool db_is_sending(const struct db *db);

/* Go on with the library call under way. Returns what it waits for, 0 when it is done. */
int db_call_continue(struct db *db, int ready);

/* The connection is lost, for this reason: nothing more can be sent. */
void db_give_up(struct db *db, const char *text);
/* The flight whose answer is next has failed, for the reason that the library gives. */
void db_fail_by_library(struct db *db);

/* Put the check behind the flights, which are several. */
void db_check_add(struct db *db);
/* Whether its answer has come in its place. */
bool db_check_is_right(const struct db *db);

/* Who is to blame for an error of the client library or the server, while a query runs. */
enum db_blame db_error_blame(unsigned error);
/* Whether the number is one of the client library: the state of the connection is unknown. */
bool db_error_is_local(unsigned error);
/* Set blame and text. */
void db_result_set(struct db_result *result, enum db_blame blame, unsigned error,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Connect and log in, blocking. NULL: result says why. For a helper thread; touches nothing but its
 * arguments.
 */
MYSQL *db_login(const struct db_params *params, const struct db_host *host,
                struct db_result *result);

/* One attempt to connect in a thread of its own. */
struct db_attempt;

/* mysql is NULL when result is not DB_OK; the callee owns it. Runs from the event loop. */
typedef void db_attempt_done(void *arg, MYSQL *mysql, const struct db_result *result);

/* NULL: no thread could be had; result says why. params and host are copied. */
struct db_attempt *db_attempt_start(const struct db_params *params, const struct db_host *host,
                                    db_attempt_done *done, void *arg, struct db_result *result);

/* Nobody waits for it any more: done is not called, the connection is closed when it comes. */
void db_attempt_abandon(struct db_attempt *attempt);

#endif
