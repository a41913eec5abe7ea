/*
 * client_case - what tests of clients share: the peer's side of a connection, and a lookup service that
 * answers when the test says so. Include it once in a test program.
 */
#ifndef VMAPD_CLIENT_CASE_H
#define VMAPD_CLIENT_CASE_H

#include "clients.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "netstring.h"
#include "stats.h"
#include "unit.h"
#include "xmalloc.h"

#pragma GCC diagnostic ignored "-Wunused-function" /* each test needs some of it */

#define PATIENCE_MS 20000

/* --- the lookup service ------------------------------------------------------------------------- */

/*
 * By the map's name: "hit" answers "v-KEY" at once, "miss" NOTFOUND at once, "big" KEY bytes at once;
 * "wait" answers "v-KEY" when the test calls answer().
 */
struct lookup {
    char *key;
    lookup_done *done;
    void *arg;
    struct lookup *next;
};

static struct config config;
static struct lookup *waiting; /* newest first */
static unsigned waiting_count;
static unsigned started;
static unsigned cancelled;
static size_t lookup_bytes; /* that each one that waits says to have */

size_t lookup_memory(const struct lookup *lookup)
{
    (void)lookup;
    return lookup_bytes;
}

static struct lookup *wait_for_test(struct slice key, lookup_done *done, void *arg)
{
    struct lookup *lookup = xcalloc(1, sizeof(*lookup));

    *lookup = (struct lookup){xstrndup(key.data, key.len), done, arg, waiting};
    waiting = lookup;
    waiting_count++;
    return lookup;
}

struct lookup *lookup_start(struct lookup_service *service, struct slice map, struct slice key,
                            lookup_done *done, void *arg, struct lookup_reply *reply)
{
    static struct buffer value;

    (void)service;
    started++;
    buffer_free(&value);
    if (slice_equal(map, slice_of("wait")))
        return wait_for_test(key, done, arg);
    *reply = (struct lookup_reply){OUTCOME_PERM, slice_of("no such map")};
    if (slice_equal(map, slice_of("hit"))) {
        buffer_printf(&value, "v-%.*s", (int)key.len, key.data);
        *reply = (struct lookup_reply){OUTCOME_OK, buffer_slice(&value)};
    } else if (slice_equal(map, slice_of("big"))) {
        size_t len = strtoul(key.data, NULL, 10);

        memset(buffer_reserve(&value, len), 'b', len);
        value.len = len;
        *reply = (struct lookup_reply){OUTCOME_OK, buffer_slice(&value)};
    } else if (slice_equal(map, slice_of("miss"))) {
        reply->outcome = OUTCOME_NOTFOUND;
    }
    return NULL;
}

static void forget(struct lookup *lookup)
{
    struct lookup **link = &waiting;

    while (*link != lookup)
        link = &(*link)->next;
    *link = lookup->next;
    waiting_count--;
    free(lookup->key);
    free(lookup);
}

void lookup_cancel(struct lookup *lookup)
{
    cancelled++;
    forget(lookup);
}

/* The database answers the one that asked for this key. */
static void answer(const char *key)
{
    struct buffer value = BUFFER_EMPTY;

    for (struct lookup *lookup = waiting; lookup != NULL; lookup = lookup->next) {
        if (strcmp(lookup->key, key) == 0) {
            lookup_done *done = lookup->done;
            void *arg = lookup->arg;
            struct lookup_reply reply;

            buffer_printf(&value, "v-%s", key);
            reply = (struct lookup_reply){OUTCOME_OK, buffer_slice(&value)};
            forget(lookup);
            done(arg, &reply);
            buffer_free(&value);
            return;
        }
    }
    ck_abort_msg("nobody has asked for %s", key);
}

/* --- the stage ---------------------------------------------------------------------------------- */

static struct event_base *base;
static struct event *tick;
static struct clients *clients;

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static void start(void)
{
    const struct timeval interval = {.tv_usec = 2000};

    started = 0;
    cancelled = 0;
    stats.clients.accepted = 0;
    stats.clients.rejected = 0;
    config.server = (struct server_options){.max_clients = 1000,
                                            .client_read_timeout_ms = PATIENCE_MS,
                                            .client_write_timeout_ms = PATIENCE_MS};
    base = event_base_new();
    tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
    event_add(tick, &interval);
    clients = clients_new(base, NULL);
    clients_configure(clients, &config.server, INT_MAX);
}

static void stop(void)
{
    clients_free(clients);
    ck_assert_uint_eq(waiting_count, 0);
    event_free(tick);
    event_base_free(base);
}

