/*
 * listener_case - what tests of listeners share: an address in a directory of its own, and who connects
 * to it. Include it once in a test program.
 */
#ifndef VMAPD_LISTENER_CASE_H
#define VMAPD_LISTENER_CASE_H

#include "listener.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "unit.h"

#pragma GCC diagnostic ignored "-Wunused-function" /* each test needs some of it */

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

#endif
