/*
 * connection - one connection to a MySQL or MariaDB server, on the event loop. Connecting (name
 * lookup, TLS, login, session settings) blocks in a helper thread; queries run through the client
 * library's non-blocking calls.
 *
 * A connection is CONNECTING, then IDLE <-> BUSY, then CLOSED; the owner is told of each change by a
 * callback, which always runs later from the event loop, never inside the call that caused it. A
 * callback may free the connection that it is about.
 */
#ifndef VMAPD_DATABASE_CONNECTION_H
#define VMAPD_DATABASE_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "db_params.h"
#include "statement.h"

struct event_base;
struct db;

struct db_callbacks {
    /* blame DB_OK: the connection is IDLE; anything else: it is CLOSED and must be freed. */
    void (*connected)(void *arg, const struct db_result *result);
    /* The end of a query, exactly once, unless the connection is freed before it. What the result
     * borrows stays until the next query or db_free(). */
    void (*answered)(void *arg, const struct db_result *result);
    /* An IDLE connection, or one that follows, was ended by the server; free it. */
    void (*ended)(void *arg);
};

/*
 * Begin to connect to one host. params and host are borrowed until db_free(), callbacks too. An
 * attempt that takes longer than connect_timeout_ms ends with DB_HOST_FAILED.
 */
struct db *db_connect(struct event_base *base, const struct db_params *params,
                      const struct db_host *host, const struct db_callbacks *callbacks, void *arg);

/*
 * Ask an IDLE connection. statement is borrowed during the call; its SQL is written in it. After
 * timeout_ms, if that is not 0, the query ends with DB_TIMED_OUT and the connection is closed.
 */
void db_ask(struct db *db, const struct statement *statement, uint64_t timeout_ms);

/* What a stream tells, to the arg of the connection; borrowed until return. The connection may not be
 * freed in them. */
struct db_stream {
    /* Once, before the first row. Bit i of texts: column i is CHAR, VARCHAR or TEXT, compared as such. */
    void (*columns)(void *arg, unsigned columns, uint64_t texts);
    void (*row)(void *arg, unsigned columns, const char *const *fields,
                const unsigned long *lengths);
};

/*
 * The same, but rows are told as they come, however many they are; the loop goes on in between. What has
 * come is all there is only if answered() then says DB_OK. timeout_ms is the longest without news.
 */
void db_stream(struct db *db, const struct statement *statement, const struct db_stream *stream,
               uint64_t timeout_ms);

/* What is told of a command whose answer does not end. The connection may be freed in them. */
struct db_follow {
    /* One packet of so many bytes; of a long one only the beginning, which is borrowed. False: it wants
     * no more in this turn. */
    bool (*packet)(void *arg, struct slice packet, uint64_t length);
    /* All that had come was told; or, not is_all, there may be more: the loop has its turn in between. */
    void (*turn)(void *arg, bool is_all);
};

/*
 * Send an IDLE connection a command, the payload of a packet, and be told what comes from then on, for as
 * long as the connection lives: ended() says that it has not. Only db_free() gets it out of this. Nothing
 * is waited for: who wants a deadline has a timer.
 */
void db_follow(struct db *db, struct slice command, const struct db_follow *follow);

/* The server's number of the connection; 0 without one. */
unsigned long db_thread_id(const struct db *db);

/* Whether the connection is still open. In answered(): whether it is fit for more. */
bool db_usable(const struct db *db);

/* End the connection, whatever its state, without blocking; no callback follows. */
void db_free(struct db *db);

#endif
