/* Lines reach whoever takes them, as they should look; those that nobody takes keep nobody waiting. */
#include "log.h"

#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "controls.h"
#include "log_syslog.h"
#include "unit.h"

static char path[64];
static int log_daemon;
static char line[4000];

/* The socket of a log daemon, which has just started. */
static void start_daemon(void)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
    log_daemon = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(log_daemon, (struct sockaddr *)&un, sizeof(un)), 0);
}

static void stop_daemon(void)
{
    close(log_daemon);
    unlink(path);
}

/* The next line that the daemon reads; false: there is none. */
static bool read_line(void)
{
    ssize_t len = recv(log_daemon, line, sizeof(line) - 1, 0);

    line[len > 0 ? len : 0] = '\0';
    return len > 0;
}

static void start(void)
{
    snprintf(path, sizeof(path), "/tmp/test_log.%ld", (long)getpid());
    start_daemon();
    log_syslog_open(path);
}

static void stop(void)
{
    log_syslog_close();
    stop_daemon();
}

static bool say(const char *text)
{
    return log_syslog_line("vmapd", LOG_MAIL | LOG_WARNING, text);
}

START_TEST(a_line_looks_as_log_daemons_want_it)
{
    regex_t expected;

    ck_assert_int_eq(regcomp(&expected,
                             "^<20>[A-Z][a-z][a-z] [ 1-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9] "
                             "vmapd\\[[0-9]+\\]: host db1 is down$",
                             REG_EXTENDED),
                     0);
    ck_assert(say("host db1 is down"));
    ck_assert(read_line());
    ck_assert_msg(regexec(&expected, line, 0, NULL, 0) == 0, "%s", line);
    regfree(&expected);
}
END_TEST

START_TEST(a_daemon_that_does_not_read_keeps_nobody_waiting)
{
    unsigned taken = 0;
    unsigned read = 0;

    while (say("full"))
        ck_assert_uint_lt(taken++, 100000);
    ck_assert_uint_gt(taken, 0);
    while (read_line())
        read++;
    ck_assert_uint_eq(read, taken);
    ck_assert(say("it flows again"));
    ck_assert(read_line());
}
END_TEST

START_TEST(a_daemon_may_come_late_and_start_again)
{
    stop_daemon();
    ck_assert(!say("nobody there"));
    start_daemon();
    ck_assert(say("again"));
    ck_assert(read_line());
    log_syslog_close();
    stop_daemon();
    log_syslog_open(path);
    ck_assert(!say("not there yet"));
    start_daemon();
    ck_assert(say("there"));
    ck_assert(read_line() && strstr(line, "]: there") != NULL);
}
END_TEST

static const char *masked(const char *text)
{
    snprintf(line, sizeof(line), "%s", text);
    controls_mask(line, strlen(line));
    return line;
}

START_TEST(no_control_character_gets_through)
{
    ck_assert_str_eq(masked("a\nb\033[2J\177"), "a?b?[2J?");
    ck_assert_str_eq(masked("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x93\xa7"),
                     "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x93\xa7");
    ck_assert_str_eq(masked("\xc2\x9b[2J \xc2\x80\xc2\xa0"), "??[2J ??\xc2\xa0");
    ck_assert_str_eq(masked("\x9b[2J \xc3"), "?[2J \xc3");
    ck_assert_str_eq(masked("\xe2\x9b[ \xc3\x9b"), "\xe2?[ \xc3\x9b");
}
END_TEST

/* Standard error is a pipe here, whose other end is read late. */
START_TEST(lost_lines_are_counted_and_told)
{
    static char text[200000];
    int saved = dup(STDERR_FILENO);
    int ends[2];
    char told[100];
    unsigned long lost;
    ssize_t len;

    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    log_open("test_log", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    dup2(ends[1], STDERR_FILENO);
    for (unsigned i = 0; i < 3000; i++)
        log_info("a line that is long enough to fill a pipe of sixty-four kilobytes soon: %u", i);
    lost = log_lost();
    len = read(ends[0], text, sizeof(text) - 1);
    log_info("the last one");
    dup2(saved, STDERR_FILENO);
    ck_assert_uint_gt(lost, 0);
    ck_assert_int_gt(len, 0);
    ck_assert_uint_eq(log_lost(), lost);
    len = read(ends[0], text, sizeof(text) - 1);
    ck_assert_int_gt(len, 0);
    text[len] = '\0';
    snprintf(told, sizeof(told), "warning: %lu lines are lost: nobody took them\n", lost);
    ck_assert_msg(strstr(text, told) != NULL && strstr(text, "the last one\n") != NULL, "%s", text);
    close(saved);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

/* What log_rarely() and log_limited() say, with the time at which they do. */
static uint64_t now_ms;
static char said[2000];

static void on_line(void *arg, enum log_level level, const char *text)
{
    size_t len = strlen(said);

    (void)arg;
    ck_assert_int_eq(level, LOG_LEVEL_WARNING);
    snprintf(said + len, sizeof(said) - len, "%llu:%s\n", (unsigned long long)now_ms / 1000, text);
}

START_TEST(what_goes_on_is_said_less_and_less_often)
{
    struct log_limit limit = {0};
    uint64_t last_ms = 0;
    unsigned lines = 0;

    said[0] = '\0';
    log_divert(on_line, NULL);
    for (now_ms = 1000; now_ms <= 100000; now_ms += 1000)
        log_rarely(&limit, now_ms, LOG_LEVEL_WARNING, "down");
    ck_assert_str_eq(said, "1:down\n11:down (9 more like this not logged)\n"
                           "31:down (19 more like this not logged)\n"
                           "71:down (39 more like this not logged)\n");
    for (; now_ms <= 86400000; now_ms += 1000) {
        said[0] = '\0';
        log_rarely(&limit, now_ms, LOG_LEVEL_WARNING, "down");
        if (said[0] != '\0') {
            ck_assert_uint_le(now_ms - last_ms, LOG_LIMIT_SLOWEST_MS);
            last_ms = now_ms;
            lines++;
        }
    }
    log_divert(NULL, NULL);
    ck_assert_uint_ge(lines, 24); /* a day: still one an hour */
    ck_assert_uint_lt(lines, 35);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("log");
    TCase *t = tcase_create("log");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, a_line_looks_as_log_daemons_want_it);
    tcase_add_test(t, a_daemon_that_does_not_read_keeps_nobody_waiting);
    tcase_add_test(t, a_daemon_may_come_late_and_start_again);
    tcase_add_test(t, no_control_character_gets_through);
    tcase_add_test(t, lost_lines_are_counted_and_told);
    tcase_add_test(t, what_goes_on_is_said_less_and_less_often);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
