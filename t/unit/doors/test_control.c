/* The control socket answers every request once, in bounds, and outlives every kind of peer. */
#include "control_case.h"

#include <poll.h>

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

static uint64_t opened_ms;

static void on_busy(evutil_socket_t fd, short what, void *arg)
{
    uint64_t began_ms = clock_ms();

    (void)fd;
    (void)what;
    (void)arg;
    while (clock_ms() - began_ms < TIMEOUT_MS * 3 / 4)
        ;
    open_connection();
    opened_ms = clock_ms();
}

/* A connection has its time from when it began, though the loop was busy before. */
START_TEST(a_busy_loop_does_not_shorten_the_time)
{
    struct pollfd readable;
    int status;

    control_set_timeout(control, TIMEOUT_MS);
    event_base_once(base, -1, EV_TIMEOUT, on_busy, NULL, NULL);
    event_base_loop(base, EVLOOP_ONCE);
    readable = (struct pollfd){peer, POLLIN, 0};
    while (poll(&readable, 1, 1) == 0)
        event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_ge(clock_ms() - opened_ms, TIMEOUT_MS);
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

/* Many that do not read large replies do not take all memory. */
START_TEST(replies_have_a_common_bound)
{
    size_t len = 4u << 20;
    char *value = large_value(len);
    struct buffer reply = BUFFER_EMPTY;
    int peers[CONTROL_HELD_MAX / (4u << 20)];
    size_t count = sizeof(peers) / sizeof(peers[0]) - 1; /* with their frames they are larger */

    for (size_t i = 0; i < count; i++) {
        send_request(WORDS("lookup\0aliases\0x"));
        event_base_loop(base, EVLOOP_NONBLOCK);
        peers[i] = peer;
    }
    expect(WORDS("lookup\0aliases\0x"), CONTROL_TEMPORARY,
           "too many replies wait to be read, try again\n");
    service.reply = (struct lookup_reply){OUTCOME_OK, slice_of("small")};
    expect(WORDS("lookup\0aliases\0x"), CONTROL_OK, "small\n");
    for (size_t i = 0; i < count; i++)
        close(peers[i]);
    for (int i = 0; i < 10; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
    service.reply = (struct lookup_reply){OUTCOME_OK, {value, len}};
    send_request(WORDS("lookup\0aliases\0x"));
    receive_all(&reply);
    ck_assert_uint_gt(reply.len, len);
    buffer_free(&reply);
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
    tcase_add_test(t, others_are_served_while_one_waits);
    tcase_add_test(t, bad_framing_is_refused);
    tcase_add_test(t, a_request_may_come_in_pieces);
    tcase_add_test(t, the_longest_request_is_taken);
    tcase_add_test(t, a_slow_request_is_ended);
    tcase_add_test(t, a_busy_loop_does_not_shorten_the_time);
    tcase_add_test(t, a_large_reply_arrives_whole);
    tcase_add_test(t, a_reply_beyond_bounds_is_not_cut);
    tcase_add_test(t, replies_have_a_common_bound);
    tcase_add_test(t, a_peer_that_does_not_read_is_ended);
    tcase_add_test(t, too_many_connections_are_closed);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
