/*
 * send - the way of queries onto the wire. One is sent by the client library. It would write each of
 * several by itself, and those writes would be a large part of what vmapd does for an answer; so
 * several are gathered and written at once. A query is a packet of its own in the protocol ("COM_QUERY"
 * there): three bytes of length, a sequence number that is 0, the command, and the SQL. With TLS only
 * the library can write it (and with compression, which db_login.c does not allow).
 */
#include "connection.h"

#include <errno.h>
#include <sys/socket.h>

/* SQL text of that size is kept for the next query. */
#define KEEP_BYTES ((size_t)64 * 1024)

/* From here on the protocol would need a second packet. */
#define PACKET_MAX 0xffffff

/* --- SQL ---------------------------------------------------------------------------------- */

static void on_quote(void *arg, struct slice text, struct buffer *sql)
{
    struct db *db = arg;

    if (!db_quote(db->mysql, text, sql))
        db->is_quote_failed = true;
}

static void empty(struct buffer *buffer)
{
    if (buffer->capacity > KEEP_BYTES)
        buffer_free(buffer);
    buffer_clear(buffer);
}

/* Write the SQL of the flight that is sent next. */
static void write_sql(struct db *db)
{
    struct db_query *query = db->flights[db->sent].query;

    empty(&db->sql);
    db->is_quote_failed = false;
    query->write_sql(query, on_quote, db, &db->sql);
    /* An empty statement fails, and no other does for that reason. */
    if (db->is_quote_failed)
        buffer_clear(&db->sql);
}

/* --- by the library ----------------------------------------------------------------------- */

static int send_next(struct db *db)
{
    write_sql(db);
    db->call = CALL_SEND;
    return mysql_send_query_start(&db->failed, db->mysql, buffer_text(&db->sql), db->sql.len);
}

/* Query after query, until the call waits or all are sent. */
static int send_on(struct db *db, int waits)
{
    while (waits == 0) {
        db->call = CALL_NONE;
        if (db->failed != 0) {
            db_fail_by_library(db);
            db->is_broken = true;
            break;
        }
        if (++db->sent == db->flight_count)
            break;
        waits = send_next(db);
    }
    return waits;
}

/* --- together ----------------------------------------------------------------------------- */

static bool add_packet(struct db *db)
{
    size_t len = 1 + db->sql.len;
    const unsigned char head[] = {len & 0xff, len >> 8 & 0xff, len >> 16 & 0xff, 0, COM_QUERY};

    if (len >= PACKET_MAX)
        return false;
    buffer_add(&db->packets, head, sizeof(head));
    buffer_add(&db->packets, buffer_text(&db->sql), db->sql.len);
    return true;
}

static bool gather(struct db *db)
{
    empty(&db->packets);
    for (; db->sent < db->flight_count; db->sent++) {
        write_sql(db);
        if (!add_packet(db))
            return false;
    }
    return true;
}

/* Write on what is gathered, until the socket takes no more or all is written. */
static int write_on(struct db *db)
{
    while (db->packets.len > 0) {
        ssize_t len = send(db->fd, db->packets.data, db->packets.len, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (len >= 0) {
            buffer_consume(&db->packets, (size_t)len);
        } else if (errno == EAGAIN) {
            return MYSQL_WAIT_WRITE;
        } else if (errno != EINTR) {
            db_give_up(db, strerror(errno));
            break;
        }
    }
    return 0;
}

/* --- either way --------------------------------------------------------------------------- */

int db_send_begin(struct db *db)
{
    if (db->flight_count == 1 || db->is_tls)
        return send_on(db, send_next(db));
    if (gather(db))
        return write_on(db);
    db_give_up(db, "the query is too large");
    return 0;
}

bool db_is_sending(const struct db *db)
{
    return db->sent < db->flight_count || db->packets.len > 0;
}

int db_send_continue(struct db *db, int ready)
{
    if (db->call == CALL_SEND)
        return send_on(db, db_call_continue(db, ready));
    return write_on(db);
}
