/* The control socket answers every request once, in bounds, and outlives every kind of peer. */
#include "control.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fake_service.h"
#include "netstring.h"
#include "stats.h"
#include "unit.h"

#define TIMEOUT_MS   100
#define IN_TIME_MS   5000
#define WORDS(words) ((struct slice){words, sizeof(words) - 1})

static struct event_base *base;
static struct lookup_service service;
static struct control *control;
static bool reload_works;
static int peer; /* the other end of the last connection */

static bool on_reload(void *arg, struct buffer *message)
{
    ck_assert_ptr_eq(arg, &reload_works);
    buffer_add_text(message, reload_works ? "reloaded" : "vmapd.conf:3: unknown parameter");
    return reload_works;
}

static unsigned flushes_told;

static void on_flushed(void *arg)
{
    ck_assert_ptr_eq(arg, &reload_works);
    flushes_told++;
}

static void setup(void)
{
    struct control_actions actions = {on_reload, &reload_works, on_flushed};

    flushes_told = 0;
    memset(&service, 0, sizeof(service));
    base = event_base_new();
    control = control_new(base, &service, &actions);
}

static void teardown(void)
{
    control_free(control);
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

START_TEST(ping_is_answered)
{
    int status;

    send_request(WORDS("ping"));
    ck_assert_ptr_nonnull(strstr(receive(&status), "is alive\n"));
    ck_assert_int_eq(status, CONTROL_OK);
}
END_TEST

START_TEST(stats_come_in_three_formats)
{
    int status;

    send_request(WORDS("stats"));
    ck_assert_ptr_nonnull(strstr(receive(&status), "LOOKUPS"));
    send_request(WORDS("stats\0--json"));
    ck_assert_int_eq(receive(&status)[0], '{');
    send_request(WORDS("stats\0--prometheus"));
    ck_assert_ptr_nonnull(strstr(receive(&status), "# TYPE"));
    ck_assert_int_eq(status, CONTROL_OK);
    expect(WORDS("stats\0--xml"), CONTROL_USAGE,
           "stats: expected --json, --prometheus or nothing\n");
}
END_TEST

START_TEST(lookup_tells_all_outcomes)
{
    service.reply = (struct lookup_reply){OUTCOME_OK, slice_of("a@b,c@d")};
    expect(WORDS("lookup\0aliases\0x y\nz"), CONTROL_OK, "a@b,c@d\n");
    ck_assert_str_eq(service.asked_map, "aliases");
    ck_assert_uint_eq(service.asked_key_len, 5);
    ck_assert_mem_eq(service.asked_key, "x y\nz", 5);
    service.reply = (struct lookup_reply){OUTCOME_NOTFOUND, slice_of("")};
    expect(WORDS("lookup\0aliases\0"), CONTROL_NOT_FOUND, "");
    ck_assert_uint_eq(service.asked_key_len, 0);
    service.reply = (struct lookup_reply){OUTCOME_TEMP, slice_of("no\n\033[1mhost")};
    expect(WORDS("lookup\0aliases\0x"), CONTROL_TEMPORARY, "no??[1mhost\n");
    service.reply = (struct lookup_reply){OUTCOME_TIMEOUT, slice_of("too slow")};
    expect(WORDS("lookup\0aliases\0x"), CONTROL_TEMPORARY, "too slow\n");
    service.reply = (struct lookup_reply){OUTCOME_PERM, slice_of("")};
    expect(WORDS("lookup\0alias\0x"), CONTROL_USAGE, "no such map: alias\n");
}
END_TEST

static void run_loop_until_lookup(void)
{
    uint64_t until_ms = clock_ms() + IN_TIME_MS;

    while (service.lookup.done == NULL) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        ck_assert_msg(clock_ms() < until_ms, "the lookup did not start");
    }
}