static void set_nonblocking(int fd)
{
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

/* Connect; returns the peer's end. send_buffer 0: the kernel's default. */
static int join_as(int type, int send_buffer)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
    set_nonblocking(ends[0]);
    set_nonblocking(ends[1]);
    if (send_buffer != 0)
        ck_assert_int_eq(
            setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer)), 0);
    clients_accept(clients, ends[0]);
    return ends[1];
}

static int join(void)
{
    return join_as(SOCK_STREAM, 0);
}

/* Let happen what is ready, and what becomes ready by it. */
static void settle(void)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
}

static void say_bytes(int peer, const char *data, size_t len)
{
    uint64_t until = clock_ms() + PATIENCE_MS;

    while (len > 0) {
        ssize_t sent = send(peer, data, len, MSG_NOSIGNAL);

        if (sent < 0) {
            ck_assert_int_eq(errno, EAGAIN);
            ck_assert_msg(clock_ms() < until, "vmapd does not read");
            event_base_loop(base, EVLOOP_ONCE);
            continue;
        }
        data += sent;
        len -= (size_t)sent;
    }
}

static void say(int peer, const char *text)
{
    say_bytes(peer, text, strlen(text));
}

/* Append the frames of "MAP KEY" requests. */
static void ask(struct buffer *out, const char *request)
{
    netstring_add(out, slice_of(request));
}

/* Read until there are so many bytes, or the end (false). */
static bool hear(int peer, struct buffer *heard, size_t len)
{
    uint64_t until = clock_ms() + PATIENCE_MS;

    while (heard->len < len) {
        char bytes[4096];
        size_t most = len - heard->len < sizeof(bytes) ? len - heard->len : sizeof(bytes);
        ssize_t got = recv(peer, bytes, most, 0);

        if (got == 0 || (got < 0 && errno == ECONNRESET))
            return false;
        if (got > 0) {
            buffer_add(heard, bytes, (size_t)got);
            continue;
        }
        ck_assert_int_eq(errno, EAGAIN);
        ck_assert_msg(clock_ms() < until, "only %zu of %zu bytes came: %s", heard->len, len,
                      buffer_text(heard));
        event_base_loop(base, EVLOOP_ONCE);
    }
    return true;
}

static void expect(int peer, const char *replies)
{
    struct buffer heard = BUFFER_EMPTY;

    ck_assert_msg(hear(peer, &heard, strlen(replies)), "closed after \"%s\", expected \"%s\"",
                  buffer_text(&heard), replies);
    ck_assert_str_eq(buffer_text(&heard), replies);
    buffer_free(&heard);
}

/* It is served: a request that waits for nobody has its reply. */
static void expect_hit(int peer)
{
    say(peer, "5:hit a,");
    expect(peer, "6:OK v-a,");
}

static void expect_end(int peer)
{
    struct buffer heard = BUFFER_EMPTY;

    ck_assert_msg(!hear(peer, &heard, 1), "not closed, sent \"%s\"", buffer_text(&heard));
    close(peer);
}

static void expect_silence(int peer)
{
    char byte;

    settle();
    ck_assert_int_eq(recv(peer, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, EAGAIN);
}

/* Turn the event loop until the number of clients is this. */
static void expect_count(size_t count)
{
    uint64_t until = clock_ms() + PATIENCE_MS;

    while (clients_count(clients) != count) {
        ck_assert_msg(clock_ms() < until, "%zu clients instead of %zu", clients_count(clients),
                      count);
        event_base_loop(base, EVLOOP_ONCE);
    }
    ck_assert_uint_eq(stats.clients.current, count);
}

/* Turn the event loop until so many lookups wait for the database. */
static void expect_waiting(unsigned count)
{
    uint64_t until = clock_ms() + PATIENCE_MS;

    while (waiting_count != count) {
        ck_assert_msg(clock_ms() < until, "%u lookups instead of %u", waiting_count, count);
        event_base_loop(base, EVLOOP_ONCE);
    }
}

/* --- much ------------------------------------------------------------------------------------- */

#define BIG_REQUESTS 60
#define BIG_LEN      40000

/* Requests whose replies are far more than sockets take. */
static void ask_for_much(int peer, struct buffer *expected)
{
    struct buffer out = BUFFER_EMPTY;

    for (unsigned i = 0; i < BIG_REQUESTS; i++) {
        char request[100];
        char *payload = netstring_add_frame(expected, 3 + BIG_LEN + i);

        snprintf(request, sizeof(request), "big %u", BIG_LEN + i);
        ask(&out, request);
        memset(payload, 'b', 3 + BIG_LEN + i);
        memcpy(payload, "OK ", 3);
    }
    say_bytes(peer, out.data, out.len);
    buffer_free(&out);
}

#endif
