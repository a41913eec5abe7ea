/*
 * control_case - what tests of the control socket share: the peer's side of a connection, and a lookup
 * service that says what it is told to. Include it once in a test program.
 */
#ifndef VMAPD_CONTROL_CASE_H
#define VMAPD_CONTROL_CASE_H

#include "control.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "control_protocol.h"
#include "fake_service.h"
#include "netstring.h"
#include "stats.h"
#include "unit.h"

#pragma GCC diagnostic ignored "-Wunused-function" /* each test needs some of it */

#define TIMEOUT_MS   100
#define IN_TIME_MS   5000
#define WORDS(words) ((struct slice){words, sizeof(words) - 1})

static struct event_base *base;
static struct lookup_service service;
static struct control *control;
static bool reload_works;
static int peer; /* the other end of the last connection */

static struct event *reloading;
static struct control_reload *reload_asker; /* NULL: nobody waits for a reload */

static void on_reload_done(evutil_socket_t fd, short events, void *arg)
{
    struct control_reload *asker = reload_asker;

    (void)fd;
    (void)events;
    (void)arg;
    reload_asker = NULL;
    asker->done(asker, reload_works, reload_works ? "reloaded" : "vmapd.conf:3: unknown parameter");
}

static void on_reload(void *arg, struct control_reload *asker)
{
    const struct timeval soon = clock_timeval(1);

    ck_assert_ptr_eq(arg, &reload_works);
    ck_assert_ptr_null(reload_asker);
    reload_asker = asker;
    evtimer_add(reloading, &soon);
}

static void on_forget(struct control_reload *asker)
{
    ck_assert_ptr_eq(reload_asker, asker);
    reload_asker = NULL;
    evtimer_del(reloading);
}

static unsigned flushes_told;

static void on_flushed(void *arg)
{
    ck_assert_ptr_eq(arg, &reload_works);
    flushes_told++;
}

static void setup(void)
{
    struct control_actions actions = {on_reload, on_forget, &reload_works, on_flushed};

    flushes_told = 0;
    memset(&service, 0, sizeof(service));
    base = event_base_new();
    reload_asker = NULL;
    reloading = evtimer_new(base, on_reload_done, NULL);
    control = control_new(base, &service, &actions);
}

static void teardown(void)
{
    control_free(control);
    ck_assert_ptr_null(reload_asker);
    event_free(reloading);
    event_base_free(base);
    stats_free();
}

static void open_connection(void)
{
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    control_accept(control, fds[0]);
    peer = fds[1];
}

static void send_bytes(const char *bytes, size_t len)
{
    ck_assert_int_eq(send(peer, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void send_request(struct slice words)
{
    struct buffer request = BUFFER_EMPTY;

    open_connection();
    netstring_add(&request, words);
    send_bytes(request.data, request.len);
    buffer_free(&request);
}

/* Let the server work until the connection ends; what it has said by then. */
static void receive_all(struct buffer *reply)
{
    uint64_t until_ms = clock_ms() + IN_TIME_MS;

    for (;;) {
        char bytes[65536];
        ssize_t len;

        event_base_loop(base, EVLOOP_NONBLOCK);
        len = recv(peer, bytes, sizeof(bytes), 0);
        if (len == 0 || (len < 0 && errno != EAGAIN))
            break;
        if (len > 0)
            buffer_add(reply, bytes, (size_t)len);
        ck_assert_msg(clock_ms() < until_ms, "no end of the reply");
    }
    close(peer);
}

/* A whole reply: one netstring, the status, the text. Frees nothing: text is static. */
static const char *receive(int *status)
{
    static char text[200000];
    struct buffer reply = BUFFER_EMPTY;
    struct slice payload;
    size_t consumed;
    char *end;

    receive_all(&reply);
    ck_assert_int_eq(netstring_parse(buffer_slice(&reply), CONTROL_REPLY_MAX, &payload, &consumed),
                     NETSTRING_COMPLETE);
    ck_assert_uint_eq(consumed, reply.len);
    ck_assert_uint_lt(payload.len, sizeof(text));
    memcpy(text, payload.data, payload.len);
    text[payload.len] = '\0';
    buffer_free(&reply);
    *status = (int)strtol(text, &end, 10);
    ck_assert_int_eq(*end, '\n');
    return end + 1;
}

static void expect(struct slice words, int status, const char *text)
{
    int got;
    const char *said;

    send_request(words);
    said = receive(&got);
    ck_assert_str_eq(said, text);
    ck_assert_int_eq(got, status);
}

static void run_loop_until_lookup(void)
{
    uint64_t until_ms = clock_ms() + IN_TIME_MS;

    while (service.lookup.done == NULL) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        ck_assert_msg(clock_ms() < until_ms, "the lookup did not start");
    }
}

#endif
