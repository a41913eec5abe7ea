/*
 * Sockets with the right owner from the first moment, stale files replaced, living ones and other
 * files left alone, and no spinning when descriptors run out.
 */
#include "listener.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "unit.h"

#define PATIENCE_MS 20000

static char directory[] = "/tmp/test_listener.XXXXXX";
static char path[sizeof(directory) + 10];
static char text[300];
static struct listen_address address;
static struct listener_access as_created = {0600, "", ""};
static struct event_base *base;
static struct event *tick;
static struct buffer error;
static int accepted[100];
static unsigned accepted_count;

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

/* The C library's unlink(2), which also sees whether somebody still answered on what it removes. */
static bool removed_alive;

int unlink(const char *name)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(un.sun_path, sizeof(un.sun_path), "%s", name);
    removed_alive = connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0;
    close(fd);
    return unlinkat(AT_FDCWD, name, 0);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

static void on_accepted(void *arg, int fd)
{
    ck_assert_ptr_eq(arg, &address);
    ck_assert_uint_lt(accepted_count, 100);
    accepted[accepted_count++] = fd;
}

static void start(void)
{
    const struct timeval interval = {.tv_usec = 20000};

    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/socket", directory);
    snprintf(text, sizeof(text), "unix:%s", path);
    address = (struct listen_address){.text = text, .kind = LISTEN_UNIX, .path = path};
    error = (struct buffer)BUFFER_EMPTY;
    accepted_count = 0;
    base = event_base_new();
    tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
    event_add(tick, &interval);
}

static void stop(void)
{
    while (accepted_count > 0)
        close(accepted[--accepted_count]);
    event_free(tick);
    event_base_free(base);
    buffer_free(&error);
    unlink(path);
    ck_assert_int_eq(rmdir(directory), 0);
}

static struct listener *open_with(const struct listener_access *access, int fd)
{
    return listener_open(base, &address, access, fd, on_accepted, &address, &error);
}

static struct listener *open_good(const struct listener_access *access)
{
    struct listener *listener = open_with(access, -1);

    ck_assert_msg(listener != NULL, "%s", buffer_text(&error));
    ck_assert_str_eq(buffer_text(&error), "");
    return listener;
}

/* Fails, with the address and this in the message. */
static void open_bad(const struct listener_access *access, const char *message)
{
    ck_assert_ptr_null(open_with(access, -1));
    ck_assert_msg(strncmp(buffer_text(&error), address.text, strlen(address.text)) == 0 &&
                      strstr(buffer_text(&error), message) != NULL,
                  "\"%s\" does not say \"%s\"", buffer_text(&error), message);
    buffer_clear(&error);
}

static struct sockaddr_un unix_address(void)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
    return un;
}

/* The address taken by somebody else. */
static int bind_type(int type)
{
    struct sockaddr_un un = unix_address();
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    return bind(fd, (struct sockaddr *)&un, sizeof(un)) == 0 ? fd : -1;
}

static int bind_other(void)
{
    int fd = bind_type(SOCK_STREAM);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static int try_connect(void)
{
    struct sockaddr_un un = unix_address();
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0 ? fd : -1;
}

static int connect_unix(void)
{
    int fd = try_connect();

    ck_assert_int_ge(fd, 0);
    return fd;
}

static void expect_accepted(unsigned count)
{
    uint64_t until = clock_ms() + PATIENCE_MS;

    while (accepted_count < count) {
        ck_assert_msg(clock_ms() < until, "%u accepted instead of %u", accepted_count, count);
        event_base_loop(base, EVLOOP_ONCE);
    }
    ck_assert_uint_eq(accepted_count, count);
}

/* --- unix --------------------------------------------------------------------------------------- */

START_TEST(accepts)
{
    struct listener *listener = open_good(&as_created);
    int first = connect_unix();
    int second = connect_unix();

    expect_accepted(2);
    ck_assert_int_ne(fcntl(accepted[0], F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(accepted[1], F_GETFD) & FD_CLOEXEC, 0);
    close(first);
    close(second);
    listener_close(listener);
    ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(mode_whatever_the_umask)
{
    static const mode_t modes[] = {0600, 0660, 0666, 0777};
    mode_t umasks[] = {0, 022, 077, 0777};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct listener_access access = {modes[i], "", ""};
        struct listener *listener;
        struct stat status;

        umask(umasks[i]);
        listener = open_good(&access);
        ck_assert_uint_eq(umask(022), umasks[i]);
        ck_assert_int_eq(stat(path, &status), 0);
        ck_assert(S_ISSOCK(status.st_mode));
        ck_assert_uint_eq(status.st_mode & 0777, modes[i]);
        listener_close(listener);
    }
}
END_TEST

START_TEST(owner_and_group)
{
    bool is_root = geteuid() == 0;
    char uid[20];
    char gid[20];
    struct listener_access numbers = {0660, uid, gid};
    struct listener_access names = {0660, "daemon", "mail"}; /* 1 and 8 on every Debian */
    struct listener *listener;
    struct stat status;

    snprintf(uid, sizeof(uid), "%u", is_root ? 12345 : geteuid());
    snprintf(gid, sizeof(gid), "%u", is_root ? 23456 : getegid());
    listener = open_good(&numbers);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_uid, (uid_t)strtoul(uid, NULL, 10));
    ck_assert_uint_eq(status.st_gid, (gid_t)strtoul(gid, NULL, 10));
    listener_close(listener);
    if (!is_root) {
        open_bad(&names, "cannot change owner and group");
        ck_assert_int_eq(access(path, F_OK), -1);
        return;
    }
    listener = open_good(&names);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_uid, 1);
    ck_assert_uint_eq(status.st_gid, 8);
    listener_close(listener);
}
END_TEST

