/*
 * connection - a connection from its beginning to its end: the attempt in a helper thread, and which
 * part of it has news. What is said on it is in talk.c.
 */
#include "connection.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "blame.h"
#include "helper.h"
#include "channel.h"

static void tell_connected(struct db *db)
{
    db->state = db->result.blame == DB_OK ? CHANNEL_IDLE : CHANNEL_CLOSED;
    channel_enter(db);
    db->callbacks->connected(db->arg, &db->result);
    channel_leave(db);
}

static void on_ended(struct db *db)
{
    char byte;

    /* Nothing may come on an idle connection but its end. */
    if (recv(db->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN)
        return;
    channel_disconnect(db);
    channel_enter(db);
    db->callbacks->ended(db->arg);
    channel_leave(db);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct db *db = arg;

    (void)fd;
    if (db->state == CHANNEL_BUSY)
        talk_on_socket(db, what);
    else if (db->state == CHANNEL_FOLLOWING)
        follow_on_socket(db);
    else if ((what & EV_READ) != 0)
        on_ended(db);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    struct db *db = arg;

    (void)fd;
    (void)what;
    if (db->state == CHANNEL_CONNECTING)
        tell_connected(db);
    else if (db->state == CHANNEL_FOLLOWING)
        follow_on_later(db);
    else
        talk_on_later(db);
}

static void on_connect_timeout(struct db *db)
{
    db_attempt_abandon(db->attempt);
    db->attempt = NULL;
    blame_set(&db->result, DB_HOST_FAILED, 0, "no connection within %llu ms",
              (unsigned long long)db->connect_timeout_ms);
    tell_connected(db);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct db *db = arg;

    (void)fd;
    (void)what;
    if (db->state == CHANNEL_CONNECTING)
        on_connect_timeout(db);
    else
        talk_on_timeout(db);
}

static void on_attempt(void *arg, MYSQL *mysql, const struct db_result *result)
{
    struct db *db = arg;

    db->attempt = NULL;
    channel_set_timer(db, 0);
    db->result = *result;
    if (mysql != NULL && !channel_adopt(db, mysql, on_socket))
        blame_set(&db->result, DB_HOST_FAILED, 0, "cannot watch the connection: %s",
                  strerror(errno));
    tell_connected(db);
}

struct db *db_connect(struct event_base *base, const struct db_params *params,
                      const struct db_host *host, const struct db_callbacks *callbacks, void *arg)
{
    struct db *db = channel_new(base, on_later, on_timer);

    db->callbacks = callbacks;
    db->arg = arg;
    db->connect_timeout_ms = params->connect_timeout_ms;
    db->limit_ms = params->query_timeout_ms;
    db->attempt = db_attempt_start(params, host, on_attempt, db, &db->result);
    if (db->attempt != NULL)
        channel_set_timer(db, params->connect_timeout_ms);
    else
        event_active(db->later, EV_TIMEOUT, 0);
    return db;
}

static void ask(struct db *db, const struct statement *statement, const struct db_stream *stream,
                uint64_t timeout_ms)
{
    assert(db->state == CHANNEL_IDLE);
    db->state = CHANNEL_BUSY;
    db->stream = stream;
    db->timeout_ms = timeout_ms;
    channel_set_timer(db, timeout_ms);
    talk_begin(db, statement);
}

void db_ask(struct db *db, const struct statement *statement, uint64_t timeout_ms)
{
    ask(db, statement, NULL, timeout_ms);
}

void db_stream(struct db *db, const struct statement *statement, const struct db_stream *stream,
               uint64_t timeout_ms)
{
    ask(db, statement, stream, timeout_ms);
}

void db_follow(struct db *db, struct slice command, const struct db_follow *follow)
{
    assert(db->state == CHANNEL_IDLE);
    db->state = CHANNEL_FOLLOWING;
    db->follow = follow;
    follow_begin(db, command, on_socket);
}

unsigned long db_thread_id(const struct db *db)
{
    return db->mysql != NULL ? mysql_thread_id(db->mysql) : 0;
}

bool db_usable(const struct db *db)
{
    return db->state == CHANNEL_IDLE || db->state == CHANNEL_BUSY || db->state == CHANNEL_FOLLOWING;
}

void db_free(struct db *db)
{
    if (db->attempt != NULL)
        db_attempt_abandon(db->attempt);
    channel_free(db);
}
