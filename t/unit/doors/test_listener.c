/* Connections over TCP, on sockets that systemd made, and no spinning when descriptors run out. */
#include "listener_case.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/*
 * The C library's accept4(), but for as many failures as a test asks for. Under another name in C,
 * because the library's header declares a type for it that ISO C cannot say.
 */
static int accept_failure;
static unsigned accept_failures_left;

int accept_or_fail(int fd, struct sockaddr *peer, socklen_t *len, int flags) __asm__("accept4");

int accept_or_fail(int fd, struct sockaddr *peer, socklen_t *len, int flags)
{
    if (accept_failures_left > 0) {
        accept_failures_left--;
        errno = accept_failure;
        return -1;
    }
    return (int)syscall(SYS_accept4, fd, peer, len, flags);
}

/* --- inet --------------------------------------------------------------------------------------- */

static int connect_inet(int family, unsigned port)
{
    struct sockaddr_in in4 = {.sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
                               .sin6_port = htons((uint16_t)port),
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(family, SOCK_STREAM, 0);
    int rc = family == AF_INET ? connect(fd, (struct sockaddr *)&in4, sizeof(in4))
                               : connect(fd, (struct sockaddr *)&in6, sizeof(in6));

    if (fd >= 0 && rc == 0)
        return fd;
    close(fd);
    return -1;
}

/* A port of 127.0.0.1 that was free a moment ago. */
static unsigned free_port(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(in);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    close(fd);
    return ntohs(in.sin_port);
}

static char host[] = "127.0.0.1";
static char port_text[10];

static void use_inet(char *name, unsigned port)
{
    snprintf(port_text, sizeof(port_text), "%u", port);
    snprintf(text, sizeof(text), "inet:%s:%s", name, port_text);
    address =
        (struct listen_address){.text = text, .kind = LISTEN_INET, .host = name, .port = port_text};
}

START_TEST(inet_accepts)
{
    unsigned port = free_port();
    struct listener *listener;
    socklen_t len = sizeof(int);
    int no_delay = 0;
    int peer;

    use_inet(host, port);
    listener = open_good(&as_created);
    peer = connect_inet(AF_INET, port);
    ck_assert_int_ge(peer, 0);
    expect_accepted(1);
    ck_assert_int_eq(getsockopt(accepted[0], IPPROTO_TCP, TCP_NODELAY, &no_delay, &len), 0);
    ck_assert_int_ne(no_delay, 0);
    open_bad(&as_created, "in use");
    /* Its connections in TIME_WAIT do not keep the next one from the port. */
    close(accepted[--accepted_count]);
    close(peer);
    listener_close(listener);
    listener_close(open_good(&as_created));
}
END_TEST

START_TEST(inet_every_address_of_a_name)
{
    static char name[] = "localhost";
    unsigned port = free_port();
    struct listener *listener;
    unsigned count = 0;

    use_inet(name, port);
    listener = open_good(&as_created);
    for (int i = 0; i < 2; i++) {
        int peer = connect_inet(i == 0 ? AF_INET : AF_INET6, port);

        if (peer < 0)
            continue;
        expect_accepted(++count);
        close(peer);
    }
    ck_assert_uint_ge(count, 1);
    listener_close(listener);
}
END_TEST

START_TEST(inet_unknown_name)
{
    static char name[] = "no-such-host.invalid";

    use_inet(name, 2527);
    open_bad(&as_created, "cannot resolve");
}
END_TEST

/* --- inherited ---------------------------------------------------------------------------------- */

/* Put a unix socket at 4 and an inet socket at 3, as systemd would. */
static bool arrange_descriptors(char *port, size_t port_size)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(in);
    int unix_socket = fcntl(bind_type(SOCK_STREAM), F_DUPFD, 100);
    int inet_socket = fcntl(socket(AF_INET, SOCK_STREAM, 0), F_DUPFD, 100);

    if (bind(inet_socket, (struct sockaddr *)&in, sizeof(in)) != 0 ||
        getsockname(inet_socket, (struct sockaddr *)&in, &len) != 0 ||
        listen(inet_socket, 5) != 0 || listen(unix_socket, 5) != 0)
        return false;
    snprintf(port, port_size, "%u", ntohs(in.sin_port));
    return dup2(inet_socket, 3) == 3 && dup2(unix_socket, 4) == 4;
}

