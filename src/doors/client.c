/*
 * client - see the header.
 *
 * What a client waits for follows from what it holds, and client_settle() is the one place that
 * decides it:
 *   output not empty   the peer must read; nothing else is done for it meanwhile
 *   lookup             the database must answer; nothing more is read meanwhile
 *   ready              it has had its turn, others come first
 *   otherwise          the peer must send: the rest of a request, or a new one
 *
 * Requests are read into one buffer and replies made in another, both shared by all clients. A client
 * has memory of its own only for what is left over when its turn ends.
 */
#include "client.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clients.h"
#include "clock.h"
#include "netstring.h"
#include "peer_name.h"
#include "socketmap.h"
#include "stats.h"
#include "xmalloc.h"

/* A turn ends after so many requests or bytes of replies, so that others have theirs. */
#define TURN_REQUESTS    128
#define TURN_REPLY_BYTES 65536

/* --- the end of a connection ------------------------------------------------------------------ */

void client_close(struct client *client)
{
    struct client_group *group = client->group;

    if (client->lookup != NULL)
        lookup_cancel(client->lookup);
    if (client->ready)
        TAILQ_REMOVE(&group->ready, client, ready_entry);
    TAILQ_REMOVE(&group->all, client, all_entry);
    group->count--;
    stats.clients.current--;
    timeout_stop(&client->timeout);
    event_del(&client->event);
    close(client->fd);
    buffer_free(&client->input);
    buffer_free(&client->output);
    free(client);
}

/* The peer ended it, in one way or the other: its business. */
static void client_gone(struct client *client, const char *how)
{
    if (log_debugging()) {
        struct buffer peer = BUFFER_EMPTY;

        peer_name_add(client->fd, &peer);
        log_debug("client %s: %s", buffer_text(&peer), how);
        buffer_free(&peer);
    }
    client_close(client);
}

/* Tell why a connection will be closed. No byte of the peer's goes into the log. */
static void client_complain(struct client *client, struct log_limit *limit, const char *why)
{
    struct buffer peer = BUFFER_EMPTY;

    peer_name_add(client->fd, &peer);
    log_limited(limit, clock_ms(), LOG_LEVEL_WARNING, "client %s: %s, connection closed",
                buffer_text(&peer), why);
    buffer_free(&peer);
}

void client_on_idle(void *owner)
{
    client_gone(owner, "idle for client_idle_timeout");
}

void client_on_incomplete(void *owner)
{
    struct client *client = owner;

    client_complain(client, &client->group->slow_log,
                    "no complete request within client_read_timeout");
    client_close(client);
}

