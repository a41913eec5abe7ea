/*
 * load - drive a socketmap server from one thread: connections in a closed loop over a unix socket,
 * each reply compared with the one that is right. Prints requests/s, latencies, the server's CPU time
 * and what went wrong; exits with 1 if anything did.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "load_keys.h"
#include "load_options.h"
#include "log.h"
#include "netstring.h"
#include "stats.h"
#include "xmalloc.h"

#define READ_BYTES 65536
#define EVENTS_MAX 256
#define REPLY_MAX  200000
#define LAST_WAIT_NS                                                                               \
    15000000000ull /* for replies still due at the end; over Postfix's patience in
                                       the lookups themselves */
#define SECOND_NS 1000000000ull

struct asked {
    size_t key;
    uint64_t ns;
};

struct connection {
    int fd;
    unsigned first, count; /* of the ring */
    struct asked *asked;   /* a ring of depth members: requests not answered yet */
    struct buffer partial;
};

struct counts {
    uint64_t replies; /* in the time that is measured; the others at any time */
    uint64_t temporary;
    uint64_t wrong;
    uint64_t closed; /* connections that the server ended */
    uint64_t lost;   /* requests without a reply */
};

static struct load_options options;
static struct load_keys keys;
static struct connection *connections;
static struct counts counts;
static struct histogram latency; /* in nanoseconds, though its header says us */
static uint64_t asked_in_all;
static uint64_t outstanding;
static bool is_measuring;
static bool is_over; /* ask no more */
static size_t next_key;
static uint64_t random_state = 88172645463325252ull; /* fixed: every run asks the same */
static int epoll_fd;

static uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND_NS + (uint64_t)time.tv_nsec;
}

static size_t choose_key(void)
{
    if (options.is_random) {
        random_state ^= random_state << 13;
        random_state ^= random_state >> 7;
        random_state ^= random_state << 17;
        return random_state % keys.count;
    }
    if (next_key == keys.count)
        next_key = 0;
    return next_key++;
}

/* --- one connection ----------------------------------------------------------------------------- */

static void open_connection(struct connection *connection)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", options.socket);
    connection->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        log_fatal("cannot connect to %s: %s", options.socket, strerror(errno));
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        log_fatal("epoll_ctl: %s", strerror(errno));
}

/* Fill the ring and send what is new with one write. */
static void ask(struct connection *connection, uint64_t now)
{
    static struct buffer out;

    buffer_clear(&out);
    while (connection->count < options.depth && !is_over) {
        size_t key = choose_key();
        struct slice request = load_request(&keys, key);
        unsigned place = (connection->first + connection->count++) % options.depth;

        connection->asked[place] = (struct asked){key, now};
        buffer_add(&out, request.data, request.len);
        asked_in_all++;
        outstanding++;
        is_over = is_over || asked_in_all == options.requests;
    }
    /* The socket is blocking, so a short write is an error; one that fails shows as the end. */
    if (out.len != 0)
        (void)!send(connection->fd, out.data, out.len, MSG_NOSIGNAL);
}

static void reopen(struct connection *connection, uint64_t now)
{
    counts.closed++;
    counts.lost += connection->count;
    outstanding -= connection->count;
    connection->count = 0;
    buffer_free(&connection->partial);
    close(connection->fd);
    if (is_over)
        return;
    open_connection(connection);
    ask(connection, now);
}

static void complain(struct slice got, struct slice expected)
{
    if (counts.wrong == 1)
        log_error("got %.*s instead of %.*s", (int)(got.len < 200 ? got.len : 200), got.data,
                  (int)(expected.len < 200 ? expected.len : 200), expected.data);
}

static bool begins_with(struct slice text, const char *word)
{
    return text.len >= strlen(word) && memcmp(text.data, word, strlen(word)) == 0;
}

/* Judge the reply at the start of input. Returns its length; 0 if it is not all there. */
static size_t judge(struct slice input, struct slice expected)
{
    struct slice payload;
    size_t len;

    if (input.len >= expected.len && memcmp(input.data, expected.data, expected.len) == 0)
        return expected.len;
    switch (netstring_parse(input, REPLY_MAX, &payload, &len)) {
    case NETSTRING_COMPLETE:
        if (begins_with(payload, "TEMP ") || begins_with(payload, "TIMEOUT ")) {
            counts.temporary++;
        } else {
            counts.wrong++;
            complain((struct slice){input.data, len}, expected);
        }
        return len;
    case NETSTRING_PARTIAL:
        return 0;
    case NETSTRING_MALFORMED:
    case NETSTRING_TOO_LONG:
        break;
    }
    log_fatal("the server sends something that is no netstring");
}

/* Returns how many bytes of input were whole replies. */
static size_t take_replies(struct connection *connection, struct slice input, uint64_t now)
{
    size_t used = 0;

    while (used < input.len) {
        const struct asked *asked = &connection->asked[connection->first];
        size_t len;

        if (connection->count == 0)
            log_fatal("the server sends a reply that nobody asked for");
        len = judge((struct slice){input.data + used, input.len - used},
                    load_reply(&keys, asked->key));
        if (len == 0)
            break;
        used += len;
        if (is_measuring) {
            histogram_add(&latency, now - asked->ns);
            counts.replies++;
        }
        connection->first = (connection->first + 1) % options.depth;
        connection->count--;
        outstanding--;
    }
    return used;
}

