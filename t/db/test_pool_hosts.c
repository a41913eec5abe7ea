/* Several hosts, some of them out of order, and the one that is right for a question. */
#include "pooled.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "loop.h"
#include "mariadb.h"
#include "stats.h"
#include "unit.h"

START_TEST(another_host_serves)
{
    struct question asks[20];

    for (int round = 0; round < 5; round++) {
        open_pool(params_of_two(dead_host(), mariadb_inet_host()));
        for (size_t i = 0; i < 20; i++)
            begin_question(&asks[i], "SELECT 5", 5000);
        for (size_t i = 0; i < 20; i++) {
            ck_assert(loop_until(question_done, &asks[i], WAIT_MS));
            ck_assert_msg(asks[i].outcome == OUTCOME_OK, "%s", asks[i].reason);
        }
        ck_assert(pool_can_serve(pool));
        close_pool();
    }
}
END_TEST

START_TEST(a_query_that_fails_here_may_work_there)
{
    struct db_host second = mariadb_inet_host();
    struct question ask;

    /* Both are the same server, but the error is real. */
    open_pool(params_of_two(mariadb_unix_host(), second));
    ck_assert_int_eq(ask_for(&ask, "SELECT 1 FROM no_such_table", 5000), OUTCOME_TEMP);
    ck_assert_uint_eq(ask.query.tried, 3);
    ck_assert_int_eq(pool_host(pool, 0).state, HOST_UP);
    ck_assert_int_eq(pool_host(pool, 1).state, HOST_UP);
    close_pool();
}
END_TEST

/* Its idle connections are closed, and only its own. */
START_TEST(a_host_that_fails_takes_its_own_connections_along)
{
    static const char fails_once[] =
        "BEGIN NOT ATOMIC IF (SELECT n FROM once) = 0 THEN UPDATE once SET n = 1; "
        "SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = 1053; END IF; SELECT 7; END";
    struct db_host second = mariadb_inet_host();
    char same_address[] = "127.1";
    struct question asks[4], ask;
    size_t failed;

    second.name = same_address;
    mariadb_sql("CREATE OR REPLACE TABLE mail.once (n INT) ENGINE=MyISAM");
    mariadb_sql("INSERT INTO mail.once VALUES (0)");
    open_pool(params_of_two(mariadb_inet_host(), second));
    expect_value("SELECT 1", "1");
    for (size_t i = 0; i < 4; i++)
        begin_question(&asks[i], "SELECT SLEEP(0.3)", 5000);
    for (size_t i = 0; i < 4; i++)
        ck_assert(loop_until(question_done, &asks[i], WAIT_MS));
    ck_assert_uint_eq(pool_host(pool, 0).connections, 2);
    ck_assert_uint_eq(pool_host(pool, 1).connections, 2);
    ask_for(&ask, fails_once, 5000);
    failed = pool_host(pool, 0).state == HOST_DOWN ? 0 : 1;
    ck_assert_int_eq(pool_host(pool, failed).state, HOST_DOWN);
    ck_assert_uint_eq(pool_host(pool, failed).connections, 0);
    ck_assert_uint_eq(pool_host(pool, 1 - failed).connections, 2);
    close_pool();
}
END_TEST

/* A table that is missing on the preferred host must not cost a connection for each question. */
START_TEST(a_table_that_only_another_host_has)
{
    struct db_host fake = fake_start(FAKE_ANSWER, 0);

    open_pool(params_of_two(mariadb_unix_host(), fake));
    for (int i = 0; i < 5; i++) {
        struct question asks[10];

        for (size_t j = 0; j < 10; j++)
            begin_question(&asks[j], "SELECT 1 FROM no_such_table", 5000);
        for (size_t j = 0; j < 10; j++) {
            ck_assert(loop_until(question_done, &asks[j], WAIT_MS));
            ck_assert_msg(asks[j].outcome == OUTCOME_OK, "%s", asks[j].reason);
            ck_assert_str_eq(asks[j].value, "fake");
        }
    }
    ck_assert_uint_le(fake_connections(), 4);
    close_pool();
    fake_stop();
}
END_TEST

/* All connections are to the host that lacks it. */
START_TEST(a_retry_takes_the_place_of_an_idle_connection)
{
    struct db_host fake = fake_start(FAKE_ANSWER, 0);
    struct db_params *params = params_of_two(mariadb_unix_host(), fake);
    struct question ask;

    params->pool_size = 1;
    open_pool(params);
    expect_value("SELECT 'real'", "real");
    ck_assert_int_eq(ask_for(&ask, "SELECT 1 FROM no_such_table", 5000), OUTCOME_OK);
    ck_assert_str_eq(ask.value, "fake");
    ck_assert_uint_eq(pool_counts(pool).connections, 1);
    ck_assert_uint_eq(fake_queries(), 1);
    close_pool();
    fake_stop();
}
END_TEST

