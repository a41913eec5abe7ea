/*
 * null_libevent - a socketmap server that answers a constant, on libevent in the way that vmapd uses
 * it: an event embedded in each connection, one read and one write.
 */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "null_answer.h"

struct connection {
    struct event event;
};

static struct event_base *base;
static char input[NULL_INPUT_MAX];

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct connection *connection = arg;
    ssize_t got = read(fd, input, sizeof(input));
    size_t len = 0;
    const char *replies = got > 0 ? null_answer(input, (size_t)got, &len) : NULL;

    (void)what;
    if (got > 0 && send(fd, replies, len, MSG_NOSIGNAL) == (ssize_t)len)
        return;
    event_del(&connection->event);
    close(fd);
    free(connection);
}

static void on_connection(evutil_socket_t listening, short what, void *arg)
{
    (void)what;
    (void)arg;
    for (int fd; (fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        struct connection *connection = calloc(1, sizeof(*connection));

        if (connection == NULL)
            exit(1);
        event_assign(&connection->event, base, fd, EV_READ | EV_PERSIST, on_readable, connection);
        event_add(&connection->event, NULL);
    }
}

int main(int argc, char **argv)
{
    int listening = null_start(argc, argv);
    struct event *accepting;

    base = event_base_new();
    accepting = event_new(base, listening, EV_READ | EV_PERSIST, on_connection, NULL);
    event_add(accepting, NULL);
    return event_base_dispatch(base);
}
