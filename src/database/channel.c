/*
 * channel - the socket of one connection, its events and timers, and the way out of whatever is going on
 * there. At the bottom of talk.c and connection.c; calls neither.
 *
 * The library owns its socket and closes it on errors, so the loop watches a duplicate: a descriptor
 * number must not be used again while libevent still knows it.
 */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "xmalloc.h"

struct db *channel_new(struct event_base *base, event_callback_fn on_later,
                       event_callback_fn on_timer)
{
    struct db *db = xcalloc(1, sizeof(*db));

    db->state = CHANNEL_CONNECTING;
    db->base = base;
    db->fd = -1;
    db->wire = -1;
    db->timer = event_new(base, -1, 0, on_timer, db);
    db->later = event_new(base, -1, 0, on_later, db);
    return db;
}

bool channel_adopt(struct db *db, MYSQL *mysql, event_callback_fn on_socket)
{
    int fd = fcntl(mysql_get_socket(mysql), F_DUPFD_CLOEXEC, 0);

    if (fd < 0) {
        int error = errno;

        mysql_close(mysql);
        errno = error;
        return false;
    }
    db->mysql = mysql;
    db->fd = fd;
    db->readable = event_new(db->base, fd, EV_READ | EV_PERSIST, on_socket, db);
    db->writable = event_new(db->base, fd, EV_WRITE, on_socket, db);
    event_add(db->readable, NULL);
    return true;
}

void channel_hand_over(struct db *db, int fd, event_callback_fn on_socket)
{
    db->mysql = NULL;
    db->wire = db->fd;
    db->fd = fd;
    event_free(db->readable);
    event_free(db->writable);
    db->readable = event_new(db->base, fd, EV_READ | EV_PERSIST, on_socket, db);
    db->writable = event_new(db->base, fd, EV_WRITE, on_socket, db);
    event_add(db->readable, NULL);
}

void channel_set_timer(struct db *db, uint64_t ms)
{
    const struct timeval delay = clock_timeval(ms);

    if (ms > 0)
        event_add(db->timer, &delay);
    else
        event_del(db->timer);
}

/* It is watched for reading all the time, which costs no system call; except while only writing helps,
 * when an answer that is there already would wake us up for nothing. */
void channel_watch(struct db *db, int waits)
{
    if ((waits & MYSQL_WAIT_WRITE) != 0)
        event_add(db->writable, NULL);
    if ((waits & MYSQL_WAIT_WRITE) == 0 || (waits & MYSQL_WAIT_READ) != 0)
        event_add(db->readable, NULL);
    else
        event_del(db->readable);
}

int channel_continue(struct db *db, int ready)
{
    switch (db->call) {
    case CALL_SEND:
        return mysql_send_query_cont(&db->failed, db->mysql, ready);
    case CALL_WAIT:
        return (ready & MYSQL_WAIT_READ) != 0 ? 0 : MYSQL_WAIT_READ;
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
    int waits = db->call != CALL_NONE && !db->is_paused;

    if (db->wire >= 0) {
        shutdown(db->wire, SHUT_RDWR); /* which ends the thread */
        close(db->wire);
        db->wire = -1;
    }
    if (db->state != CHANNEL_IDLE)
        shutdown(db->fd, SHUT_RDWR);
    while (waits != 0)
        waits = channel_continue(db, MYSQL_WAIT_READ | MYSQL_WAIT_WRITE);
    db->call = CALL_NONE;
    mysql_free_result(db->rows_set);
    db->rows_set = NULL;
}

void channel_disconnect(struct db *db)
{
    if (db->fd < 0)
        return;
    unwind(db);
    event_free(db->readable);
    event_free(db->writable);
    event_del(db->later);
    if (db->mysql != NULL)
        mysql_close(db->mysql);
    db->mysql = NULL;
    close(db->fd);
    db->fd = -1;
    db->state = CHANNEL_CLOSED;
}

static void release(struct db *db)
{
    rows_free(&db->rows);
    packets_free(&db->packets);
    buffer_free(&db->sql);
    free(db);
}

void channel_free(struct db *db)
{
    channel_disconnect(db);
    event_free(db->timer);
    event_free(db->later);
    if (db->is_calling)
        db->is_freed = true;
    else
        release(db);
}

void channel_enter(struct db *db)
{
    db->is_calling = true;
}

void channel_leave(struct db *db)
{
    db->is_calling = false;
    if (db->is_freed)
        release(db);
}