START_TEST(unknown_owner_or_group)
{
    open_bad(&(struct listener_access){0660, "nobody-of-this-name", ""}, "nobody-of-this-name");
    open_bad(&(struct listener_access){0660, "", "12-no-group"}, "12-no-group");
    ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(stale_file_is_replaced)
{
    struct listener *listener;
    int peer;

    close(bind_other());
    ck_assert_int_eq(access(path, F_OK), 0);
    listener = open_good(&as_created);
    peer = connect_unix();
    expect_accepted(1);
    close(peer);
    listener_close(listener);
}
END_TEST

static void read_own_name(char *name, int size)
{
    FILE *file = fopen("/proc/self/comm", "r");

    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(name, size, file));
    fclose(file);
    name[strcspn(name, "\n")] = '\0';
}

START_TEST(living_one_is_left_alone)
{
    struct listener *first = open_good(&as_created);
    char name[32];
    char who[100];
    int peer;

    /* Its name is not always that of the program: under valgrind it is another. */
    read_own_name(name, sizeof(name));
    snprintf(who, sizeof(who), "in use by pid %ld (%s)", (long)getpid(), name);
    open_bad(&as_created, who);
    peer = connect_unix();
    expect_accepted(2); /* the probe, and this one */
    close(peer);
    listener_close(first);
}
END_TEST

START_TEST(full_backlog_is_alive)
{
    int other = bind_other();
    int peer;

    ck_assert_int_eq(listen(other, 0), 0);
    peer = connect_unix(); /* fills a backlog of 0 */
    open_bad(&as_created, "in use by another process");
    ck_assert_int_eq(access(path, F_OK), 0);
    close(peer);
    close(other);
}
END_TEST

START_TEST(datagram_socket_is_alive)
{
    int other = bind_type(SOCK_DGRAM);

    ck_assert_int_ge(other, 0);
    open_bad(&as_created, "in use by another process");
    ck_assert_int_eq(access(path, F_OK), 0);
    close(other);
}
END_TEST

START_TEST(other_files_are_left_alone)
{
    char target[300];
    int fd = open(path, O_CREAT | O_WRONLY, 0600);

    ck_assert_int_eq(write(fd, "mine", 4), 4);
    close(fd);
    open_bad(&as_created, "else than a socket");
    ck_assert_int_eq(access(path, F_OK), 0);
    /* Nor is a link followed. */
    snprintf(target, sizeof(target), "%s/target", directory);
    ck_assert_int_eq(rename(path, target), 0);
    ck_assert_int_eq(symlink(target, path), 0);
    open_bad(&as_created, "else than a socket");
    ck_assert_int_eq(access(target, F_OK), 0);
    unlink(target);
}
END_TEST

START_TEST(impossible_paths)
{
    char long_path[200];

    snprintf(text, sizeof(text), "unix:%s/missing/socket", directory);
    address.path = text + strlen("unix:");
    open_bad(&as_created, "no directory");
    memset(long_path, 'x', sizeof(long_path) - 1);
    long_path[0] = '/';
    long_path[sizeof(long_path) - 1] = '\0';
    address.path = long_path;
    open_bad(&as_created, "107");
}
END_TEST

START_TEST(close_keeps_what_is_not_ours)
{
    struct listener *listener = open_good(&as_created);
    int other;

    ck_assert_int_eq(unlink(path), 0);
    other = bind_other();
    listener_close(listener);
    ck_assert_int_eq(access(path, F_OK), 0);
    close(other);
}
END_TEST

/*
 * Whoever starts on this path meanwhile has to find it in use: a socket of theirs could have our
 * file's inode number when ours is gone.
 */
START_TEST(the_file_goes_before_the_socket)
{
    struct listener *listener = open_good(&as_created);

    removed_alive = false;
    listener_close(listener);
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert(removed_alive);
}
END_TEST

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
    tcase_add_test(t, accepts);
    tcase_add_test(t, mode_whatever_the_umask);
    tcase_add_test(t, owner_and_group);
    tcase_add_test(t, unknown_owner_or_group);
    tcase_add_test(t, stale_file_is_replaced);
    tcase_add_test(t, living_one_is_left_alone);
    tcase_add_test(t, full_backlog_is_alive);
    tcase_add_test(t, datagram_socket_is_alive);
    tcase_add_test(t, other_files_are_left_alone);
    tcase_add_test(t, impossible_paths);
    tcase_add_test(t, close_keeps_what_is_not_ours);
    tcase_add_test(t, the_file_goes_before_the_socket);
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
