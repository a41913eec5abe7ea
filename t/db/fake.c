/* fake - see the header. */
#include "fake.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"

#define CAPABILITIES 0x000aa289u /* protocol 4.1, database, local files, multi results, plugins */
#define OFFERS_TLS   0x00000800u

static struct {
    unsigned connections, queries, leaked, confused;
} * seen;
static pid_t child;

static enum fake_mode mode;
static unsigned error_number;
static int fd;
static unsigned sequence;

static void add_bytes(struct buffer *out, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0) {
        buffer_add_char(out, (char)(value & 0xff));
        value >>= 8;
    }
}

static void send_packet(const void *payload, size_t len)
{
    struct buffer out = BUFFER_EMPTY;

    add_bytes(&out, len, 3);
    add_bytes(&out, sequence++, 1);
    buffer_add(&out, payload, len);
    if (write(fd, out.data, out.len) != (ssize_t)out.len)
        _exit(0);
    buffer_free(&out);
}

#define SEND(literal) send_packet(literal, sizeof(literal) - 1)

static void read_bytes(char *data, size_t len)
{
    while (len > 0) {
        ssize_t got = read(fd, data, len);

        if (got <= 0)
            _exit(0);
        data += got;
        len -= (size_t)got;
    }
}

static char packet[100000];

static size_t read_packet(void)
{
    unsigned char header[4];
    size_t len;

    read_bytes((char *)header, 4);
    len = header[0] | (size_t)header[1] << 8 | (size_t)header[2] << 16;
    if (len >= sizeof(packet))
        _exit(0);
    read_bytes(packet, len);
    packet[len] = '\0';
    sequence = header[3] + 1u;
    return len;
}

static void send_error(void)
{
    struct buffer out = BUFFER_EMPTY;

    add_bytes(&out, 0xff, 1);
    add_bytes(&out, error_number, 2);
    buffer_add_text(&out, "#HY000fake error");
    send_packet(out.data, out.len);
    buffer_free(&out);
}

static void send_greeting(void)
{
    uint32_t capabilities = CAPABILITIES | (mode == FAKE_STALL_TLS ? OFFERS_TLS : 0);
    struct buffer out = BUFFER_EMPTY;

    buffer_add_char(&out, 10);
    buffer_add(&out, "5.5.5-10.11.0-MariaDB", 22);
    add_bytes(&out, 7, 4);
    buffer_add(&out, "12345678", 9);
    add_bytes(&out, capabilities & 0xffff, 2);
    add_bytes(&out, 45, 1);
    add_bytes(&out, 2, 2);
    add_bytes(&out, capabilities >> 16, 2);
    add_bytes(&out, 21, 1);
    add_bytes(&out, 0, 10);
    buffer_add(&out, "123456789012", 13);
    buffer_add(&out, "mysql_native_password", 22);
    send_packet(out.data, out.len);
    buffer_free(&out);
}

static void send_ok(void)
{
    SEND("\0\0\0\2\0\0\0");
}

static void send_columns(void)
{
    SEND("\1");
    SEND("\3def\0\0\0\1c\0\x0c\x2d\0\xff\0\0\0\xfd\0\0\0\0\0");
    SEND("\xfe\0\0\2\0");
}

static void send_row_without_end(const char *value)
{
    char row[100];

    send_columns();
    snprintf(row, sizeof(row), "%c%s", (char)strlen(value), value);
    send_packet(row, strlen(row));
}

static void send_row(const char *value)
{
    send_row_without_end(value);
    SEND("\xfe\0\0\2\0");
}

static void login(void)
{
    size_t len;

    if (mode == FAKE_GREET_ERROR) {
        send_error();
        _exit(0);
    }
    send_greeting();
    read_packet();
    if (mode == FAKE_STALL_TLS)
        pause();
    if (mode == FAKE_ASK_PASSWORD) {
        SEND("\xfemysql_clear_password\0");
        len = read_packet();
        seen->leaked += (unsigned)len;
    }
    send_ok();
}

static void answer(void)
{
    switch (mode) {
    case FAKE_ERROR:
        send_error();
        return;
    case FAKE_CUT:
        send_row_without_end("cut");
        _exit(0);
    case FAKE_STALL:
        send_row_without_end("stall");
        pause();
        return;
    case FAKE_EMPTY_LATE:
        usleep(300000);
        send_columns();
        SEND("\xfe\0\0\2\0");
        return;
    case FAKE_ASK_FILE:
        SEND("\xfb/etc/passwd");
        seen->leaked += (unsigned)read_packet();
        send_ok();
        return;
    case FAKE_TALKATIVE:
        send_row("right");
        usleep(20000);
        sequence = 1;
        send_row("wrong");
        return;
    default:
        send_row("fake");
        return;
    }
}

static void serve(void)
{
    login();
    for (;;) {
        read_packet();
        if (packet[0] == 1) /* COM_QUIT */
            _exit(0);
        if (packet[0] == 3 && strncmp(packet + 1, "SET", 3) == 0) {
            send_ok();
        } else {
            seen->queries++;
            answer();
        }
    }
}

static void run(int listener)
{
    const int on = 1;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        fd = accept(listener, NULL, NULL);
        seen->connections++;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (fork() == 0) {
            close(listener); /* or the next fake could not have the port */
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve();
        }
        close(fd);
    }
}

struct db_host fake_start(enum fake_mode new_mode, unsigned error)
{
    static struct sockaddr_in address = {.sin_family = AF_INET};
    static char name[] = "127.0.0.1", text[] = "fake";
    socklen_t len = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;

    fake_stop();
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (seen == NULL)
        seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    seen->connections = seen->queries = seen->leaked = 0;
    mode = new_mode;
    error_number = error;
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 100) != 0 || getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        abort();
    child = fork();
    if (child == 0)
        run(listener);
    close(listener);
    return (struct db_host){text, false, name, ntohs(address.sin_port)};
}

void fake_stop(void)
{
    if (child <= 0)
        return;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    child = 0;
}

unsigned fake_connections(void)
{
    return seen->connections;
}

unsigned fake_queries(void)
{
    return seen->queries;
}

unsigned fake_leaked(void)
{
    return seen->leaked;
}
