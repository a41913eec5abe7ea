/*
 * db_packets - several queries in one write. The client library writes each by itself, and those
 * writes are a large part of what vmapd does for an answer. A query is a packet of its own in the
 * protocol ("COM_QUERY" there): three bytes of length, a sequence number that is 0, the command, and the
 * SQL. With TLS only the library can write it (and with compression, which db_login.c does not allow).
 */
#include "db_private.h"

#include <errno.h>
#include <sys/socket.h>

/* From here on the protocol would need a second packet. */
#define PACKET_MAX 0xffffff

bool db_packets_can(MYSQL *mysql)
{
    return mysql_get_ssl_cipher(mysql) == NULL;
}

bool db_packets_add(struct db *db)
{
    size_t len = 1 + db->sql.len;
    const unsigned char head[] = {len & 0xff, len >> 8 & 0xff, len >> 16 & 0xff, 0, COM_QUERY};

    if (len >= PACKET_MAX)
        return false;
    buffer_add(&db->packets, head, sizeof(head));
    buffer_add(&db->packets, db->sql.data, db->sql.len);
    return true;
}

int db_packets_write(struct db *db)
{
    while (db->packets.len > 0) {
        ssize_t len = send(db->fd, db->packets.data, db->packets.len, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (len >= 0)
            buffer_consume(&db->packets, (size_t)len);
        else if (errno == EAGAIN)
            return MYSQL_WAIT_WRITE;
        else if (errno != EINTR)
            return -1;
    }
    return 0;
}
