/*
 * control - see the header.
 *
 * A connection reads its request, runs the command, maybe waits for it, writes the reply and ends.
 * It watches its socket for one thing at a time and until a deadline, which bytes that trickle do
 * not move. What is there when the deadline comes still counts: we may be the ones who were late.
 * While a command waits, the deadline is the command's own (lookup_timeout).
 */
#include "control.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "commands.h"
#include "control_protocol.h"
#include "embed.h"
#include "log.h"
#include "netstring.h"
#include "xmalloc.h"

#define READ_SIZE 16384

struct control_connection {
    struct control *control;
    TAILQ_ENTRY(control_connection) entry;
    int fd;
    struct event *event; /* NULL while a command waits */
    uint64_t deadline_ms;
    struct buffer in; /* the request, on which the call's arguments lie */
    struct buffer out;
    size_t written;
    struct control_call call;
};

TAILQ_HEAD(control_list, control_connection);

struct control {
    struct event_base *base;
    struct lookup_service *service;
    struct control_actions actions;
    uint64_t timeout_ms;
    struct control_list connections;
    size_t connection_count;
    size_t held; /* bytes of the replies of all */
    struct log_limit full_limit;
    struct log_limit bad_limit;
};

static void connection_free(struct control_connection *connection)
{
    control_call_cancel(&connection->call);
    connection->control->held -= connection->out.len;
    if (connection->event != NULL)
        event_free(connection->event);
    close(connection->fd);
    buffer_free(&connection->in);
    buffer_free(&connection->out);
    buffer_free(&connection->call.text);
    TAILQ_REMOVE(&connection->control->connections, connection, entry);
    connection->control->connection_count--;
    free(connection);
}

/* Wait for the event until the deadline. The last thing a caller does: a failure ends the connection. */
static void connection_wait(struct control_connection *connection)
{
    uint64_t now_ms = clock_ms();
    uint64_t left_ms = connection->deadline_ms > now_ms ? connection->deadline_ms - now_ms : 0;
    const struct timeval left = clock_timeval(left_ms);

    if (connection->event == NULL || event_add(connection->event, &left) != 0) {
        log_limited(&connection->control->bad_limit, now_ms, LOG_LEVEL_ERROR,
                    "control: cannot watch a connection, it is closed");
        connection_free(connection);
    }
}

/*
 * A time-out that comes before the deadline, as libevent counts from when it last looked at the clock,
 * is waited out.
 */
static bool connection_is_late(struct control_connection *connection)
{
    if (clock_ms() >= connection->deadline_ms)
        return true;
    connection_wait(connection);
    return false;
}

/* Begin to wait for something else. */
static void connection_watch(struct control_connection *connection, short events,
                             event_callback_fn callback)
{
    if (connection->event != NULL)
        event_free(connection->event);
    connection->event =
        event_new(connection->control->base, connection->fd, events, callback, connection);
    connection->deadline_ms = clock_ms() + connection->control->timeout_ms;
    connection_wait(connection);
}

/* --- the reply ------------------------------------------------------------------------------ */

static void on_writable(evutil_socket_t fd, short events, void *arg)
{
    struct control_connection *connection = arg;
    size_t left = connection->out.len - connection->written;
    ssize_t len;

    if (!(events & EV_WRITE)) {
        if (!connection_is_late(connection))
            return;
        log_limited(&connection->control->bad_limit, clock_ms(), LOG_LEVEL_WARNING,
                    "control: a peer does not read its reply");
        connection_free(connection);
        return;
    }
    len = send(fd, connection->out.data + connection->written, left, MSG_NOSIGNAL);
    if ((len < 0 && errno != EAGAIN && errno != EINTR) || len == (ssize_t)left) {
        connection_free(connection); /* the peer has gone, or has it all */
        return;
    }
    if (len > 0)
        connection->written += (size_t)len;
    connection_wait(connection);
}

/* The most that the frame and the status add to the text of a reply. */
#define REPLY_FRAME 32

/* Why a reply is not given, or NULL. */
static const char *refusal_of(const struct control *control, const struct control_call *call)
{
    if (call->text.len > CONTROL_REPLY_MAX - REPLY_FRAME)
        return "the reply is too large\n";
    if (control->held + call->text.len > CONTROL_HELD_MAX)
        return "too many replies wait to be read, try again\n";
    return NULL;
}

