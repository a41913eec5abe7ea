/*
 * Clients of every temper against a lookup service that answers when the test says so: polite ones,
 * hasty ones, slow ones, broken ones. Every reply is compared, in its order.
 */
#include "client.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "netstring.h"
#include "network.h"
#include "socketmap.h"
#include "stats.h"
#include "unit.h"
#include "xmalloc.h"

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

struct config *lookup_service_config(const struct lookup_service *service)
{
    (void)service;
    return &config;
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
static struct client_group *group;

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
    group = client_group_new(base, NULL);
}

static void stop(void)
{
    client_group_free(group);
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
    client_accept(group, ends[0]);
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

    while (client_group_count(group) != count) {
        ck_assert_msg(clock_ms() < until, "%zu clients instead of %zu", client_group_count(group),
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

/* --- answers ------------------------------------------------------------------------------------ */

START_TEST(one_request_after_the_other)
{
    int peer = join();

    expect_hit(peer);
    say(peer, "6:miss b,");
    expect(peer, "9:NOTFOUND ,");
    say(peer, "4:hit ,");
    expect(peer, "5:OK v-,");
    say(peer, "7:other c,");
    expect(peer, "16:PERM no such map,");
    say(peer, "6:wait d,");
    expect_silence(peer);
    answer("d");
    expect(peer, "6:OK v-d,");
    say(peer, "7:big 010,");
    expect(peer, "13:OK bbbbbbbbbb,");
    say(peer, "7:big 000,");
    expect(peer, "23:TEMP the value is empty,");
    close(peer);
    expect_count(0);
}
END_TEST

static const char mixed[] = "5:hit a,6:wait b,6:miss c,7:hit d e,";
static const char mixed_replies[] = "6:OK v-a,6:OK v-b,9:NOTFOUND ,8:OK v-d e,";

static void answer_if_asked(void)
{
    settle();
    if (waiting != NULL)
        answer("b");
}

START_TEST(every_split_in_two)
{
    for (size_t at = 0; at <= strlen(mixed); at++) {
        int peer = join();

        say_bytes(peer, mixed, at);
        answer_if_asked();
        say(peer, mixed + at);
        answer_if_asked();
        expect(peer, mixed_replies);
        expect_silence(peer);
        close(peer);
        expect_count(0);
    }
}
END_TEST

START_TEST(byte_by_byte)
{
    int peer = join();

    for (size_t at = 0; at < strlen(mixed); at++) {
        say_bytes(peer, mixed + at, 1);
        answer_if_asked();
    }
    expect(peer, mixed_replies);
    close(peer);
}
END_TEST

START_TEST(pipelined_hits_are_answered_by_one_write)
{
    /* This type of socket keeps one write apart from the next. */
    int peer = join_as(SOCK_SEQPACKET, 0);
    char reply[100];
    ssize_t len;

    say(peer, "5:hit a,6:miss b,5:hit c,");
    settle();
    len = recv(peer, reply, sizeof(reply) - 1, 0);
    ck_assert_int_gt(len, 0);
    reply[len] = '\0';
    ck_assert_str_eq(reply, "6:OK v-a,9:NOTFOUND ,6:OK v-c,");
    close(peer);
}
END_TEST

START_TEST(in_order_and_one_lookup_at_a_time)
{
    int peer = join();

    say(peer, "5:hit a,6:wait b,6:wait c,5:hit d,6:wait e,");
    expect(peer, "6:OK v-a,"); /* what is known does not wait for what is not */
    expect_silence(peer);
    ck_assert_uint_eq(waiting_count, 1);
    answer("b");
    expect(peer, "6:OK v-b,");
    ck_assert_uint_eq(waiting_count, 1);
    answer("c");
    expect(peer, "6:OK v-c,6:OK v-d,");
    ck_assert_uint_eq(waiting_count, 1);
    answer("e");
    expect(peer, "6:OK v-e,");
    close(peer);
}
END_TEST

START_TEST(clients_do_not_wait_for_each_other)
{
    int slow = join();
    int quick = join();

    say(slow, "6:wait s,5:hit x,");
    expect_waiting(1);
    say(quick, "5:hit q,6:wait r,");
    expect(quick, "6:OK v-q,");
    expect_waiting(2);
    answer("r");
    expect(quick, "6:OK v-r,");
    expect_silence(slow);
    answer("s");
    expect(slow, "6:OK v-s,6:OK v-x,");
    close(slow);
    close(quick);
    expect_count(0);
}
END_TEST

/* --- endings ------------------------------------------------------------------------------------ */

START_TEST(half_closed_gets_all_answers)
{
    int peer = join();

    say(peer, "5:hit a,6:wait b,5:hit c,6:wait d,");
    ck_assert_int_eq(shutdown(peer, SHUT_WR), 0);
    expect(peer, "6:OK v-a,");
    settle();
    answer("b");
    expect(peer, "6:OK v-b,6:OK v-c,");
    settle();
    answer("d");
    expect(peer, "6:OK v-d,");
    expect_end(peer);
    expect_count(0);
}
END_TEST

START_TEST(half_closed_in_a_request)
{
    int peer = join();

    say(peer, "5:hit a,6:wai");
    ck_assert_int_eq(shutdown(peer, SHUT_WR), 0);
    expect(peer, "6:OK v-a,");
    expect_end(peer);
    ck_assert_uint_eq(started, 1);
    expect_count(0);
}
END_TEST

START_TEST(gone_during_a_lookup)
{
    int peer = join();

    say(peer, "6:wait a,");
    expect_waiting(1);
    close(peer);
    expect_count(0);
    ck_assert_uint_eq(waiting_count, 0);
    ck_assert_uint_eq(cancelled, 1);
}
END_TEST

START_TEST(requests_that_wait_do_not_keep_the_loop_busy)
{
    uint64_t began = clock_ms();
    unsigned rounds = 0;
    int peer = join();

    say(peer, "6:wait a,");
    expect_waiting(1);
    say(peer, "6:wait b,"); /* stays unread, and readable */
    for (; clock_ms() - began < 100; rounds++)
        event_base_loop(base, EVLOOP_ONCE);
    ck_assert_uint_lt(rounds, 150); /* the ticks, and a few more */
    answer("a");
    expect(peer, "6:OK v-a,");
    expect_waiting(1);
    answer("b");
    expect(peer, "6:OK v-b,");
    close(peer);
}
END_TEST

START_TEST(gone_before_its_answer_is_written)
{
    int peer = join();

    say(peer, "6:wait a,6:wait b,");
    expect_waiting(1);
    settle(); /* the second request makes it look: not gone, reading stops */
    close(peer);
    answer("a"); /* the write fails */
    expect_count(0);
    ck_assert_uint_eq(waiting_count + cancelled, 1);
}
END_TEST

/* --- rubbish ------------------------------------------------------------------------------------ */

START_TEST(rubbish_ends_the_connection_after_the_replies_due)
{
    static const char *const rubbish[] = {
        "x",
        "05:hit a,",
        "5:hit ab",
        "100001:",
        "99999999999999999999:",
        "3:hit,",
        "0:,",
        "2: a,",
        "GET / HTTP/1.0\r\n\r\n",
        "\n",
        "5hit a,",
    };
    int bystander = join();

    for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
        int peer = join();

        say(peer, "5:hit a,6:wait b,6:miss c,");
        expect(peer, "6:OK v-a,");
        say(peer, rubbish[i]);
        say(peer, "5:hit z,"); /* never looked at: there is no telling where a request begins */
        expect_silence(peer);
        answer("b");
        expect(peer, "6:OK v-b,9:NOTFOUND ,");
        expect_end(peer);
        expect_count(1);
    }
    ck_assert_uint_eq(started, 3 * sizeof(rubbish) / sizeof(rubbish[0]));
    say(bystander, "5:hit y,");
    expect(bystander, "6:OK v-y,");
    close(bystander);
}
END_TEST

START_TEST(largest_request)
{
    struct buffer out = BUFFER_EMPTY;
    int peer = join();
    char *payload = netstring_add_frame(&out, SOCKETMAP_REQUEST_MAX);
    char reply[100];

    memset(payload, '0', SOCKETMAP_REQUEST_MAX);
    memcpy(payload, "big ", 4);
    payload[SOCKETMAP_REQUEST_MAX - 1] = '7';
    for (int i = 0; i < 2; i++) {
        say_bytes(peer, out.data, out.len);
        snprintf(reply, sizeof(reply), "10:OK bbbbbbb,");
        expect(peer, reply);
    }
    close(peer);
    expect_count(0);
    buffer_free(&out);
}
END_TEST

/* --- clients that do not read ------------------------------------------------------------------- */

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

START_TEST(unread_replies_stop_the_work)
{
    struct buffer expected = BUFFER_EMPTY;
    struct buffer heard = BUFFER_EMPTY;
    int peer = join();
    int other = join();

    ask_for_much(peer, &expected);
    settle();
    ck_assert_uint_lt(started, 20);
    say(other, "5:hit o,");
    expect(other, "6:OK v-o,");
    /* When it reads at last, nothing is missing. */
    ck_assert(hear(peer, &heard, expected.len));
    ck_assert_mem_eq(heard.data, expected.data, expected.len);
    ck_assert_uint_eq(started, BIG_REQUESTS + 1);
    expect_silence(peer);
    buffer_free(&expected);
    buffer_free(&heard);
    close(peer);
    close(other);
}
END_TEST

START_TEST(unread_too_long)
{
    struct buffer expected = BUFFER_EMPTY;
    struct buffer heard = BUFFER_EMPTY;
    uint64_t began = clock_ms();
    int peer;

    config.server.client_write_timeout_ms = 100;
    peer = join();
    ask_for_much(peer, &expected);
    expect_count(0);
    ck_assert_uint_ge(clock_ms() - began, 100);
    /* What did come is a clean beginning. */
    ck_assert(!hear(peer, &heard, expected.len));
    ck_assert_uint_lt(heard.len, expected.len);
    ck_assert_mem_eq(heard.data, expected.data, heard.len);
    buffer_free(&expected);
    buffer_free(&heard);
    close(peer);
}
END_TEST

START_TEST(reading_slowly_is_reading)
{
    const size_t len = strlen("90003:OK ,") + 90000;
    struct buffer heard = BUFFER_EMPTY;
    uint64_t began = clock_ms();
    int peer;

    config.server.client_write_timeout_ms = 300;
    peer = join_as(SOCK_STREAM, 4096);
    say(peer, "9:big 90000,");
    for (uint64_t step = 1; step <= 8; step++) {
        while (clock_ms() - began < step * 100)
            event_base_loop(base, EVLOOP_ONCE);
        ck_assert(hear(peer, &heard, step * len / 8));
    }
    ck_assert_mem_eq(heard.data, "90003:OK b", 10);
    ck_assert_int_eq(heard.data[len - 1], ',');
    buffer_free(&heard);
    close(peer);
}
END_TEST

START_TEST(gone_during_a_lookup_after_late_reading)
{
    struct buffer heard = BUFFER_EMPTY;
    int peer = join_as(SOCK_STREAM, 4096);

    say(peer, "9:big 40000,6:wait b,");
    expect_waiting(1);
    ck_assert(hear(peer, &heard, strlen("40003:OK ,") + 40000));
    settle();
    close(peer);
    expect_count(0);
    ck_assert_uint_eq(cancelled, 1);
    buffer_free(&heard);
}
END_TEST

START_TEST(answer_while_replies_are_unread)
{
    struct buffer expected = BUFFER_EMPTY;
    struct buffer heard = BUFFER_EMPTY;
    char *payload = netstring_add_frame(&expected, 3 + BIG_LEN);
    int peer = join_as(SOCK_STREAM, 4096);

    memset(payload, 'b', 3 + BIG_LEN);
    memcpy(payload, "OK ", 3);
    /* One turn makes more than the socket takes, and ends with a lookup that waits. */
    say(peer, "9:big 40000,6:wait b,6:wait c,5:hit d,");
    expect_waiting(1);
    settle();
    answer("b");
    settle();
    ck_assert_uint_eq(started, 2); /* the next one is for when all this has been read */
    netstring_add(&expected, slice_of("OK v-b"));
    ck_assert(hear(peer, &heard, expected.len));
    ck_assert_mem_eq(heard.data, expected.data, expected.len);
    expect_waiting(1);
    answer("c");
    expect(peer, "6:OK v-c,6:OK v-d,");
    buffer_free(&expected);
    buffer_free(&heard);
    close(peer);
}
END_TEST

START_TEST(closed_without_reading)
{
    struct buffer expected = BUFFER_EMPTY;
    int peer = join();

    ask_for_much(peer, &expected);
    settle();
    close(peer);
    expect_count(0);
    buffer_free(&expected);
}
END_TEST

/* --- slow and silent clients -------------------------------------------------------------------- */

START_TEST(incomplete_request_too_long)
{
    uint64_t trickled = 0;
    uint64_t began;
    int peer;

    config.server.client_read_timeout_ms = 300;
    peer = join();
    expect_hit(peer);
    say(peer, "100000:");
    began = clock_ms();
    while (client_group_count(group) != 0) {
        uint64_t passed = clock_ms() - began;

        ck_assert_uint_lt(passed, 560); /* bytes that trickle in do not prolong it */
        if (passed < 280 && passed != trickled)
            say(peer, "x");
        trickled = passed;
        event_base_loop(base, EVLOOP_ONCE);
    }
    ck_assert_uint_ge(clock_ms() - began, 290);
    expect_end(peer);
}
END_TEST

START_TEST(idle_too_long)
{
    uint64_t began = clock_ms();
    int busy;
    int idle;

    config.server.client_idle_timeout_ms = 150;
    idle = join();
    busy = join();
    while (client_group_count(group) == 2) {
        ck_assert_uint_lt(clock_ms() - began, PATIENCE_MS);
        expect_hit(busy);
        event_base_loop(base, EVLOOP_ONCE);
    }
    ck_assert_uint_ge(clock_ms() - began, 150);
    expect_end(idle);
    say(busy, "5:hit b,");
    expect(busy, "6:OK v-b,");
    expect_count(0);
    expect_end(busy);
}
END_TEST

START_TEST(a_lookup_is_not_idleness)
{
    uint64_t began = clock_ms();
    int peer;

    config.server.client_idle_timeout_ms = 30;
    config.server.client_read_timeout_ms = 30;
    peer = join();
    say(peer, "6:wait a,6:wai");
    while (clock_ms() - began < 120)
        event_base_loop(base, EVLOOP_ONCE);
    answer("a");
    expect(peer, "6:OK v-a,");
    say(peer, "t b,");
    expect_waiting(1);
    answer("b");
    expect(peer, "6:OK v-b,");
    close(peer);
}
END_TEST

/* --- many --------------------------------------------------------------------------------------- */

#define FLOOD 4000

START_TEST(a_flood_lets_others_through)
{
    struct buffer flood = BUFFER_EMPTY;
    struct buffer expected = BUFFER_EMPTY;
    struct buffer heard = BUFFER_EMPTY;
    int hasty[2] = {join(), join()};
    int polite = join();

    for (int i = 0; i < FLOOD; i++) {
        netstring_add(&flood, slice_of("hit a"));
        netstring_add(&expected, slice_of("OK v-a"));
    }
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(send(hasty[i], flood.data, flood.len, 0), (ssize_t)flood.len);
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    ck_assert_uint_lt(started, FLOOD / 4);
    say(polite, "5:hit p,");
    expect(polite, "6:OK v-p,");
    ck_assert_uint_lt(started, FLOOD);
    for (int i = 0; i < 2; i++) {
        buffer_clear(&heard);
        ck_assert(hear(hasty[i], &heard, expected.len));
        ck_assert_mem_eq(heard.data, expected.data, expected.len);
        close(hasty[i]);
    }
    ck_assert_uint_eq(started, 2 * FLOOD + 1);
    buffer_free(&flood);
    buffer_free(&expected);
    buffer_free(&heard);
    close(polite);
    expect_count(0);
}
END_TEST

START_TEST(max_clients)
{
    int first;
    int second;

    config.server.max_clients = 2;
    first = join();
    second = join();
    expect_end(join());
    ck_assert_uint_eq(client_group_count(group), 2);
    ck_assert_uint_eq(stats.clients.rejected, 1);
    ck_assert_uint_eq(stats.clients.accepted, 2);
    close(first);
    expect_count(1);
    first = join();
    expect_hit(first);
    ck_assert_uint_eq(stats.clients.accepted, 3);
    close(first);
    close(second);
    expect_count(0);
}
END_TEST

/* Connect over TCP on loopback; returns the peer's end. */
static int join_inet(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    int accepted;

    ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(listening, 1), 0);
    ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&address, &len), 0);
    ck_assert_int_eq(connect(peer, (struct sockaddr *)&address, len), 0);
    accepted = accept(listening, NULL, NULL);
    ck_assert_int_ge(accepted, 0);
    close(listening);
    set_nonblocking(accepted);
    set_nonblocking(peer);
    client_accept(group, accepted);
    return peer;
}