void client_on_unread(void *owner)
{
    struct client *client = owner;

    client_complain(client, &client->group->slow_log,
                    "does not read its replies (client_write_timeout)");
    client_close(client);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void on_client_event(evutil_socket_t fd, short what, void *arg);

static void client_watch(struct client *client, short what)
{
    if (client->watching == what)
        return;
    if (client->watching != 0)
        event_del(&client->event);
    client->watching = what;
    if (what == 0)
        return;
    event_assign(&client->event, client->group->base, client->fd, (short)(what | EV_PERSIST),
                 on_client_event, client);
    if (event_add(&client->event, NULL) != 0)
        log_limited(&client->group->watch_log, clock_ms(), LOG_LEVEL_ERROR,
                    "cannot watch a client, it will time out: %s", strerror(errno));
}

/* A wait that goes on keeps its start: bytes that trickle in do not prolong it. */
static void client_wait(struct client *client, struct timeout_queue *queue, uint64_t length_ms)
{
    if (client->timeout.queue != queue)
        timeout_start(queue, &client->timeout, clock_ms(), length_ms);
}

static void client_wait_for_turn(struct client *client)
{
    struct client_group *group = client->group;

    if (TAILQ_EMPTY(&group->ready))
        client_group_want_turns(group);
    TAILQ_INSERT_TAIL(&group->ready, client, ready_entry);
    client->ready = true;
}

/* Decide what is waited for now; see the top. more: complete requests may be left in input. */
static void client_settle(struct client *client, bool more)
{
    struct client_group *group = client->group;
    const struct server_options *options = client_options(group);

    if (client->output.len != 0) {
        client_watch(client, EV_WRITE);
        client_wait(client, group->unread, options->client_write_timeout_ms);
        return;
    }
    /*
     * EV_READ stays on beside a lookup, or comes back, though nothing is read: this saves two system
     * calls for each lookup of a peer that waits for its answer, and tells when that peer has gone.
     */
    client_watch(client, client->watching == EV_WRITE ? EV_READ : client->watching);
    if (client->lookup != NULL || more) {
        timeout_stop(&client->timeout);
        if (client->lookup == NULL)
            client_wait_for_turn(client);
    } else if (client->closing || group->draining) {
        client_close(client);
    } else {
        client_watch(client, EV_READ);
        if (client->input.len != 0)
            client_wait(client, group->incomplete, options->client_read_timeout_ms);
        else
            client_wait(client, group->idle, options->client_idle_timeout_ms);
    }
}

/* --- a turn ----------------------------------------------------------------------------------- */

static void on_answer(void *arg, const struct lookup_reply *reply);

/* Why the input is no request, or NULL. */
static const char *request_fault(enum netstring_state state, struct slice payload,
                                 struct slice *map, struct slice *key)
{
    if (state == NETSTRING_MALFORMED)
        return "malformed netstring";
    if (state == NETSTRING_TOO_LONG)
        return "request too long";
    if (!socketmap_parse(payload, map, key))
        return "request is not a map name, a space and a key";
    return NULL;
}

/*
 * Answer the requests of input, until one has to wait, the turn is over or the input is not
 * complete. Returns how many bytes are dealt with; *more: the turn was over first.
 */
static size_t client_serve(struct client *client, struct slice input, bool *more)
{
    struct client_group *group = client->group;
    size_t used = 0;

    *more = false;
    for (unsigned requests = 0; client->lookup == NULL; requests++) {
        struct slice rest = {input.data + used, input.len - used};
        struct slice payload = {NULL, 0};
        size_t consumed = 0;
        struct slice map;
        struct slice key;
        struct lookup_reply reply;
        enum netstring_state state =
            netstring_parse(rest, SOCKETMAP_REQUEST_MAX, &payload, &consumed);
        const char *fault;

        if (state == NETSTRING_PARTIAL)
            break;
        if (requests == TURN_REQUESTS || group->output.len >= TURN_REPLY_BYTES) {
            *more = true;
            break;
        }
        timeout_stop(&client->timeout);
        fault = request_fault(state, payload, &map, &key);
        if (fault != NULL) {
            client_complain(client, &group->rubbish_log, fault);
            client->closing = true;
            return input.len;
        }
        used += consumed;
        client->lookup = lookup_start(group->service, map, key, on_answer, client, &reply);
        if (client->lookup == NULL)
            socketmap_add_reply(&group->output, reply.outcome, reply.text);
    }
    return used;
}

/* Keep what was not dealt with, in the client's own memory. */
static void client_keep(struct client *client, struct slice input, size_t used)
{
    if (client->input.len == 0) {
        if (used < input.len)
            buffer_add(&client->input, input.data + used, input.len - used);
        return;
    }
    buffer_consume(&client->input, used);
    if (client->input.len == 0)
        buffer_free(&client->input);
}

/* How many bytes the peer took; -1: the connection is broken. */
static ssize_t send_some(int fd, struct slice data)
{
    ssize_t sent = send(fd, data.data, data.len, MSG_NOSIGNAL);

    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return sent;
}

/* Send the replies of this turn. False: the connection is broken and the client freed. */
static bool client_send(struct client *client)
{
    struct buffer *output = &client->group->output;
    ssize_t sent;

    if (output->len == 0)
        return true;
    sent = send_some(client->fd, buffer_slice(output));
    if (sent >= 0 && (size_t)sent < output->len)
        buffer_add(&client->output, output->data + sent, output->len - (size_t)sent);
    buffer_clear(output);
    if (sent < 0)
        client_gone(client, strerror(errno));
    return sent >= 0;
}

/* Serve what is in the client's own input and then what was just read. */
static void client_turn(struct client *client, struct slice fresh)
{
    struct slice input = fresh;
    size_t used;
    bool more;

    assert(client->lookup == NULL && client->output.len == 0 && !client->ready);
    if (client->input.len != 0) {
        buffer_add(&client->input, fresh.data, fresh.len);
        input = buffer_slice(&client->input);
    }
    used = client_serve(client, input, &more);
    client_keep(client, input, used);
    if (client_send(client))
        client_settle(client, more);
}

/* --- events ----------------------------------------------------------------------------------- */

static const struct slice nothing = {"", 0};

static void on_answer(void *arg, const struct lookup_reply *reply)
{
    struct client *client = arg;

    client->lookup = NULL;
    if (client->output.len != 0) {
        /* The peer has yet to read earlier replies; this one follows them. */
        socketmap_add_reply(&client->output, reply->outcome, reply->text);
        return;
    }
    assert(client->group->output.len == 0);
    socketmap_add_reply(&client->group->output, reply->outcome, reply->text);
    client_turn(client, nothing);
}

static void client_read(struct client *client)
{
    struct client_group *group = client->group;
    ssize_t len = recv(client->fd, group->input, sizeof(group->input), 0);

    if (len > 0)
        client_turn(client, (struct slice){group->input, (size_t)len});
    else if (len == 0)
        client_gone(client,
                    client->input.len != 0 ? "closed in the middle of a request" : "closed");
    else if (errno != EAGAIN && errno != EINTR)
        client_gone(client, strerror(errno));
    else
        client_settle(client, false);
}

static void client_write(struct client *client)
{
    ssize_t sent = send_some(client->fd, buffer_slice(&client->output));

    if (sent < 0) {
        client_gone(client, strerror(errno));
        return;
    }
    if (sent > 0)
        timeout_stop(&client->timeout); /* it reads, if slowly */
    buffer_consume(&client->output, (size_t)sent);
    if (client->output.len == 0)
        buffer_free(&client->output);
    if (client->output.len == 0 && client->lookup == NULL)
        client_turn(client, nothing);
    else
        client_settle(client, false);
}

/* Readable out of turn: more requests, or the end. */
static void client_disturbed(struct client *client)
{
    struct pollfd end = {.fd = client->fd, .events = 0};

    /* POLLHUP is the end of both directions; after a half-close the peer still waits for answers. */
    if (poll(&end, 1, 0) > 0 && (end.revents & (POLLHUP | POLLERR)) != 0)
        client_gone(client, "gone before its answer");
    else
        client_watch(client, 0);
}

static void on_client_event(evutil_socket_t fd, short what, void *arg)
{
    struct client *client = arg;

    (void)fd;
    (void)what;
    if (client->output.len != 0)
        client_write(client);
    else if (client->lookup != NULL || client->ready)
        client_disturbed(client);
    else
        client_read(client);
}

/* --- for the group ---------------------------------------------------------------------------- */

void client_open(struct client_group *group, int fd)
{
    struct client *client = xcalloc(1, sizeof(*client));

    client->group = group;
    client->fd = fd;
    client->timeout.owner = client;
    TAILQ_INSERT_TAIL(&group->all, client, all_entry);
    group->count++;
    stats.clients.current++;
    client_settle(client, false);
}

void client_take_turn(struct client *client)
{
    client_turn(client, nothing);
}

void client_drain(struct client *client)
{
    /* One that waits for something else comes to its end when it has it. */
    if (client->lookup == NULL && client->output.len == 0 && !client->ready)
        client_read(client);
}
