/* How the limit of open files is shared, and what is said when it is too low. */
#include "descriptors.h"

#include <string.h>
#include <sys/resource.h>

#include "log.h"
#include "unit.h"

static struct rlimit before;
static unsigned lines;
static char last_line[256];

static void on_line(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    ck_assert_int_eq(level, LOG_LEVEL_WARNING);
    lines++;
    strncpy(last_line, text, sizeof(last_line) - 1);
}

static void start(void)
{
    lines = 0;
    log_divert(on_line, NULL);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
}

static void stop(void)
{
    log_divert(NULL, NULL);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void limit_to(rlim_t soft)
{
    const struct rlimit limit = {soft, before.rlim_max};

    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(the_soft_limit_becomes_the_hard_one)
{
    struct rlimit limit;

    limit_to(100);
    descriptors_raise_limit();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, before.rlim_max);
    ck_assert_uint_eq(lines, 0);
}
END_TEST

/* The first descriptor that is not for clients, and how many warnings there have been by then. */
static void expect_first(unsigned max_clients, unsigned connections, int first, unsigned warnings)
{
    ck_assert_int_eq(descriptors_for_clients(max_clients, connections), first);
    ck_assert_uint_eq(lines, warnings);
}

START_TEST(each_connection_to_the_database_has_its_own)
{
    limit_to(1024);
    expect_first(100, 0, 1024 - DESCRIPTORS_RESERVED, 0);
    expect_first(100, 40, 1024 - DESCRIPTORS_RESERVED - 40 * DESCRIPTORS_OF_CONNECTION, 0);
}
END_TEST

START_TEST(clients_that_do_not_fit_are_warned_of)
{
    limit_to(1024);
    expect_first(881, 5, 881, 0);
    expect_first(882, 5, 881, 1);
    ck_assert_str_eq(
        last_line, "max_clients = 882 and 5 connections to the database need 1025 open files, but "
                   "the limit (LimitNOFILE, ulimit -n) is 1024");
}
END_TEST

START_TEST(half_is_for_clients_in_any_case)
{
    limit_to(400);
    expect_first(50, 24, 200, 0);
    expect_first(50, 25, 200, 1);
    expect_first(1, UINT32_MAX, 200, 2);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("descriptors");
    TCase *t = tcase_create("descriptors");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, the_soft_limit_becomes_the_hard_one);
    tcase_add_test(t, each_connection_to_the_database_has_its_own);
    tcase_add_test(t, clients_that_do_not_fit_are_warned_of);
    tcase_add_test(t, half_is_for_clients_in_any_case);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