START_TEST(only_networks_that_are_allowed)
{
    struct network networks[2];
    struct buffer error = BUFFER_EMPTY;
    int peer;

    ck_assert(network_parse("10.0.0.0/8", &networks[0], &error));
    ck_assert(network_parse("127.0.0.0/8", &networks[1], &error));
    config.server.allow = networks;
    config.server.allow_count = 1;
    expect_end(join_inet());
    ck_assert_uint_eq(stats.clients.rejected, 1);
    config.server.allow_count = 2;
    peer = join_inet();
    expect_hit(peer);
    close(peer);
    config.server.allow_count = 1; /* for TCP, not for local sockets */
    peer = join();
    expect_hit(peer);
    close(peer);
    expect_count(0);
}
END_TEST

START_TEST(the_last_descriptors_are_not_for_clients)
{
    int first = join();
    int next = dup(0);
    int second;

    close(next);
    client_group_limit(group, next + 2); /* of each pair of sockets, the lower is the client */
    second = join();
    expect_hit(second);
    expect_end(join());
    ck_assert_uint_eq(stats.clients.rejected, 1);
    close(second);
    expect_count(1);
    second = join();
    expect_hit(second);
    close(first);
    close(second);
    expect_count(0);
}
END_TEST

/* --- the end of the service --------------------------------------------------------------------- */

