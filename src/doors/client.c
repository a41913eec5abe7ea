/*
 * client - see the header.
 *
 * What a client waits for follows from what it holds, and client_settle() is the one place that
 * decides it:
 *   output not empty   the peer must read; nothing else is done for it meanwhile
 *   lookup             the database must answer; nothing more is read meanwhile
 *   turn wanted        it has had one, others come first
 *   otherwise          the peer must send: the rest of a request, or a new one
 *
 * Requests are read into one buffer and replies made in another, both shared by all clients. A client
 * has memory of its own only for what is left over when its turn ends.
 */
#include "client.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clients.h"
#include "clock.h"
#include "peer_name.h"
#include "requests.h"
#include "socketmap.h"
#include "stats.h"
#include "timeout.h"
#include "turns.h"
#include "xmalloc.h"

struct client {
    struct client_common *common;
    TAILQ_ENTRY(client) entry;
    int fd;
    short watching;    /* what event is added for: EV_READ, EV_WRITE, or 0 = not added */
    bool is_closing;   /* no more requests; ends when the replies are out */
    bool is_last_read; /* its next turn is for what may have come before we stop */
    struct event event;
    struct timeout timeout; /* in one of the queues, or in none */
    struct turn turn;       /* wanted: may have complete requests in input */
    struct requests requests;
    size_t held;          /* what it has of common->held */
    struct buffer input;  /* requests, not looked at yet or not complete */
    struct buffer output; /* replies that the peer has not taken yet */
};

/* --- the end of a connection ------------------------------------------------------------------ */

