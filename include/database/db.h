/*
 * db - one connection to a MySQL or MariaDB server, on the event loop. Connecting (name lookup, TLS,
 * login, session settings) blocks in a helper thread; queries run through the client library's
 * non-blocking calls. Of all headers only src/database/connection.h sees mysql.h.
 *
 * A connection is CONNECTING, then IDLE <-> BUSY (with one query or several), then CLOSED; the owner
 * is told of each change by a callback, which always runs later from the event loop, never inside the
 * call that caused it. A callback may free the connection that it is about.
 */
#ifndef VMAPD_DATABASE_DB_H
#define VMAPD_DATABASE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "db_params.h"
#include "template.h"

struct event_base;
struct db;

/* Why something failed, and so who is to blame. */
enum db_blame {
    DB_OK,
    DB_QUERY_FAILED, /* the statement is at fault, or one table of this host */
    DB_KEY_FAILED,   /* this key is at fault: the same statement may do for others */
    DB_HOST_FAILED, /* this host cannot serve now: refused, shutting down, not ready, read the code */
    DB_LOST,        /* the connection ended under the query (2006, 2013): ask once more */
    DB_TIMED_OUT,   /* own timer (the connection is closed), or the server's time limit */
    DB_UNASKED      /* asked with others, and it is not certain whose answers came: ask it alone */
};

struct db_result {
    enum db_blame blame;
    unsigned error;    /* the client library's number, 0 if none */
    char text[256];    /* a short reason for people, without secrets */
    bool has_rows_set; /* the statement gave a result set (maybe without rows) */
};

/* The most that one answer may hold, bytes; more is DB_KEY_FAILED. */
#define DB_ANSWER_MAX (1024 * 1024)

/* One statement. Embedded in the caller's own structure, which lives until done was called. */
struct db_query {
    /* Append the SQL; quote escapes for this connection's character set and SQL mode. Runs inside
     * db_ask(), or later if others are sent first. */
    void (*write_sql)(struct db_query *query, template_quote *quote, void *quote_arg,
                      struct buffer *sql);
    /* A row of the one result set; only after the whole answer has arrived without error. False: no
     * more rows are wanted. */
    bool (*row)(struct db_query *query, unsigned columns, const char *const *fields,
                const unsigned long *lengths);
    /* The end, exactly once, unless the connection is freed before it. */
    void (*done)(struct db_query *query, const struct db_result *result);
};

/* Process-wide start (before any thread is made) and end, with no connections left. */
void db_start(struct event_base *base);

/*
 * Waits for no helper: one that is still stuck in a connect ends by itself, or with the process.
 * Returns how many there are; may be called again to see whether they have gone.
 */
unsigned db_stop(void);

struct db_callbacks {
    /* blame DB_OK: the connection is IDLE; anything else: it is CLOSED and must be freed. */
    void (*connected)(void *arg, struct db *db, const struct db_result *result);
    /* An IDLE connection was ended by the server; free it. */
    void (*ended)(void *arg, struct db *db);
};

/*
 * Begin to connect to one host. params and host are borrowed until db_free(), callbacks too. An
 * attempt that takes longer than connect_timeout_ms ends with DB_HOST_FAILED.
 */
struct db *db_connect(struct event_base *base, const struct db_params *params,
                      const struct db_host *host, const struct db_callbacks *callbacks, void *arg);

/* The most queries that are asked at once. */
#define DB_BATCH_MAX 16

/* Whether queries can be asked now: the connection is open and has none. */
bool db_can_ask(const struct db *db);

/*
 * Ask one query, or several at once, which saves both sides most of their waiting. Answers do not say
 * to which query they belong; they only come in the same order. So a statement of our own follows
 * several, and unless its answer comes in its place, none of the others is believed: each ends with
 * DB_UNASKED, and the connection is closed.
 *
 * The array is borrowed during the call, the queries until their ends. timeout_ms > 0: after it a
 * single query ends with DB_TIMED_OUT, several end with DB_UNASKED. quiet_us: the answers, or that the
 * connection has ended, are not looked for any sooner than this after all is sent; 0 = at once.
 */
void db_ask(struct db *db, struct db_query *const *queries, unsigned count, uint64_t timeout_ms,
            uint64_t quiet_us);

/* Whether the connection is still open. In a query's done callback: whether it is fit for more. */
bool db_usable(const struct db *db);

/* End the connection, whatever its state, without blocking; no callback follows. */
void db_free(struct db *db);

#endif
