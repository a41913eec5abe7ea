/*
 * statement - one statement for a database, and what comes of it.
 *
 * The SQL is written when it is sent, not before, because how a key is escaped depends on the
 * connection: its character set and its SQL mode.
 */
#ifndef VMAPD_DATABASE_STATEMENT_H
#define VMAPD_DATABASE_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outcome.h"
#include "table.h"
#include "template.h"

/* All of it is borrowed until its end. */
struct statement {
    const char *text; /* SQL; NULL = none */
    const struct template
        *template; /* behind it, the query for this key, which fits; NULL = none */
    struct slice key;
};

/* Whose fault a failure is, and so what else it says; src/database/blame.c has the reasons. */
enum db_blame {
    DB_OK,
    DB_KEY_FAILED, /* the key's: it can't be asked, or its answer is no use. Others do not notice */
    DB_FAILED,     /* nobody's for certain: nothing is concluded from it */
    DB_TABLE_FAILED, /* the table's, perhaps on this host only: missing, no right, locked, damaged */
    DB_TIMED_OUT,    /* likewise: own timer (the connection is closed), or the server's limit */
    DB_LOST,         /* the connection's, which has ended under the query: ask once more */
    DB_HOST_FAILED,  /* the host's: refused, shutting down, not ready, full */
    DB_NOT_ASKED,    /* it was not sent: no host, no room, a table in trouble */
    DB_TOO_LATE      /* the same: no connection was free in time */
};

/* The most that the rows of one answer may hold, bytes; more is DB_KEY_FAILED. */
#define DB_ANSWER_MAX (1024 * 1024)

/* Row i has the fields and lengths from i * columns on. A field has a NUL behind it; SQL's NULL is
 * NULL. */
struct db_rows {
    size_t count;
    unsigned columns;
    const char *const *fields;
    const unsigned long *lengths;
};

/* What came of it. sql and the rows are borrowed as long as the giver of the result says. */
struct db_result {
    enum db_blame blame;
    unsigned error;      /* the client library's number, 0 if none */
    char text[256];      /* why it failed, for people, without secrets */
    bool has_rows_set;   /* there was a result set (maybe without rows) */
    struct db_rows rows; /* of DB_OK: all that there are */
    struct slice sql;    /* as sent; empty if it was not */
    uint64_t sent_ms;    /* when (monotonic): an answer is true of this moment */
};

/* What a lookup comes to that this is all the answer to: never NOTFOUND. */
enum outcome db_result_outcome(const struct db_result *result);

/* --- one key asked of one table --------------------------------------------------------------- */

/* The statement for the key of an answer to come; the key fits. */
struct statement statement_of(const struct table_answer *answer);

/* Take the result into the answer, which is new: OK, NOTFOUND, or a failure and *reason, borrowed from
 * the result or constant. */
enum outcome statement_judge(const struct db_result *result, struct table_answer *answer,
                             const char **reason);

#endif
