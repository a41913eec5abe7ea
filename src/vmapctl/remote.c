/* remote - see the header. */
#include "remote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "control_protocol.h"
#include "netstring.h"
#include "vmapctl.h"

#define READ_SIZE 65536

/* A connected socket, or -1. The timeouts hold for connecting, too: the queue may be full. */
static int open_socket(const char *path, unsigned timeout_s)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval timeout = {(time_t)timeout_s, 0};
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0 &&
        connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    if (fd >= 0) {
        int reason = errno;

        close(fd);
        errno = reason;
    }
    return -1;
}

/* A server that is at its limit may have closed already; what it said is read all the same. */
static void send_request(int fd, struct slice request)
{
    while (request.len > 0) {
        ssize_t len = send(fd, request.data, request.len, MSG_NOSIGNAL);

        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return;
        request = (struct slice){request.data + len, request.len - (size_t)len};
    }
}

/* Read until the netstring of the reply is complete. NULL, or why there is none. */
static const char *receive_reply(int fd, struct buffer *in, struct slice *reply)
{
    for (;;) {
        size_t consumed;
        ssize_t len = recv(fd, buffer_reserve(in, READ_SIZE), READ_SIZE, 0);

        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return errno == EAGAIN ? "it does not answer" : strerror(errno);
        if (len == 0)
            return "it closed the connection";
        in->len += (size_t)len;
        switch (netstring_parse(buffer_slice(in), CONTROL_REPLY_MAX, reply, &consumed)) {
        case NETSTRING_COMPLETE:
            return NULL;
        case NETSTRING_PARTIAL:
            break;
        case NETSTRING_MALFORMED:
        case NETSTRING_TOO_LONG:
            return "this is not vmapd's control socket";
        }
    }
}

/* "STATUS\nTEXT". */
static bool parse_reply(struct slice reply, int *status, struct buffer *text)
{
    const char *end = memchr(reply.data, '\n', reply.len);
    size_t used;

    if (end == NULL || end == reply.data)
        return false;
    *status = (int)strtol(reply.data, NULL, 10);
    used = (size_t)(end + 1 - reply.data);
    buffer_add(text, end + 1, reply.len - used);
    return true;
}

static void add_request(const char *const *words, size_t count, struct buffer *out)
{
    struct buffer payload = BUFFER_EMPTY;

    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(&payload, '\0');
        buffer_add_text(&payload, words[i]);
    }
    netstring_add(out, buffer_slice(&payload));
    buffer_free(&payload);
}

bool remote_ask(const char *path, const char *const *words, size_t count, unsigned timeout_s,
                int *status, struct buffer *text, struct buffer *error)
{
    struct buffer request = BUFFER_EMPTY;
    struct buffer in = BUFFER_EMPTY;
    struct slice reply = {"", 0};
    const char *trouble;
    int fd = open_socket(path, timeout_s);

    if (fd < 0) {
        buffer_printf(error, "cannot reach vmapd at %s: %s", path,
                      errno == EAGAIN ? "it does not answer" : strerror(errno));
        return false;
    }
    add_request(words, count, &request);
    send_request(fd, buffer_slice(&request));
    trouble = receive_reply(fd, &in, &reply);
    if (trouble == NULL && !parse_reply(reply, status, text))
        trouble = "this is not vmapd's control socket";
    if (trouble != NULL)
        buffer_printf(error, "no answer from vmapd at %s: %s", path, trouble);
    buffer_free(&request);
    buffer_free(&in);
    close(fd);
    return trouble == NULL;
}

int remote_ask_for(void *arg, const char *const *words, size_t count, struct buffer *text)
{
    const struct vmapctl *run = arg;
    int status = CONTROL_UNREACHABLE;

    if (!remote_ask(run->socket, words, count, run->timeout_s, &status, text, text))
        return CONTROL_UNREACHABLE;
    return status;
}
