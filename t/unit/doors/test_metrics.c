/* Monitoring gets its pages over HTTP, and no client of it can take more than its share. */
#include "metrics.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fake_service.h"
#include "network.h"
#include "stats.h"
#include "unit.h"

#define IN_TIME_MS  5000
#define LIFETIME_MS 300

static struct event_base *base;
static struct lookup_service service;
static struct metrics *metrics;
static struct buffer answer;

static char address_text[] = "inet:127.0.0.1:0";
static char address_host[] = "127.0.0.1";
static char address_port[] = "0";
static const struct listen_address address = {
    .text = address_text, .kind = LISTEN_INET, .host = address_host, .port = address_port};

static void setup(void)
{
    struct buffer error = BUFFER_EMPTY;

    memset(&service, 0, sizeof(service));
    answer = (struct buffer)BUFFER_EMPTY;
    base = event_base_new();
    metrics = metrics_new(base, &service, &address, &error);
    ck_assert_msg(metrics != NULL, "%s", buffer_text(&error));
    metrics_configure(metrics, &service.config.server);
}

static void teardown(void)
{
    metrics_free(metrics);
    event_base_free(base);
    buffer_free(&answer);
    stats_free();
}

static int open_connection(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(metrics_port(metrics)),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static void send_text(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* One round of the server, then what has come from it: false at the end. */
static bool receive_some(int fd)
{
    char bytes[65536];
    ssize_t len;

    event_base_loop(base, EVLOOP_NONBLOCK);
    len = recv(fd, bytes, sizeof(bytes), 0);
    if (len > 0)
        buffer_add(&answer, bytes, (size_t)len);
    return len > 0 || (len < 0 && errno == EAGAIN);
}

static void receive_all(int fd)
{
    uint64_t until_ms = clock_ms() + IN_TIME_MS;

    buffer_clear(&answer);
    while (receive_some(fd))
        ck_assert_msg(clock_ms() < until_ms, "no end of the answer");
    close(fd);
}

static const char *ask(const char *request)
{
    int fd = open_connection();

    send_text(fd, request);
    receive_all(fd);
    return buffer_text(&answer);
}

#define GET(path) "GET " path " HTTP/1.0\r\n\r\n"

static void expect(const char *request, const char *status, const char *part)
{
    const char *got = ask(request);

    ck_assert_msg(strncmp(got, "HTTP/1.", 7) == 0, "not HTTP: %s", got);
    ck_assert_msg(strncmp(got + 9, status, 3) == 0, "expected %s, got %s", status, got);
    ck_assert_msg(strstr(got, part) != NULL, "no %s in %s", part, got);
}

START_TEST(metrics_are_served)
{
    stats.lookups = 42;
    expect(GET("/metrics"), "200", "\nvmapd_lookups_total 42\n");
    expect(GET("/metrics?x=y"), "200", "Content-Type: text/plain; version=0.0.4");
    stats.lookups = 0;
}
END_TEST

/* Many who ask get the same text, until it is a second old. */
START_TEST(rendered_once_a_second)
{
    uint64_t began_ms;

    stats.lookups = 1;
    ask(GET("/metrics"));
    began_ms = clock_ms();
    stats.lookups = 2;
    while (strstr(ask(GET("/metrics")), "\nvmapd_lookups_total 1\n") != NULL)
        ck_assert_uint_lt(clock_ms() - began_ms, IN_TIME_MS);
    ck_assert_uint_ge(clock_ms() - began_ms, 900);
    ck_assert_ptr_nonnull(strstr(buffer_text(&answer), "\nvmapd_lookups_total 2\n"));
    stats.lookups = 0;
}
END_TEST

START_TEST(health_is_told)
{
    expect(GET("/healthz"), "200", "\r\n\r\nok\n");
}
END_TEST

static void one_pool(bool can_serve)
{
    service.pool_count = 1;
    service.pools[0] = (struct pool){
        .can_serve = can_serve, .host_count = 1, .hosts = {{"db1", HOST_DOWN, "refused", 0, 0}}};
}

START_TEST(ready_while_a_database_can_answer)
{
    one_pool(true);
    expect(GET("/readyz"), "200", "\r\n\r\nok\n");
}
END_TEST

START_TEST(ready_while_the_cache_can_answer)
{
    one_pool(false);
    service.cache.counts.entries = 3;
    service.cache.counts.negative_entries = 2;
    expect(GET("/readyz"), "200", "from the cache");
}
END_TEST

START_TEST(not_ready_with_neither)
{
    one_pool(false);
    service.cache.counts.entries = 2;
    service.cache.counts.negative_entries = 2;
    expect(GET("/readyz"), "503", "db1: refused\n");
}
END_TEST

START_TEST(one_pool_of_two_is_not_enough)
{
    one_pool(true);
    service.pool_count = 2;
    expect(GET("/readyz"), "503", "no database");
}
END_TEST

START_TEST(all_else_is_refused)
{
    char long_request[10000];

    expect(GET("/"), "404", "");
    expect(GET("/metrics/x"), "404", "");
    expect("POST /metrics HTTP/1.0\r\nContent-Length: 0\r\n\r\n", "501", "");
    expect("GET /metrics HTTP/1.0\r\nContent-Length: 100000\r\n\r\n", "413", "");
    expect("rubbish\r\n\r\n", "400", "");
    memset(long_request, 'x', sizeof(long_request));
    memcpy(long_request, "GET /", 5);
    long_request[sizeof(long_request) - 1] = '\0';
    expect(long_request, "400", "");
}
END_TEST

START_TEST(strangers_are_told_nothing)
{
    struct buffer error = BUFFER_EMPTY;
    struct network allow;

    ck_assert(network_parse("192.0.2.0/24", &allow, &error));
    service.config.server.allow = &allow;
    service.config.server.allow_count = 1;
    expect(GET("/metrics"), "403", "not from a network that allow names");
    ck_assert_ptr_null(strstr(buffer_text(&answer), "vmapd_"));
    expect(GET("/healthz"), "403", "");
    expect(GET("/else"), "403", "");
    ck_assert(network_parse("127.0.0.0/8", &allow, &error));
    expect(GET("/metrics"), "200", "vmapd_lookups_total");
    expect(GET("/metrics?x=y"), "200", "vmapd_lookups_total");
}
END_TEST

START_TEST(head_has_no_body)
{
    const char *got = ask("HEAD /metrics HTTP/1.0\r\n\r\n");

    ck_assert_int_eq(strncmp(got, "HTTP/1.0 200 ", 13), 0);
    ck_assert_ptr_nonnull(strstr(got, "Content-Length: "));
    ck_assert_uint_eq(strlen(strstr(got, "\r\n\r\n")), 4);
}
END_TEST

/* Bytes that trickle in are activity, and end all the same. */
START_TEST(a_slow_request_is_ended)
{
    uint64_t started_ms = clock_ms();
    uint64_t next_ms = started_ms;
    int fd;

    metrics_set_lifetime(metrics, LIFETIME_MS);
    fd = open_connection();
    send_text(fd, "GET /metrics HTTP/1.0\r\nX: ");
    while (receive_some(fd)) {
        ck_assert_msg(clock_ms() < started_ms + IN_TIME_MS, "never ended");
        if (clock_ms() >= next_ms && send(fd, "x", 1, MSG_NOSIGNAL) == 1)
            next_ms = clock_ms() + 20;
    }
    ck_assert_uint_ge(clock_ms() - started_ms, LIFETIME_MS);
    close(fd);
}
END_TEST

/* One more than may be there: it waits, and is served when there is room. */
START_TEST(connections_are_bounded)
{
    int fds[METRICS_CONNECTIONS_MAX + 1];
    uint64_t until_ms = clock_ms() + IN_TIME_MS;

    for (int i = 0; i <= METRICS_CONNECTIONS_MAX; i++)
        fds[i] = open_connection();
    send_text(fds[METRICS_CONNECTIONS_MAX], GET("/healthz"));
    for (int i = 0; i < 20; i++)
        ck_assert(receive_some(fds[METRICS_CONNECTIONS_MAX]));
    ck_assert_uint_eq(answer.len, 0);
    close(fds[0]);
    while (receive_some(fds[METRICS_CONNECTIONS_MAX]))
        ck_assert_msg(clock_ms() < until_ms, "never served");
    ck_assert_ptr_nonnull(strstr(buffer_text(&answer), " 200 "));
    for (int i = 1; i <= METRICS_CONNECTIONS_MAX; i++)
        close(fds[i]);
}
END_TEST

START_TEST(freeing_ends_what_is_open)
{
    struct buffer error = BUFFER_EMPTY;
    int fd = open_connection();

    send_text(fd, "GET /met");
    ck_assert(receive_some(fd));
    metrics_free(metrics);
    metrics = metrics_new(base, &service, &address, &error);
    receive_all(fd);
    ck_assert_uint_eq(answer.len, 0);
}
END_TEST

START_TEST(a_port_in_use_is_told)
{
    struct buffer error = BUFFER_EMPTY;
    struct listen_address used = address;
    char port[8];

    snprintf(port, sizeof(port), "%u", metrics_port(metrics));
    used.port = port;
    ck_assert_ptr_null(metrics_new(base, &service, &used, &error));
    ck_assert_str_eq(buffer_text(&error),
                     "metrics = inet:127.0.0.1:0: cannot listen: Address already in use");
    buffer_free(&error);
}
END_TEST

#define PIPELINED 16
#define ONE       "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
#define TWO       ONE ONE
#define FOUR      TWO TWO

static unsigned count_answers(void)
{
    unsigned count = 0;

    for (const char *at = buffer_text(&answer); (at = strstr(at, "\r\n\r\nok\n")) != NULL; at++)
        count++;
    return count;
}

/* Requests that come without pause have their answers, a few at a time. */
START_TEST(a_flood_is_answered_slowly)
{
    uint64_t began_ms = clock_ms();
    int fd = open_connection();

    send_text(fd, FOUR FOUR FOUR FOUR);
    buffer_clear(&answer);
    while (count_answers() < PIPELINED) {
        ck_assert(receive_some(fd));
        ck_assert_uint_lt(clock_ms() - began_ms, IN_TIME_MS);
    }
    ck_assert_uint_ge(clock_ms() - began_ms, 250);
    close(fd);
}
END_TEST

/* Some go while their requests wait, and some are still there at the end. */
START_TEST(who_asks_may_go)
{
    int fds[METRICS_CONNECTIONS_MAX];
    uint64_t until_ms = clock_ms() + 150;

    for (size_t i = 0; i < METRICS_CONNECTIONS_MAX; i++) {
        fds[i] = open_connection();
        send_text(fds[i], FOUR);
    }
    for (size_t i = 0; i < METRICS_CONNECTIONS_MAX / 2; i++) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        close(fds[i]);
    }
    while (clock_ms() < until_ms)
        event_base_loop(base, EVLOOP_NONBLOCK);
    for (size_t i = METRICS_CONNECTIONS_MAX / 2; i < METRICS_CONNECTIONS_MAX; i++)
        close(fds[i]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("metrics");
    TCase *t = tcase_create("metrics");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, metrics_are_served);
    tcase_add_test(t, rendered_once_a_second);
    tcase_add_test(t, health_is_told);
    tcase_add_test(t, ready_while_a_database_can_answer);
    tcase_add_test(t, ready_while_the_cache_can_answer);
    tcase_add_test(t, not_ready_with_neither);
    tcase_add_test(t, one_pool_of_two_is_not_enough);
    tcase_add_test(t, all_else_is_refused);
    tcase_add_test(t, strangers_are_told_nothing);
    tcase_add_test(t, head_has_no_body);
    tcase_add_test(t, a_slow_request_is_ended);
    tcase_add_test(t, connections_are_bounded);
    tcase_add_test(t, freeing_ends_what_is_open);
    tcase_add_test(t, a_port_in_use_is_told);
    tcase_add_test(t, a_flood_is_answered_slowly);
    tcase_add_test(t, who_asks_may_go);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