static void announce_descriptors(void)
{
    char number[20];

    snprintf(number, sizeof(number), "%ld", (long)getpid());
    setenv("LISTEN_PID", number, 1);
    setenv("LISTEN_FDS", "2", 1);
}

static void count_accepted(void *arg, int fd)
{
    close(fd);
    ++*(unsigned *)arg;
}

/*
 * In a process of its own, where the descriptors from 3 on can be exchanged. They were check's, so no
 * ck_assert here; 0 is good.
 */
static int run_inherited(void)
{
    static char other_path[] = "/nowhere";
    struct listen_address other = {.text = other_path, .kind = LISTEN_UNIX, .path = other_path};
    struct listen_address inet = {
        .text = host, .kind = LISTEN_INET, .host = host, .port = port_text};
    const struct listener_access not_asked = {0600, "no-such-owner", ""};
    struct event_base *own_base;
    struct listener *listener;
    unsigned count = 0;

    if (!arrange_descriptors(port_text, sizeof(port_text)))
        return 1;
    if (listener_inherited(&address) != -1)
        return 2;
    announce_descriptors();
    if (listener_inherited(&other) != -1 || listener_inherited(&inet) != 3 ||
        listener_inherited(&address) != 4)
        return 3;
    if (listener_inherited(&inet) != -1)
        return 6; /* a socket is for one listener */
    own_base = event_base_new();
    listener = listener_open(own_base, &address, &not_asked, 4, count_accepted, &count, &error);
    if (listener == NULL || (fcntl(4, F_GETFL) & O_NONBLOCK) == 0 || try_connect() < 0)
        return 4;
    event_base_loop(own_base, EVLOOP_ONCE);
    listener_close(listener);
    event_base_free(own_base);
    /* The file is systemd's. */
    return count == 1 && access(path, F_OK) == 0 ? 0 : 5;
}

START_TEST(inherited)
{
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(run_inherited());
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* --- when accepting fails ----------------------------------------------------------------------- */

START_TEST(trouble_of_one_connection_is_passed_over)
{
    static const int failures[] = {EINTR, ECONNABORTED};
    struct listener *listener = open_good(&as_created);

    for (unsigned i = 0; i < 2; i++) {
        int peer = connect_unix();

        accept_failure = failures[i];
        accept_failures_left = 3;
        expect_accepted(i + 1);
        ck_assert_uint_eq(accept_failures_left, 0);
        close(peer);
    }
    listener_close(listener);
}
END_TEST

START_TEST(out_of_descriptors_it_waits_and_loses_nobody)
{
    static const int failures[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};
    struct listener *listener = open_good(&as_created);

    for (unsigned i = 0; i < 4; i++) {
        uint64_t began = clock_ms();
        int peer = connect_unix();

        accept_failure = failures[i];
        accept_failures_left = 3;
        expect_accepted(i + 1);
        ck_assert_uint_eq(accept_failures_left, 0);
        ck_assert_uint_ge(clock_ms() - began, 200); /* each failure is followed by a pause */
        close(peer);
    }
    listener_close(listener);
}
END_TEST

START_TEST(closed_in_a_pause)
{
    struct listener *listener = open_good(&as_created);
    int peer = connect_unix();

    accept_failure = EMFILE;
    accept_failures_left = 1;
    while (accept_failures_left != 0)
        event_base_loop(base, EVLOOP_ONCE);
    listener_close(listener);
    ck_assert_uint_eq(accepted_count, 0);
    close(peer);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("listener");
    TCase *t = tcase_create("listener");

    log_open("test_listener", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, inet_accepts);
    tcase_add_test(t, inet_every_address_of_a_name);
    tcase_add_test(t, inet_unknown_name);
    tcase_add_test(t, inherited);
    tcase_add_test(t, trouble_of_one_connection_is_passed_over);
    tcase_add_test(t, out_of_descriptors_it_waits_and_loses_nobody);
    tcase_add_test(t, closed_in_a_pause);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