/* What one host says, or that another can't be reached, is told when it is known, not when time is up. */
START_TEST(an_error_is_told_at_once_when_the_other_host_is_down)
{
    struct question ask;

    open_pool(params_of_two(mariadb_unix_host(), dead_host()));
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(ask_for(&ask, "SELECT 1 FROM no_such_table", 5000), OUTCOME_TEMP);
        ck_assert_uint_lt(ask.done_ms - ask.asked_ms, 2000);
        share_init(&one_table);
    }
    ck_assert_int_eq(ask.blame, DB_TABLE_FAILED);
    ck_assert_int_eq(pool_host(pool, 0).state, HOST_UP);
    close_pool();
}
END_TEST

/* It shuts down while the other one is being connected to: that is waited for. */
START_TEST(a_hosts_failure_waits_for_another_that_is_opened)
{
    struct question ask;

    for (int i = 0; i < 5; i++) {
        open_pool(params_of_two(fake_start(FAKE_ERROR, 1053), mariadb_inet_host()));
        ck_assert_msg(ask_for(&ask, "SELECT 'real'", 5000) == OUTCOME_OK, "%s", ask.reason);
        ck_assert_str_eq(ask.value, "real");
        close_pool();
    }
    fake_stop();
}
END_TEST

START_TEST(unix_sockets_are_preferred)
{
    struct question asks[20];

    open_pool(params_of_two(mariadb_inet_host(), mariadb_unix_host()));
    for (size_t i = 0; i < 20; i++)
        begin_question(&asks[i], "SELECT 5", 5000);
    for (size_t i = 0; i < 20; i++)
        ck_assert(loop_until(question_done, &asks[i], WAIT_MS));
    ck_assert_uint_eq(pool_host(pool, 0).connections, 0);
    ck_assert_uint_ge(pool_host(pool, 1).connections, 1);
    close_pool();
}
END_TEST

/* Everybody may log in, nobody gets an answer: a Galera node outside the primary component. */
START_TEST(a_host_that_is_not_ready)
{
    struct question ask;

    open_pool(params_of_two(fake_start(FAKE_ERROR, 1047), mariadb_inet_host()));
    for (int i = 0; i < 5; i++)
        expect_values("SELECT 'real'", "real", 20);
    ck_assert_uint_ge(fake_queries(), 1);
    ck_assert_uint_lt(fake_queries(), 20);
    close_pool();

    struct db_params *params = mariadb_params();
    struct db_host fake = fake_start(FAKE_ERROR, 1047);
    params->hosts = &fake;
    open_pool(params);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(ask_for(&ask, "SELECT 1", 5000), OUTCOME_TEMP);
        ck_assert_ptr_nonnull(strstr(ask.reason, "fake error"));
    }
    fake_start(FAKE_ANSWER, 0);
    expect_values("SELECT 1", "fake", 10);
    close_pool();
    fake_stop();
}
END_TEST

START_TEST(a_silent_host_costs_no_time)
{
    struct db_host silent = mariadb_inet_host();
    struct db_params *params;
    uint64_t began_ms = clock_ms();

    silent.port = silent_port();
    params = params_of_two(silent, mariadb_inet_host());
    params->connect_timeout_ms = 3000;
    open_pool(params);
    for (int i = 0; i < 10; i++)
        expect_values("SELECT 'real'", "real", 20);
    ck_assert_uint_lt(clock_ms() - began_ms, 1000);
    close_pool();
}
END_TEST

START_TEST(a_host_that_returns_is_used_again)
{
    struct db_host fake = fake_start(FAKE_ANSWER, 0);
    struct db_params *params = params_of_two(fake, mariadb_inet_host());
    uint64_t until_ms = clock_ms() + WAIT_MS;

    fake_stop();
    params->retry_interval_ms = 200;
    open_pool(params);
    while (pool_host(pool, 0).state != HOST_DOWN || pool_host(pool, 1).connections != 4) {
        expect_values("SELECT 'fake'", "fake", 20);
        ck_assert_uint_lt(clock_ms(), until_ms);
    }
    fake_start(FAKE_ANSWER, 0);
    while (pool_host(pool, 0).connections != 2 || pool_host(pool, 1).connections != 2) {
        expect_values("SELECT 'fake'", "fake", 20);
        ck_assert_uint_le(pool_counts(pool).connections, 5);
        ck_assert_uint_lt(clock_ms(), until_ms);
    }
    close_pool();
    fake_stop();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pool_hosts");
    TCase *t = tcase_create("pool_hosts");

    tcase_add_test(t, another_host_serves);
    tcase_add_test(t, a_query_that_fails_here_may_work_there);
    tcase_add_test(t, a_host_that_fails_takes_its_own_connections_along);
    tcase_add_test(t, a_table_that_only_another_host_has);
    tcase_add_test(t, a_retry_takes_the_place_of_an_idle_connection);
    tcase_add_test(t, an_error_is_told_at_once_when_the_other_host_is_down);
    tcase_add_test(t, a_hosts_failure_waits_for_another_that_is_opened);
    tcase_add_test(t, unix_sockets_are_preferred);
    tcase_add_test(t, a_host_that_is_not_ready);
    tcase_add_test(t, a_silent_host_costs_no_time);
    tcase_add_test(t, a_host_that_returns_is_used_again);
    suite_add_tcase(s, t);
    return s;
}

MARIADB_MAIN(suite)
