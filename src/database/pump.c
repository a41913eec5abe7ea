/* pump - see the header. The library takes an error for the end of the connection, and keeps what it was:
 * it is written as the packet that it came as. */
#include "pump.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper.h"
#include "packets.h"
#include "write_all.h"
#include "xmalloc.h"

/* What the library returns instead of a length. */
#define PACKET_ERROR 0xfffffffful

struct pump {
    MYSQL *mysql;
    int fd;
    uint8_t sequence;
    struct buffer command;
};

/* In parts, if it is long; one that is not full is the last. Signals are blocked here: that nobody reads any more
 * is an error, no SIGPIPE. */
static bool write_packet(struct pump *pump, const char *data, size_t len)
{
    size_t part;

    do {
        unsigned char header[PACKETS_HEADER];

        part = len < PACKETS_PART ? len : PACKETS_PART;
        packets_write_header(header, part, ++pump->sequence);
        if (!write_all(pump->fd, (struct slice){(char *)header, sizeof(header)}) ||
            !write_all(pump->fd, (struct slice){data, part}))
            return false;
        data += part;
        len -= part;
    } while (part == PACKETS_PART);
    return true;
}

static void write_error(struct pump *pump)
{
    unsigned error = mysql_errno(pump->mysql);
    char packet[600];
    int len = snprintf(packet, sizeof(packet), "\xff%c%c#%.5s%.500s", 'x', 'x',
                       mysql_sqlstate(pump->mysql), mysql_error(pump->mysql));

    packet[1] = (char)(error & 0xff);
    packet[2] = (char)(error >> 8 & 0xff);
    if (error != 0 && len > 0)
        write_packet(pump, packet, (size_t)len);
}

/* The library waits for a socket that does not block, and takes its time limit, in seconds, for milliseconds.
 * In one that does it waits for as long as the connection lives. */
static void let_block(MYSQL *mysql)
{
    int fd = mysql_get_socket(mysql);

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

static void read_on(struct pump *pump)
{
    MYSQL *mysql = pump->mysql;
    unsigned char command = (unsigned char)pump->command.data[0];
    unsigned long len;

    if (mysql->methods->db_command(mysql, (enum enum_server_command)command, pump->command.data + 1,
                                   pump->command.len - 1, 1, NULL) != 0)
        return;
    while ((len = mysql_net_read_packet(mysql)) < PACKET_ERROR)
        if (!write_packet(pump, (const char *)mysql->net.read_pos, len))
            return;
    write_error(pump);
}

static void release(struct pump *pump)
{
    close(pump->fd);
    buffer_free(&pump->command);
    free(pump);
}

static void *pump_main(void *arg)
{
    struct pump *pump = arg;

    mysql_thread_init();
    let_block(pump->mysql);
    read_on(pump);
    mysql_close(pump->mysql);
    mysql_thread_end();
    release(pump);
    helper_ends();
    return NULL;
}

int pump_start(MYSQL *mysql, struct slice command)
{
    struct pump *pump;
    int fds[2];

    if (command.len == 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return -1;
    pump = xcalloc(1, sizeof(*pump));
    pump->mysql = mysql;
    pump->fd = fds[1];
    buffer_add(&pump->command, command.data, command.len);
    if (helper_start(pump_main, pump) == 0)
        return fds[0];
    release(pump);
    close(fds[0]);
    return -1;
}
