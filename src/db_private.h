/*
 * db_private - what the files of the db module share; the only header that sees mysql.h.
 *
 *   db.c         a connection's states and queries, on the event loop
 *   db_rows.c    the rows of an answer, kept until it is complete
 *   db_helper.c  the threads that connect
 *   db_login.c   what such a thread does: options, login, session settings
 *   db_quote.c   text as part of a literal
 *   db_error.c   error numbers and who is to blame
 */
#ifndef VMAPD_DB_PRIVATE_H
#define VMAPD_DB_PRIVATE_H

#include <mysql.h>

#include "db.h"

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

/* False: the answer is larger than DB_ANSWER_MAX. All rows have the same number of columns. */
bool db_rows_add(struct db_rows *rows, unsigned columns, char *const *fields,
                 const unsigned long *lengths);
/* Give each row to the query until it wants no more. */
void db_rows_give(const struct db_rows *rows, struct db_query *query);
/* Forget the rows; the memory is kept if it is little. */
void db_rows_clear(struct db_rows *rows);
void db_rows_free(struct db_rows *rows);

/*
 * Append text to SQL, escaped for the literal that the SQL has open, the connection's character set
 * and its SQL mode. False: it cannot be.
 */
bool db_quote(MYSQL *mysql, struct slice text, struct buffer *sql);
/* The quote of the literal or name that SQL without backslash escapes has open at its end, or NUL. */
char db_open_quote(struct slice sql);

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
