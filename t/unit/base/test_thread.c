/* A helper thread is disturbed by no signal, and whoever started it keeps its own mask. */
#include "thread.h"

#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>

#include "unit.h"

/* What a thread found out about itself. */
struct found {
    sigset_t mask;
    int detached;
    size_t stack;
    sem_t done;
};

static void *look(void *arg)
{
    struct found *found = arg;
    pthread_attr_t attributes;

    pthread_sigmask(SIG_SETMASK, NULL, &found->mask);
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getdetachstate(&attributes, &found->detached);
    pthread_attr_getstacksize(&attributes, &found->stack);
    pthread_attr_destroy(&attributes);
    sem_post(&found->done);
    return NULL;
}

static void expect_blocked(const sigset_t *mask, bool blocked)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGUSR1, SIGALRM, SIGXFSZ};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        ck_assert_int_eq(sigismember(mask, signals[i]), blocked);
}

static void expect_own_mask_kept(void)
{
    sigset_t own;

    pthread_sigmask(SIG_SETMASK, NULL, &own);
    expect_blocked(&own, false);
}

START_TEST(one_that_is_joined)
{
    struct found found;
    pthread_t thread;

    sem_init(&found.done, 0, 0);
    ck_assert_int_eq(thread_start(&thread, look, &found), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    expect_blocked(&found.mask, true);
    ck_assert_int_eq(found.detached, PTHREAD_CREATE_JOINABLE);
    expect_own_mask_kept();
}
END_TEST

START_TEST(one_that_nobody_waits_for)
{
    const size_t stack = (size_t)1024 * 1024;
    struct found found;

    sem_init(&found.done, 0, 0);
    ck_assert_int_eq(thread_start_detached(stack, look, &found), 0);
    while (sem_wait(&found.done) != 0)
        continue;
    expect_blocked(&found.mask, true);
    ck_assert_int_eq(found.detached, PTHREAD_CREATE_DETACHED);
    ck_assert_uint_eq(found.stack, stack);
    expect_own_mask_kept();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("thread");
    TCase *t = tcase_create("thread");

    tcase_add_test(t, one_that_is_joined);
    tcase_add_test(t, one_that_nobody_waits_for);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