START_TEST(draining)
{
    struct buffer big = BUFFER_EMPTY;
    struct buffer heard = BUFFER_EMPTY;
    int idle = join();
    int asked = join();
    int pending = join();
    int unread = join();
    int incomplete = join();

    say(pending, "6:wait p,5:hit q,");
    say(incomplete, "5:hit i,5:hi");
    ask_for_much(unread, &big);
    expect(incomplete, "6:OK v-i,");
    expect_waiting(1);
    say(asked, "5:hit a,6:miss b,"); /* has arrived, nobody has read it yet */
    client_group_drain(group);
    expect(asked, "6:OK v-a,9:NOTFOUND ,");
    expect_end(asked);
    expect_end(idle);
    expect_end(incomplete);
    expect_end(join()); /* late */
    ck_assert_uint_eq(stats.clients.rejected, 1);
    ck_assert_uint_eq(client_group_count(group), 2);
    answer("p");
    expect(pending, "6:OK v-p,6:OK v-q,");
    expect_end(pending);
    ck_assert(hear(unread, &heard, big.len));
    ck_assert_mem_eq(heard.data, big.data, big.len);
    expect_end(unread);
    expect_count(0);
    buffer_free(&big);
    buffer_free(&heard);
}
END_TEST

START_TEST(freed_in_the_middle_of_everything)
{
    struct buffer flood = BUFFER_EMPTY;
    struct buffer big = BUFFER_EMPTY;
    int idle = join();
    int pending = join();
    int unread = join();
    int hasty = join();
    int incomplete = join();

    for (int i = 0; i < 500; i++)
        netstring_add(&flood, slice_of("hit a"));
    say(pending, "6:wait p,");
    say(incomplete, "5:hi");
    ask_for_much(unread, &big);
    expect_waiting(1);
    ck_assert_int_eq(send(hasty, flood.data, flood.len, 0), (ssize_t)flood.len);
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    client_group_free(group);
    ck_assert_uint_eq(stats.clients.current, 0);
    ck_assert_uint_eq(cancelled, 1);
    group = client_group_new(base, NULL);
    buffer_free(&flood);
    buffer_free(&big);
    close(idle);
    close(pending);
    close(unread);
    close(hasty);
    close(incomplete);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("client");
    TCase *t = tcase_create("client");

    log_open("test_client", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, one_request_after_the_other);
    tcase_add_test(t, every_split_in_two);
    tcase_add_test(t, byte_by_byte);
    tcase_add_test(t, pipelined_hits_are_answered_by_one_write);
    tcase_add_test(t, in_order_and_one_lookup_at_a_time);
    tcase_add_test(t, clients_do_not_wait_for_each_other);
    tcase_add_test(t, half_closed_gets_all_answers);
    tcase_add_test(t, half_closed_in_a_request);
    tcase_add_test(t, gone_during_a_lookup);
    tcase_add_test(t, requests_that_wait_do_not_keep_the_loop_busy);
    tcase_add_test(t, gone_before_its_answer_is_written);
    tcase_add_test(t, rubbish_ends_the_connection_after_the_replies_due);
    tcase_add_test(t, largest_request);
    tcase_add_test(t, unread_replies_stop_the_work);
    tcase_add_test(t, unread_too_long);
    tcase_add_test(t, reading_slowly_is_reading);
    tcase_add_test(t, gone_during_a_lookup_after_late_reading);
    tcase_add_test(t, answer_while_replies_are_unread);
    tcase_add_test(t, closed_without_reading);
    tcase_add_test(t, incomplete_request_too_long);
    tcase_add_test(t, idle_too_long);
    tcase_add_test(t, a_lookup_is_not_idleness);
    tcase_add_test(t, a_flood_lets_others_through);
    tcase_add_test(t, max_clients);
    tcase_add_test(t, only_networks_that_are_allowed);
    tcase_add_test(t, the_last_descriptors_are_not_for_clients);
    tcase_add_test(t, draining);
    tcase_add_test(t, freed_in_the_middle_of_everything);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
