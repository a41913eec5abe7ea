/*
 * connection - a connection from its beginning to its end: the attempt in a helper thread, the descriptor
 * and the events, the owner's callbacks. What is said on it is in db_talk.c.
 *
 * The library owns its socket and closes it on errors, so the loop watches a duplicate: a descriptor
 * number must not be used again while libevent still knows it.
 */
#include "connection.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fine_timer.h"
#include "xmalloc.h"

void db_set_timer(struct db *db, uint64_t ms)
{
    const struct timeval delay = clock_timeval(ms);

    if (ms > 0)
        event_add(db->timer, &delay);
    else
        event_del(db->timer);
}

static void tell_connected(struct db *db)
{
    const struct db_result result = db->result;

    db->state = result.blame == DB_OK ? DB_IDLE : DB_CLOSED;
    db->result = (struct db_result){0};
    db->callbacks->connected(db->arg, db, &result);
}

static void on_ended(struct db *db)
{
    char byte;

    /* Nothing may come on an idle connection but its end. */
    if (recv(db->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN)
        return;
    db->state = DB_CLOSED;
    db_disconnect(db);
    db->callbacks->ended(db->arg, db);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct db *db = arg;

    (void)fd;
    if (db->state == DB_BUSY)
        db_talk_on_socket(db, what);
    else if ((what & EV_READ) != 0)
        on_ended(db);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
    struct db *db = arg;

    (void)fd;
    (void)what;
    if (db->state == DB_CONNECTING)
        tell_connected(db);
    else
        db_talk_on_later(db);
}

/* Whether or not there is news by now: nobody has watched. */
static void on_quiet_over(void *arg)
{
    db_talk_on_socket(arg, EV_READ);
}

static void on_connect_timeout(struct db *db)
{
    db_attempt_abandon(db->attempt);
    db->attempt = NULL;
    db_result_set(&db->result, DB_HOST_FAILED, 0, "no connection within %llu ms",
                  (unsigned long long)db->connect_timeout_ms);
    tell_connected(db);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct db *db = arg;

    (void)fd;
    (void)what;
    if (db->state == DB_CONNECTING)
        on_connect_timeout(db);
    else
        db_talk_on_timeout(db);
}

/* Take over the connection that a helper thread has made. */
static void adopt(struct db *db, MYSQL *mysql)
{
    int fd = fcntl(mysql_get_socket(mysql), F_DUPFD_CLOEXEC, 0);

    if (fd >= 0)
        db->quiet = fine_timer_new(db->base, on_quiet_over, db);
    if (db->quiet == NULL) {
        db_result_set(&db->result, DB_HOST_FAILED, 0, "cannot watch the connection: %s",
                      strerror(errno));
        mysql_close(mysql);
        if (fd >= 0)
            close(fd);
        return;
    }
    db->mysql = mysql;
    db->fd = fd;
    db->is_tls = mysql_get_ssl_cipher(mysql) != NULL;
    db->readable = event_new(db->base, fd, EV_READ | EV_PERSIST, on_socket, db);
    db->writable = event_new(db->base, fd, EV_WRITE, on_socket, db);
    event_add(db->readable, NULL);
}

static void on_attempt(void *arg, MYSQL *mysql, const struct db_result *result)
{
    struct db *db = arg;

    db->attempt = NULL;
    db_set_timer(db, 0);
    db->result = *result;
    if (mysql != NULL)
        adopt(db, mysql);
    tell_connected(db);
}

struct db *db_connect(struct event_base *base, const struct db_params *params,
                      const struct db_host *host, const struct db_callbacks *callbacks, void *arg)
{
    struct db *db = xcalloc(1, sizeof(*db));

    db->state = DB_CONNECTING;
    db->base = base;
    db->callbacks = callbacks;
    db->arg = arg;
    db->fd = -1;
    db->connect_timeout_ms = params->connect_timeout_ms;
    db->check_number = arc4random();
    db->timer = event_new(base, -1, 0, on_timer, db);
    db->later = event_new(base, -1, 0, on_later, db);
    db->attempt = db_attempt_start(params, host, on_attempt, db, &db->result);
    if (db->attempt != NULL)
        db_set_timer(db, params->connect_timeout_ms);
    else
        event_active(db->later, EV_TIMEOUT, 0);
    return db;
}

bool db_usable(const struct db *db)
{
    return db->state == DB_IDLE || db->state == DB_BUSY;
}

void db_release(struct db *db)
{
    for (unsigned i = 0; i < sizeof(db->flights) / sizeof(db->flights[0]); i++)
        db_rows_free(&db->flights[i].rows);
    buffer_free(&db->sql);
    buffer_free(&db->packets);
    free(db);
}

void db_free(struct db *db)
{
    if (db->attempt != NULL)
        db_attempt_abandon(db->attempt);
    db_disconnect(db);
    event_free(db->timer);
    event_free(db->later);
    if (db->is_calling)
        db->is_freed = true;
    else
        db_release(db);
}