static void on_readable(struct connection *connection)
{
    static char bytes[READ_BYTES];
    ssize_t got = recv(connection->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    uint64_t now = now_ns();
    struct slice input = {bytes, got > 0 ? (size_t)got : 0};
    size_t used;

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        reopen(connection, now);
        return;
    }
    if (connection->partial.len != 0) {
        buffer_add(&connection->partial, bytes, input.len);
        input = buffer_slice(&connection->partial);
    }
    used = take_replies(connection, input, now);
    if (connection->partial.len != 0)
        buffer_consume(&connection->partial, used);
    else if (used < input.len)
        buffer_add(&connection->partial, input.data + used, input.len - used);
    ask(connection, now);
}

/* --- the run ------------------------------------------------------------------------------------ */

/* Time that the server's main thread has been on a CPU. */
static uint64_t server_cpu_ns(void)
{
    unsigned long long ns = 0;
    char path[64];
    FILE *file;

    if (options.server == 0)
        return 0;
    snprintf(path, sizeof(path), "/proc/%ld/schedstat", options.server);
    file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%llu", &ns) != 1)
        log_fatal("cannot read %s", path);
    fclose(file);
    return ns;
}

/* Until the time is over, or all that was asked for is answered. */
static void turn_until(uint64_t end_ns)
{
    struct epoll_event events[EVENTS_MAX];

    while (now_ns() < end_ns && !(is_over && outstanding == 0)) {
        int count = epoll_wait(epoll_fd, events, EVENTS_MAX, 10);

        for (int i = 0; i < count; i++)
            on_readable(events[i].data.ptr);
    }
}

static void open_all(void)
{
    epoll_fd = epoll_create1(0);
    connections = xcalloc(options.connections, sizeof(*connections));
    for (unsigned i = 0; i < options.connections; i++) {
        connections[i].asked = xcalloc(options.depth, sizeof(struct asked));
        open_connection(&connections[i]);
    }
    for (unsigned i = 0; i < options.connections; i++)
        ask(&connections[i], now_ns());
}

static void close_all(void)
{
    for (unsigned i = 0; i < options.connections; i++) {
        counts.lost += connections[i].count;
        close(connections[i].fd);
        free(connections[i].asked);
        buffer_free(&connections[i].partial);
    }
    free(connections);
    close(epoll_fd);
}

static double microseconds(double share)
{
    return (double)histogram_quantile(&latency, share) / 1000;
}

static void report_line(double rate, double cpu)
{
    printf("%.0f requests/s, p50 %.1f us, p99 %.1f us, p999 %.1f us", rate, microseconds(0.5),
           microseconds(0.99), microseconds(0.999));
    if (options.server != 0)
        printf(", server CPU %.2f us/request", cpu);
    printf("; %llu replies, %llu temporary, %llu wrong, %llu closed, %llu lost\n",
           (unsigned long long)counts.replies, (unsigned long long)counts.temporary,
           (unsigned long long)counts.wrong, (unsigned long long)counts.closed,
           (unsigned long long)counts.lost);
}

static void report_json(double rate, double cpu)
{
    printf("{\"requests_per_second\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, "
           "\"p999_us\": %.1f, \"server_cpu_us\": %.3f, ",
           rate, microseconds(0.5), microseconds(0.99), microseconds(0.999), cpu);
    printf("\"replies\": %llu, \"temporary\": %llu, \"wrong\": %llu, \"closed\": %llu, "
           "\"lost\": %llu}\n",
           (unsigned long long)counts.replies, (unsigned long long)counts.temporary,
           (unsigned long long)counts.wrong, (unsigned long long)counts.closed,
           (unsigned long long)counts.lost);
}

static void report(double seconds, double cpu_seconds)
{
    double rate = (double)counts.replies / seconds;
    double cpu = counts.replies > 0 ? cpu_seconds * 1e6 / (double)counts.replies : 0;

    if (options.is_json)
        report_json(rate, cpu);
    else
        report_line(rate, cpu);
}

static void run(void)
{
    uint64_t began;
    uint64_t cpu_began;
    double seconds;
    double cpu_seconds;

    open_all();
    turn_until(now_ns() + (uint64_t)(options.warm_up * 1e9));
    is_measuring = true;
    began = now_ns();
    cpu_began = server_cpu_ns();
    turn_until(began + (uint64_t)(options.seconds * 1e9));
    seconds = (double)(now_ns() - began) / 1e9;
    cpu_seconds = (double)(server_cpu_ns() - cpu_began) / 1e9;
    is_measuring = false;
    is_over = true;
    turn_until(now_ns() + LAST_WAIT_NS);
    close_all();
    report(seconds, cpu_seconds);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    log_open("load", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    load_options_parse(&options, argc, argv);
    raise_descriptor_limit();
    if (options.key_file != NULL)
        load_keys_read(&keys, options.key_file, options.map, options.reply_template);
    else
        load_keys_make(&keys, options.key_template, options.key_count, options.map,
                       options.reply_template);
    run();
    load_keys_free(&keys);
    return counts.temporary + counts.wrong + counts.closed + counts.lost == 0 ? 0 : 1;
}
