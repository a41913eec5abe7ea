/* All of a text arrives, however it is taken and whatever interrupts; a failure is told. */
#include "write_all.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "thread.h"
#include "unit.h"
#include "xmalloc.h"

#define LENGTH ((size_t)4 << 20)

static volatile sig_atomic_t interruptions;

static void on_alarm(int number)
{
    (void)number;
    interruptions++;
}

/* Signals that interrupt what waits, one each millisecond; 0: none. */
static void interrupt_each(suseconds_t us)
{
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval timer = {{0, us}, {0, us}};

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

/* A slow reader: in small pieces, and only after a first interruption. */
static void *read_slowly(void *arg)
{
    const int *fd = arg;
    struct buffer *heard = xcalloc(1, sizeof(*heard));
    ssize_t got = 1;

    while (interruptions == 0)
        usleep(100);
    while (got > 0) {
        got = read(*fd, buffer_reserve(heard, 5000), 5000);
        if (got > 0)
            heard->len += (size_t)got;
    }
    return heard;
}

START_TEST(all_of_it_arrives)
{
    struct buffer text = BUFFER_EMPTY, *heard;
    pthread_t reader;
    int ends[2];

    for (size_t i = 0; i < LENGTH; i++)
        buffer_add_char(&text, (char)('a' + i * 7 % 23));
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ck_assert_int_eq(thread_start(&reader, read_slowly, &ends[1]), 0);
    interrupt_each(1000);
    ck_assert(write_all(ends[0], buffer_slice(&text)));
    interrupt_each(0);
    close(ends[0]);
    ck_assert_int_eq(pthread_join(reader, (void **)&heard), 0);
    close(ends[1]);
    ck_assert_int_gt(interruptions, 0);
    ck_assert(slice_equal(buffer_slice(heard), buffer_slice(&text)));
    buffer_free(heard);
    free(heard);
    buffer_free(&text);
}
END_TEST

START_TEST(a_failure_is_told)
{
    int fd = dup(STDERR_FILENO);

    close(fd);
    errno = 0;
    ck_assert(!write_all(fd, slice_of("x")));
    ck_assert_int_eq(errno, EBADF);
    ck_assert(write_all(fd, slice_of("")));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("write_all");
    TCase *t = tcase_create("write_all");

    tcase_add_test(t, all_of_it_arrives);
    tcase_add_test(t, a_failure_is_told);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