static void connection_reply(struct control_connection *connection)
{
    struct control_call *call = &connection->call;
    const char *refusal = refusal_of(connection->control, call);
    char status[16];
    size_t status_len;
    char *payload;

    if (refusal != NULL) {
        buffer_free(&call->text);
        buffer_add_text(&call->text, refusal);
        call->status = CONTROL_TEMPORARY;
    }
    status_len = (size_t)snprintf(status, sizeof(status), "%d\n", (int)call->status);
    payload = netstring_add_frame(&connection->out, status_len + call->text.len);
    memcpy(payload, status, status_len);
    memcpy(payload + status_len, buffer_text(&call->text), call->text.len);
    buffer_free(&call->text);
    connection->control->held += connection->out.len;
    connection_watch(connection, EV_WRITE, on_writable);
}

static void on_finished(struct control_call *call)
{
    connection_reply(OWNER_OF(call, struct control_connection, call));
}

/* --- the request ---------------------------------------------------------------------------- */

static void connection_run(struct control_connection *connection, struct slice request)
{
    struct control_call *call = &connection->call;

    event_free(connection->event);
    connection->event = NULL;
    if (control_call_run(call, request))
        connection_reply(connection);
}

/* Tell the peer, in case it is a person who tries the protocol by hand. */
static void connection_refuse(struct control_connection *connection, const char *why)
{
    log_limited(&connection->control->bad_limit, clock_ms(), LOG_LEVEL_WARNING, "control: %s", why);
    buffer_printf(&connection->call.text, "%s\n", why);
    connection->call.status = CONTROL_USAGE;
    connection_reply(connection);
}

static void connection_parse(struct control_connection *connection)
{
    struct slice request;
    size_t consumed;

    switch (
        netstring_parse(buffer_slice(&connection->in), CONTROL_REQUEST_MAX, &request, &consumed)) {
    case NETSTRING_COMPLETE:
        connection_run(connection, request);
        break;
    case NETSTRING_PARTIAL:
        connection_wait(connection);
        break;
    case NETSTRING_MALFORMED:
        connection_refuse(connection, "the request is not a netstring");
        break;
    case NETSTRING_TOO_LONG:
        connection_refuse(connection, "the request is too long");
        break;
    }
}

static void on_readable(evutil_socket_t fd, short events, void *arg)
{
    struct control_connection *connection = arg;
    ssize_t len;

    if (!(events & EV_READ)) {
        if (connection_is_late(connection))
            connection_refuse(connection, "the request did not come in time");
        return;
    }
    len = read(fd, buffer_reserve(&connection->in, READ_SIZE), READ_SIZE);
    if (len > 0) {
        connection->in.len += (size_t)len;
        connection_parse(connection);
    } else if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
        connection_wait(connection);
    } else {
        connection_free(connection);
    }
}

/* --- the outside ---------------------------------------------------------------------------- */

void control_accept(struct control *control, int fd)
{
    struct control_connection *connection;

    if (control->connection_count >= CONTROL_CONNECTIONS_MAX) {
        log_limited(&control->full_limit, clock_ms(), LOG_LEVEL_WARNING,
                    "control: more than %d connections at once, one is closed",
                    CONTROL_CONNECTIONS_MAX);
        close(fd);
        return;
    }
    connection = xcalloc(1, sizeof(*connection));
    connection->control = control;
    connection->fd = fd;
    connection->call = (struct control_call){
        .service = control->service,
        .actions = &control->actions,
        .fd = fd,
        .finished = on_finished,
    };
    TAILQ_INSERT_TAIL(&control->connections, connection, entry);
    control->connection_count++;
    connection_watch(connection, EV_READ, on_readable);
}

struct control *control_new(struct event_base *base, struct lookup_service *service,
                            const struct control_actions *actions)
{
    struct control *control = xcalloc(1, sizeof(*control));

    TAILQ_INIT(&control->connections);
    control->base = base;
    control->service = service;
    control->actions = *actions;
    control_set_timeout(control, CONTROL_TIMEOUT_MS);
    return control;
}

void control_free(struct control *control)
{
    while (!TAILQ_EMPTY(&control->connections))
        connection_free(TAILQ_FIRST(&control->connections));
    free(control);
}

void control_set_timeout(struct control *control, uint64_t timeout_ms)
{
    control->timeout_ms = timeout_ms;
}
