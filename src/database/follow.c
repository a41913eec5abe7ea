/*
 * follow - a command whose answer does not end, on a connection of its own: sent once, and then packet
 * after packet is told. The bytes are read from the socket without the library, which has nothing in
 * hand between two answers; with TLS from the thread that reads for us (pump.h).
 */
#include <errno.h>
#include <sys/socket.h>

#include "channel.h"
#include "pump.h"

/* So much at once; then others have their turn. */
#define TURN_BYTES ((size_t)256 * 1024)
#define READ_BYTES ((size_t)32 * 1024)

/* A command is short, and nothing else was sent: it fits. */
static bool send_command(struct db *db, struct slice command)
{
    struct buffer packet = BUFFER_EMPTY;
    bool is_sent;

    packets_write_header((unsigned char *)buffer_reserve(&packet, PACKETS_HEADER), command.len, 0);
    packet.len = PACKETS_HEADER;
    buffer_add(&packet, command.data, command.len);
    is_sent =
        command.len < PACKETS_PART &&
        send(db->fd, packet.data, packet.len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)packet.len;
    buffer_free(&packet);
    return is_sent;
}

void follow_begin(struct db *db, struct slice command, event_callback_fn on_socket)
{
    bool is_begun;

    if (mysql_get_ssl_cipher(db->mysql) != NULL) {
        int fd = pump_start(db->mysql, command);

        is_begun = fd >= 0;
        if (is_begun)
            channel_hand_over(db, fd, on_socket);
    } else {
        is_begun = send_command(db, command);
    }
    if (!is_begun)
        event_active(db->later, EV_TIMEOUT, 0);
}

static void end(struct db *db)
{
    channel_disconnect(db);
    db->callbacks->ended(db->arg);
}

static bool tell(void *arg, struct slice packet, uint64_t length)
{
    struct db *db = arg;

    return db->follow->packet(db->arg, packet, length) && !db->is_freed;
}

static void read_some(struct db *db)
{
    char bytes[READ_BYTES];

    for (size_t had = 0; had < TURN_BYTES;) {
        ssize_t len = recv(db->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && errno == EAGAIN) {
            db->follow->turn(db->arg, true);
            return;
        }
        if (len <= 0 || !packets_take(&db->packets, bytes, (size_t)len, tell, db)) {
            end(db);
            return;
        }
        if (db->is_freed)
            return;
        had += (size_t)len;
    }
    db->follow->turn(db->arg, false);
}

void follow_on_socket(struct db *db)
{
    channel_enter(db);
    read_some(db);
    channel_leave(db);
}

/* The command could not be sent. */
void follow_on_later(struct db *db)
{
    channel_enter(db);
    end(db);
    channel_leave(db);
}