static void client_close(struct client *client)
{
    if (client->requests.lookup != NULL)
        lookup_cancel(client->requests.lookup);
    turns_leave(&client->turn);
    TAILQ_REMOVE(&client->common->all, client, entry);
    client->common->count--;
    client->common->held -= client->held;
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

static void on_idle(void *owner)
{
    client_gone(owner, "idle for client_idle_timeout");
}

static void on_incomplete(void *owner)
{
    struct client *client = owner;

    client_complain(client, &client->common->slow_log,
                    "no complete request within client_read_timeout");
    client_close(client);
}

static void on_unread(void *owner)
{
    struct client *client = owner;

    client_complain(client, &client->common->slow_log,
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
    event_assign(&client->event, client->common->base, client->fd, (short)(what | EV_PERSIST),
                 on_client_event, client);
    if (event_add(&client->event, NULL) != 0)
        log_limited(&client->common->watch_log, clock_ms(), LOG_LEVEL_ERROR,
                    "cannot watch a client, it will time out: %s", strerror(errno));
}

/* A wait that goes on keeps its start: bytes that trickle in do not prolong it. */
static void client_wait(struct client *client, struct timeout_queue *queue, uint64_t length_ms)
{
    if (client->timeout.queue != queue)
        timeout_start(queue, &client->timeout, clock_ms(), length_ms);
}

/* The beginning of a request has come, and not its end. */
static bool client_has_begun(const struct client *client)
{
    return client->input.len != 0 || client->requests.passing != 0;
}

/* Count what it holds. False: it holds more than before, and all together too much. */
static bool client_count_held(struct client *client)
{
    struct client_common *common = client->common;
    size_t before = client->held;

    client->held = client->input.capacity + client->output.capacity;
    if (client->requests.lookup != NULL)
        client->held += lookup_memory(client->requests.lookup);
    common->held += client->held - before;
    return client->held <= before || common->held <= CLIENTS_HELD_MAX;
}

/* Decide what is waited for now; see the top. more: complete requests may be left in input. */
static void client_settle(struct client *client, bool more)
{
    struct client_common *common = client->common;

    if (!client_count_held(client)) {
        client_complain(client, &common->held_log,
                        "clients hold too much that is not answered or read");
        client_close(client);
        return;
    }
    if (client->output.len != 0) {
        client_watch(client, EV_WRITE);
        client_wait(client, common->unread, common->options->client_write_timeout_ms);
        return;
    }
    /*
     * EV_READ stays on beside a lookup, or comes back, though nothing is read: this saves two system
     * calls for each lookup of a peer that waits for its answer, and tells when that peer has gone.
     */
    client_watch(client, client->watching == EV_WRITE ? EV_READ : client->watching);
    if (client->requests.lookup != NULL) {
        timeout_stop(&client->timeout);
    } else if (client->is_closing) {
        client_close(client);
    } else if (more || common->is_draining) {
        timeout_stop(&client->timeout);
        client->is_last_read = !more;
        turns_want(common->turns, &client->turn);
    } else {
        client_watch(client, EV_READ);
        if (client_has_begun(client))
            client_wait(client, common->incomplete, common->options->client_read_timeout_ms);
        else
            client_wait(client, common->idle, common->options->client_idle_timeout_ms);
    }
}

/* --- a turn ----------------------------------------------------------------------------------- */

static void on_answer(void *arg, const struct lookup_reply *reply);

/* Keep what was not dealt with, in the client's own memory, no larger than it has to be. */
static void client_keep(struct client *client, struct slice rest, bool is_shorter)
{
    struct buffer kept = BUFFER_EMPTY;

    if (client->input.len != 0 ? !is_shorter : rest.len == 0)
        return;
    if (rest.len != 0)
        buffer_add(&kept, rest.data, rest.len);
    buffer_trim(&kept);
    buffer_free(&client->input);
    client->input = kept;
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
    struct buffer *output = &client->common->output;
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

/* Answer the requests of input, as many as its turn allows. Returns what stopped it. */
static enum requests_stop client_serve(struct client *client, struct slice input)
{
    struct client_common *common = client->common;
    struct slice rest = input;
    enum requests_stop stop = requests_serve(&client->requests, &rest, &common->output);

    if (client->requests.count > 0)
        timeout_stop(&client->timeout); /* another request, another wait */
    if (stop == REQUESTS_RUBBISH) {
        client_complain(client, &common->rubbish_log, client->requests.fault);
        client->is_closing = true;
        rest.len = 0;
    }
    client_keep(client, rest, rest.len != input.len);
    return stop;
}

/* Serve what is in the client's own input and then what was just read. */
static void client_turn(struct client *client, struct slice fresh)
{
    struct slice input = fresh;
    enum requests_stop stop;

    assert(client->requests.lookup == NULL && client->output.len == 0);
    if (client->input.len != 0) {
        buffer_add(&client->input, fresh.data, fresh.len);
        input = buffer_slice(&client->input);
    }
    stop = client_serve(client, input);
    if (client_send(client))
        client_settle(client, stop == REQUESTS_OVER);
}

/* --- events ----------------------------------------------------------------------------------- */

static const struct slice nothing = {"", 0};

static void on_answer(void *arg, const struct lookup_reply *reply)
{
    struct client *client = arg;

    client->requests.lookup = NULL;
    if (client->output.len != 0) {
        /* The peer has yet to read earlier replies; this one follows them. */
        socketmap_add_reply(&client->output, reply->outcome, reply->text);
        return;
    }
    assert(client->common->output.len == 0);
    socketmap_add_reply(&client->common->output, reply->outcome, reply->text);
    client_turn(client, nothing);
}

static void client_read(struct client *client)
{
    struct client_common *common = client->common;
    ssize_t len = recv(client->fd, common->input, sizeof(common->input), 0);

    if (len > 0)
        client_turn(client, (struct slice){common->input, (size_t)len});
    else if (len == 0)
        client_gone(client,
                    client_has_begun(client) ? "closed in the middle of a request" : "closed");
    else if (errno != EAGAIN && errno != EINTR)
        client_gone(client, strerror(errno));
    else
        client_settle(client, false);
}

/* While draining: what has come is answered, and there may be more behind it. */
static void client_read_last(struct client *client)
{
    struct client_common *common = client->common;
    ssize_t len = recv(client->fd, common->input, sizeof(common->input), 0);

    client->is_last_read = false;
    if (len > 0)
        client_turn(client, (struct slice){common->input, (size_t)len});
    else
        client_gone(client, "all answered");
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
    if (client->output.len == 0 && client->requests.lookup == NULL)
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
    else if (client->requests.lookup != NULL || client->turn.list != NULL)
        client_disturbed(client);
    else
        client_read(client);
}

/* --- all of them ------------------------------------------------------------------------------ */

static void on_turn(void *owner)
{
    struct client *client = owner;

    if (client->is_last_read)
        client_read_last(client);
    else
        client_turn(client, nothing);
}

struct client_common *client_common_new(struct event_base *base, struct lookup_service *service)
{
    struct client_common *common = xcalloc(1, sizeof(*common));

    common->base = base;
    common->service = service;
    TAILQ_INIT(&common->all);
    common->turns = turns_new(base, on_turn);
    common->idle = timeout_queue_new(base, on_idle);
    common->incomplete = timeout_queue_new(base, on_incomplete);
    common->unread = timeout_queue_new(base, on_unread);
    return common;
}

void client_common_free(struct client_common *common)
{
    while (!TAILQ_EMPTY(&common->all))
        client_close(TAILQ_FIRST(&common->all));
    turns_free(common->turns);
    timeout_queue_free(common->idle);
    timeout_queue_free(common->incomplete);
    timeout_queue_free(common->unread);
    buffer_free(&common->output);
    free(common);
}

void client_open(struct client_common *common, int fd)
{
    struct client *client = xcalloc(1, sizeof(*client));

    client->common = common;
    client->fd = fd;
    client->timeout.owner = client;
    client->turn.owner = client;
    client->requests =
        (struct requests){.service = common->service, .done = on_answer, .arg = client};
    TAILQ_INSERT_TAIL(&common->all, client, entry);
    common->count++;
    stats.clients.current++;
    client_settle(client, false);
}

void client_drain_all(struct client_common *common)
{
    struct client *client;

    common->is_draining = true;
    /* One that waits for something else comes to its end when it has it. */
    TAILQ_FOREACH(client, &common->all, entry)
    if (client->requests.lookup == NULL && client->output.len == 0 && client->turn.list == NULL)
        client_settle(client, false);
}
