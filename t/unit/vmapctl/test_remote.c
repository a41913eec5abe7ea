/* The asking side gets every kind of answer, and tells plainly when there is none. */
#include "remote.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"
#include "control_protocol.h"
#include "fake_service.h"
#include "unit.h"

static char directory[32];
static struct sockaddr_un address;
static int listener;
static pid_t server;
static struct buffer text;
static struct buffer error;
static int status;

static void setup(void)
{
    strcpy(directory, "/tmp/test_client.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    address.sun_family = AF_UNIX;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", directory);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 5), 0);
    server = -1;
}

static void teardown(void)
{
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    close(listener);
    unlink(address.sun_path);
    rmdir(directory);
    buffer_free(&text);
    buffer_free(&error);
}

static void on_connection(evutil_socket_t fd, short events, void *arg)
{
    (void)events;
    control_accept(arg, accept4(fd, NULL, NULL, SOCK_NONBLOCK));
}

/* A process that serves the control socket with the fake service until it is killed. */
static void serve(struct lookup_reply reply)
{
    static struct lookup_service service;
    struct control_actions actions = {0};
    struct event_base *base;
    struct event *accepting;

    service.reply = reply;
    server = fork();
    ck_assert_int_ge(server, 0);
    if (server != 0)
        return;
    base = event_base_new();
    accepting = event_new(base, listener, EV_READ | EV_PERSIST, on_connection,
                          control_new(base, &service, &actions));
    event_add(accepting, NULL);
    event_base_dispatch(base);
    _exit(1);
}

/* A process that answers the one connection with these bytes, whatever is asked. */
static void serve_bytes(const char *bytes)
{
    server = fork();
    ck_assert_int_ge(server, 0);
    if (server == 0) {
        int fd = accept(listener, NULL, NULL);
        char request[100];

        _exit(read(fd, request, sizeof(request)) < 0 || write(fd, bytes, strlen(bytes)) < 0 ? 1
                                                                                            : 0);
    }
}

static bool ask(const char *const *words, size_t count)
{
    return remote_ask(address.sun_path, words, count, 5, &status, &text, &error);
}

static void expect_trouble(const char *part)
{
    const char *const words[] = {"ping"};

    ck_assert(!ask(words, 1));
    ck_assert_msg(strstr(buffer_text(&error), part) != NULL, "%s", buffer_text(&error));
    ck_assert_ptr_null(strchr(buffer_text(&error), '\n'));
}

START_TEST(words_go_and_answers_come)
{
    const char *const words[] = {"lookup", "aliases", "a key\nof two lines"};

    serve((struct lookup_reply){OUTCOME_OK, slice_of("value")});
    ck_assert_msg(ask(words, 3), "%s", buffer_text(&error));
    ck_assert_str_eq(buffer_text(&text), "value\n");
    ck_assert_int_eq(status, CONTROL_OK);
}
END_TEST

START_TEST(a_large_answer_comes_whole)
{
    const char *const words[] = {"lookup", "aliases", ""};
    size_t len = 8u << 20;
    char *value = malloc(len);

    memset(value, 'v', len);
    serve((struct lookup_reply){OUTCOME_OK, {value, len}});
    ck_assert_msg(ask(words, 3), "%s", buffer_text(&error));
    ck_assert_uint_eq(text.len, len + 1);
    free(value);
}
END_TEST

/* The server stops reading there, and its reason arrives all the same. */
START_TEST(a_request_too_long_is_told)
{
    char *key = malloc(2 * CONTROL_REQUEST_MAX);
    const char *const words[] = {"lookup", "aliases", key};

    memset(key, 'k', 2 * CONTROL_REQUEST_MAX);
    key[2 * CONTROL_REQUEST_MAX - 1] = '\0';
    serve((struct lookup_reply){OUTCOME_NOTFOUND, slice_of("")});
    ck_assert_msg(ask(words, 3), "%s", buffer_text(&error));
    ck_assert_str_eq(buffer_text(&text), "the request is too long\n");
    ck_assert_int_eq(status, CONTROL_USAGE);
    free(key);
}
END_TEST

START_TEST(nobody_there_is_told)
{
    close(listener);
    expect_trouble("Connection refused");
    unlink(address.sun_path);
    buffer_clear(&error);
    expect_trouble("No such file");
}
END_TEST

START_TEST(a_path_too_long_is_told)
{
    const char *const words[] = {"ping"};
    char path[200];

    memset(path, 'p', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    ck_assert(!remote_ask(path, words, 1, 5, &status, &text, &error));
    ck_assert_ptr_nonnull(strstr(buffer_text(&error), "too long"));
}
END_TEST

START_TEST(silence_is_told)
{
    const char *const words[] = {"ping"};

    ck_assert(!remote_ask(address.sun_path, words, 1, 1, &status, &text, &error));
    ck_assert_ptr_nonnull(strstr(buffer_text(&error), "does not answer"));
}
END_TEST

START_TEST(a_stranger_is_told)
{
    serve_bytes("220 smtp.example.com\r\n");
    expect_trouble("not vmapd's control socket");
}
END_TEST

START_TEST(a_broken_answer_is_told)
{
    serve_bytes("9:0\nhalf");
    expect_trouble("closed the connection");
}
END_TEST

START_TEST(an_answer_without_status_is_told)
{
    serve_bytes("4:what,");
    expect_trouble("not vmapd's control socket");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("control_client");
    TCase *t = tcase_create("control_client");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, words_go_and_answers_come);
    tcase_add_test(t, a_large_answer_comes_whole);
    tcase_add_test(t, a_request_too_long_is_told);
    tcase_add_test(t, nobody_there_is_told);
    tcase_add_test(t, a_path_too_long_is_told);
    tcase_add_test(t, silence_is_told);
    tcase_add_test(t, a_stranger_is_told);
    tcase_add_test(t, a_broken_answer_is_told);
    tcase_add_test(t, an_answer_without_status_is_told);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