/* Longer than the timeout of the connection: waiting is not idling. */
START_TEST(lookup_waits_for_its_answer)
{
    struct lookup_reply reply = {OUTCOME_OK, slice_of("late")};
    uint64_t until_ms;
    char byte;
    int status;

    control_set_timeout(control, TIMEOUT_MS);
    service.waits = true;
    send_request(WORDS("lookup\0aliases\0x"));
    run_loop_until_lookup();
    until_ms = clock_ms() + 2 * TIMEOUT_MS;
    while (clock_ms() < until_ms)
        event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_int_eq(recv(peer, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, EAGAIN);
    service.lookup.done(service.lookup.arg, &reply);
    ck_assert_str_eq(receive(&status), "late\n");
    ck_assert_int_eq(status, CONTROL_OK);
    ck_assert(!service.lookup.cancelled);
}
END_TEST

START_TEST(others_are_served_while_one_waits)
{
    int waiting;

    service.waits = true;
    send_request(WORDS("lookup\0aliases\0x"));
    run_loop_until_lookup();
    waiting = peer;
    ck_assert_int_ge(waiting, 0);
    reload_works = true;
    expect(WORDS("reload"), CONTROL_OK, "reloaded\n");
    close(waiting);
}
END_TEST

START_TEST(freeing_cancels_what_waits)
{
    struct control_actions actions = {on_reload, &reload_works, on_flushed};

    service.waits = true;
    send_request(WORDS("lookup\0aliases\0x"));
    run_loop_until_lookup();
    control_free(control);
    ck_assert(service.lookup.cancelled);
    close(peer);
    control = control_new(base, &service, &actions);
}
END_TEST

/* The peer has gone when the answer comes: nothing happens to the others. */
START_TEST(a_peer_may_leave_while_it_waits)
{
    struct lookup_reply reply = {OUTCOME_OK, slice_of("late")};

    service.waits = true;
    send_request(WORDS("lookup\0aliases\0x"));
    run_loop_until_lookup();
    close(peer);
    service.lookup.done(service.lookup.arg, &reply);
    service.waits = false;
    service.reply = reply;
    expect(WORDS("lookup\0aliases\0x"), CONTROL_OK, "late\n");
}
END_TEST

START_TEST(flush_tells_how_many)
{
    service.flush_entries = 12;
    service.flush_knows_map = true;
    expect(WORDS("flush"), CONTROL_OK, "12 entries flushed\n");
    ck_assert_uint_eq(flushes_told, 1);
    ck_assert_uint_eq(service.flush_arguments, 0);
    expect(WORDS("flush\0aliases"), CONTROL_OK, "12 entries flushed\n");
    ck_assert_uint_eq(service.flush_arguments, 1);
    service.flush_entries = 1;
    expect(WORDS("flush\0aliases\0a b"), CONTROL_OK, "1 entry flushed\n");
    ck_assert_uint_eq(service.flush_arguments, 2);
    ck_assert_str_eq(service.asked_map, "aliases");
    ck_assert_mem_eq(service.asked_key, "a b", 3);
    service.flush_knows_map = false;
    expect(WORDS("flush\0alias"), CONTROL_USAGE, "no such map: alias\n");
}
END_TEST

START_TEST(reload_tells_what_is_wrong)
{
    reload_works = true;
    expect(WORDS("reload"), CONTROL_OK, "reloaded\n");
    reload_works = false;
    expect(WORDS("reload"), CONTROL_FAILED, "vmapd.conf:3: unknown parameter\n");
}
END_TEST

START_TEST(wrong_words_are_refused)
{
    expect(WORDS(""), CONTROL_USAGE, "unknown command\n");
    expect(WORDS("pin"), CONTROL_USAGE, "unknown command\n");
    expect(WORDS("pingx"), CONTROL_USAGE, "unknown command\n");
    expect(WORDS("lookup\0aliases"), CONTROL_USAGE, "lookup: wrong number of arguments\n");
    expect(WORDS("lookup\0a\0b\0"), CONTROL_USAGE, "lookup: wrong number of arguments\n");
    expect(WORDS("ping\0"), CONTROL_USAGE, "ping: wrong number of arguments\n");
    expect(WORDS("ping\0\0\0\0\0\0\0\0\0\0\0\0"), CONTROL_USAGE,
           "ping: wrong number of arguments\n");
}
END_TEST

START_TEST(bad_framing_is_refused)
{
    int status;

    open_connection();
    send_bytes("ping\n", 5);
    ck_assert_str_eq(receive(&status), "the request is not a netstring\n");
    ck_assert_int_eq(status, CONTROL_USAGE);
    open_connection();
    send_bytes("200001:", 7);
    ck_assert_str_eq(receive(&status), "the request is too long\n");
    ck_assert_int_eq(status, CONTROL_USAGE);
}
END_TEST

START_TEST(a_request_may_come_in_pieces)
{
    static const char request[] = "4:ping,";
    int status;

    open_connection();
    for (size_t i = 0; i < sizeof(request) - 1; i++) {
        send_bytes(request + i, 1);
        event_base_loop(base, EVLOOP_NONBLOCK);
    }
    receive(&status);
    ck_assert_int_eq(status, CONTROL_OK);
}
END_TEST

START_TEST(the_longest_request_is_taken)
{
    char *words = malloc(CONTROL_REQUEST_MAX);
    struct buffer request = BUFFER_EMPTY;
    size_t sent = 0;
    int status;

    service.reply = (struct lookup_reply){OUTCOME_NOTFOUND, slice_of("")};
    memset(words, 'k', CONTROL_REQUEST_MAX);
    memcpy(words, "lookup\0m", sizeof("lookup\0m"));
    netstring_add(&request, (struct slice){words, CONTROL_REQUEST_MAX});
    open_connection();
    while (sent < request.len) {
        ssize_t len = send(peer, request.data + sent, request.len - sent, MSG_NOSIGNAL);

        ck_assert(len > 0 || errno == EAGAIN);
        sent += len > 0 ? (size_t)len : 0;
        event_base_loop(base, EVLOOP_NONBLOCK);
    }
    receive(&status);
    ck_assert_int_eq(status, CONTROL_NOT_FOUND);
    ck_assert_uint_eq(service.asked_key_len, CONTROL_REQUEST_MAX - sizeof("lookup\0m"));
    buffer_free(&request);
    free(words);
}
END_TEST

/* Bytes that trickle in do not hold a connection for ever. */
START_TEST(a_slow_request_is_ended)
{
    uint64_t started_ms = clock_ms();
    struct pollfd readable;
    int status;

    control_set_timeout(control, TIMEOUT_MS);
    open_connection();
    send_bytes("1", 1);
    readable = (struct pollfd){peer, POLLIN, 0};
    for (unsigned i = 0; poll(&readable, 1, 10) == 0; i++) {
        if (i < 5)
            send_bytes("1", 1);
        event_base_loop(base, EVLOOP_NONBLOCK);
        ck_assert_msg(clock_ms() < started_ms + IN_TIME_MS, "never ended");
    }
    ck_assert_uint_ge(clock_ms() - started_ms, TIMEOUT_MS);
    receive(&status);
    ck_assert_int_eq(status, CONTROL_USAGE);
}
END_TEST

static char *large_value(size_t len)
{
    char *value = malloc(len);

    memset(value, 'v', len);
    service.reply = (struct lookup_reply){OUTCOME_OK, {value, len}};
    return value;
}

START_TEST(a_large_reply_arrives_whole)
{
    struct buffer reply = BUFFER_EMPTY;
    size_t len = 4u << 20;
    char *value = large_value(len);
    struct slice payload;
    size_t consumed;

    send_request(WORDS("lookup\0aliases\0x"));
    receive_all(&reply);
    ck_assert_int_eq(netstring_parse(buffer_slice(&reply), CONTROL_REPLY_MAX, &payload, &consumed),
                     NETSTRING_COMPLETE);
    ck_assert_uint_eq(payload.len, strlen("0\n") + len + 1);
    ck_assert_mem_eq(payload.data + 2, value, len);
    buffer_free(&reply);
    free(value);
}
END_TEST

START_TEST(a_reply_beyond_bounds_is_not_cut)
{
    char *value = large_value(CONTROL_REPLY_MAX);

    expect(WORDS("lookup\0aliases\0x"), CONTROL_TEMPORARY, "the reply is too large\n");
    free(value);
}
END_TEST

START_TEST(a_peer_that_does_not_read_is_ended)
{
    char *value = large_value(4u << 20);
    uint64_t until_ms = clock_ms() + IN_TIME_MS;
    struct pollfd ended;

    control_set_timeout(control, TIMEOUT_MS);
    send_request(WORDS("lookup\0aliases\0x"));
    ended = (struct pollfd){peer, 0, 0};
    while (poll(&ended, 1, 0) == 0) {
        ck_assert_msg(clock_ms() < until_ms, "never ended");
        event_base_loop(base, EVLOOP_NONBLOCK);
    }
    ck_assert_int_ne(ended.revents & POLLHUP, 0);
    close(peer);
    free(value);
}
END_TEST

START_TEST(too_many_connections_are_closed)
{
    int peers[CONTROL_CONNECTIONS_MAX + 1];
    char byte;
    int status;

    for (int i = 0; i <= CONTROL_CONNECTIONS_MAX; i++) {
        open_connection();
        peers[i] = peer;
    }
    ck_assert_int_eq(recv(peers[CONTROL_CONNECTIONS_MAX], &byte, 1, 0), 0);
    ck_assert_int_eq(recv(peers[0], &byte, 1, 0), -1);
    peer = peers[0];
    send_bytes("4:ping,", 7);
    receive(&status);
    ck_assert_int_eq(status, CONTROL_OK);
    open_connection(); /* there is room again */
    send_bytes("4:ping,", 7);
    receive(&status);
    ck_assert_int_eq(status, CONTROL_OK);
    for (int i = 1; i <= CONTROL_CONNECTIONS_MAX; i++)
        close(peers[i]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("control");
    TCase *t = tcase_create("control");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, ping_is_answered);
    tcase_add_test(t, stats_come_in_three_formats);
    tcase_add_test(t, lookup_tells_all_outcomes);
    tcase_add_test(t, lookup_waits_for_its_answer);
    tcase_add_test(t, others_are_served_while_one_waits);
    tcase_add_test(t, freeing_cancels_what_waits);
    tcase_add_test(t, a_peer_may_leave_while_it_waits);
    tcase_add_test(t, flush_tells_how_many);
    tcase_add_test(t, reload_tells_what_is_wrong);
    tcase_add_test(t, wrong_words_are_refused);
    tcase_add_test(t, bad_framing_is_refused);
    tcase_add_test(t, a_request_may_come_in_pieces);
    tcase_add_test(t, the_longest_request_is_taken);
    tcase_add_test(t, a_slow_request_is_ended);
    tcase_add_test(t, a_large_reply_arrives_whole);
    tcase_add_test(t, a_reply_beyond_bounds_is_not_cut);
    tcase_add_test(t, a_peer_that_does_not_read_is_ended);
    tcase_add_test(t, too_many_connections_are_closed);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
