/* A connection whose server is slow, hung, killed or out of its mind: it never lies and never blocks. */
#include "one.h"

#include <stdio.h>
#include <string.h>

#include "loop.h"
#include "mariadb.h"
#include "unit.h"
#include "xmalloc.h"

START_TEST(the_server_stops_a_slow_statement)
{
    struct db_params *params = mariadb_params();

    params->query_timeout_ms = 200;
    ck_assert_int_eq(connect_to(params, mariadb_unix_host()), DB_OK);
    ck_assert_int_eq(ask("SELECT destination FROM alias WHERE source='a' AND SLEEP(5)=0", 4000),
                     DB_TIMED_OUT);
    ck_assert(db_usable(db));
    ck_assert_int_eq(ask("SELECT SUM(a.seq*b.seq) FROM seq_1_to_100000 a, seq_1_to_100000 b", 4000),
                     DB_TIMED_OUT);
    ck_assert(db_usable(db));
    expect_rows("SELECT 1", "1\n");
    disconnect();
}
END_TEST

START_TEST(own_timer_ends_a_slow_answer)
{
    connect_well();
    ck_assert_int_eq(ask("SELECT SLEEP(4)", 100), DB_TIMED_OUT);
    ck_assert_str_eq(asked.result.text, "no answer within 100 ms");
    ck_assert(!db_usable(db));
    disconnect();
}
END_TEST

static bool is_waiting_for_lock(void *arg)
{
    (void)arg;
    return mariadb_number("SELECT COUNT(*) FROM information_schema.processlist "
                          "WHERE state LIKE 'Waiting for table%%'") == 1;
}

START_TEST(a_locked_table_times_out)
{
    struct db_params *params = mariadb_params();
    struct db *locker;

    connect_well();
    ck_assert_int_eq(ask("LOCK TABLES alias WRITE", 5000), DB_OK);
    locker = db;
    params->query_timeout_ms = 1000;
    ck_assert_int_eq(connect_to(params, mariadb_unix_host()), DB_OK);
    begin_ask("SELECT 1 FROM alias", 5000);
    ck_assert(loop_until(is_waiting_for_lock, NULL, WAIT_MS));
    loop_stall_ms(); /* the condition above asks the server itself */
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    ck_assert_int_eq(asked.result.blame, DB_TIMED_OUT);
    ck_assert(db_usable(db));
    disconnect();
    db = locker;
    disconnect();
}
END_TEST

START_TEST(a_stopped_server_times_out)
{
    connect_well();
    mariadb_pause();
    ck_assert_int_eq(ask("SELECT 1", 100), DB_TIMED_OUT);
    ck_assert(!db_usable(db));
    disconnect();
    mariadb_resume();
}
END_TEST

START_TEST(freed_under_a_query)
{
    connect_well();
    begin_ask("SELECT SLEEP(3), REPEAT('x', 1000) FROM seq_1_to_1000", 0);
    loop_for(20);
    disconnect();
    connect_well();
    begin_ask("SELECT REPEAT('x', 1000) FROM seq_1_to_100000", 0);
    disconnect();
    connect_well();
    mariadb_pause();
    begin_ask("SELECT 1", 0);
    disconnect();
    mariadb_resume();
    connect_well();
    mariadb_pause();
    disconnect();
    mariadb_resume();
}
END_TEST

START_TEST(a_killed_connection_is_lost)
{
    long id;

    connect_well();
    begin_ask("SELECT SLEEP(10)", 0);
    loop_for(20);
    id = mariadb_number("SELECT id FROM information_schema.processlist WHERE user='vmapd'");
    mariadb_sql("KILL %ld", id);
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    ck_assert_int_eq(asked.result.blame, DB_LOST);
    ck_assert(!db_usable(db));
    disconnect();
}
END_TEST

START_TEST(an_idle_connection_ends)
{
    mariadb_sql("SET GLOBAL wait_timeout=1");
    connect_well();
    mariadb_sql("SET GLOBAL wait_timeout=DEFAULT");
    ck_assert(loop_until(flag, &is_ended, WAIT_MS));
    disconnect();
}
END_TEST

START_TEST(asked_on_a_connection_that_has_just_died)
{
    connect_well();
    mariadb_sql("KILL USER vmapd");
    /* The loop has not seen it yet. */
    ck_assert_int_eq(ask("SELECT 1", 5000), DB_LOST);
    ck_assert(!db_usable(db));
    disconnect();
}
END_TEST

START_TEST(a_server_that_dies_under_a_query)
{
    connect_well();
    begin_ask("SELECT SLEEP(10)", 0);
    loop_for(20);
    mariadb_kill();
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    ck_assert_int_eq(asked.result.blame, DB_LOST);
    disconnect();
    ck_assert_int_eq(connect_to(mariadb_params(), mariadb_unix_host()), DB_HOST_FAILED);
    disconnect();
    mariadb_start(NULL);
    connect_well();
    expect_rows("SELECT 1", "1\n");
    disconnect();
}
END_TEST

START_TEST(errors_say_who_is_to_blame)
{
    static const struct {
        unsigned error;
        enum db_blame blame;
        bool usable;
    } errors[] = {
        {1064, DB_FAILED, true},       {145, DB_TABLE_FAILED, true},  {1194, DB_TABLE_FAILED, true},
        {1205, DB_TABLE_FAILED, true}, {1290, DB_TABLE_FAILED, true}, {1969, DB_TIMED_OUT, true},
        {3024, DB_TIMED_OUT, true},    {1047, DB_HOST_FAILED, false}, {1053, DB_HOST_FAILED, false},
        {1040, DB_HOST_FAILED, false}, {1927, DB_LOST, false},        {4031, DB_LOST, false},
    };

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        connect_to_fake(FAKE_ERROR, errors[i].error);
        ck_assert_int_eq(ask("SELECT 1", 5000), errors[i].blame);
        ck_assert_uint_eq(asked.result.error, errors[i].error);
        ck_assert_int_eq(db_usable(db), errors[i].usable);
        disconnect();
    }
    ck_assert_int_eq(connect_to(mariadb_params(), fake_start(FAKE_GREET_ERROR, 1040)),
                     DB_HOST_FAILED);
    ck_assert_uint_eq(connected_result.error, 1040);
    disconnect();
    fake_stop();
}
END_TEST

START_TEST(half_an_answer_is_none)
{
    connect_to_fake(FAKE_ANSWER, 0);
    expect_rows("SELECT 1", "fake\n");
    disconnect();
    connect_to_fake(FAKE_CUT, 0);
    ck_assert_int_eq(ask("SELECT 1", 5000), DB_LOST);
    disconnect();
    connect_to_fake(FAKE_STALL, 0);
    ck_assert_int_eq(ask("SELECT 1", 100), DB_TIMED_OUT);
    disconnect();
    fake_stop();
}
END_TEST

/* A time limit of the server can look like "not found". */
START_TEST(an_empty_answer_at_the_limit_is_none)
{
    struct db_params *params = mariadb_params();

    params->query_timeout_ms = 200;
    ck_assert_int_eq(connect_to(params, fake_start(FAKE_EMPTY_LATE, 0)), DB_OK);
    ck_assert_int_eq(ask("SELECT 1", 5000), DB_TIMED_OUT);
    ck_assert_str_eq(asked.result.text, "no answer within 200 ms");
    ck_assert(db_usable(db));
    disconnect();
    params->query_timeout_ms = 5000;
    ck_assert_int_eq(connect_to(params, fake_start(FAKE_EMPTY_LATE, 0)), DB_OK);
    expect_rows("SELECT 1", "");
    disconnect();
    fake_stop();
}
END_TEST

/* What comes unasked must never become the answer to the next question. */
START_TEST(unasked_bytes_are_no_answer)
{
    connect_to_fake(FAKE_TALKATIVE, 0);
    expect_rows("SELECT 1", "right\n");
    ck_assert(loop_until(flag, &is_ended, WAIT_MS));
    disconnect();
    connect_to_fake(FAKE_TALKATIVE, 0);
    expect_rows("SELECT 1", "right\n");
    usleep(50000); /* and the loop does not see it come */
    ck_assert_int_eq(ask("SELECT 2", 5000), DB_LOST);
    loop_stall_ms();
    disconnect();
    fake_stop();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("db_faults");
    TCase *t = tcase_create("db_faults");

    tcase_add_test(t, the_server_stops_a_slow_statement);
    tcase_add_test(t, own_timer_ends_a_slow_answer);
    tcase_add_test(t, a_locked_table_times_out);
    tcase_add_test(t, a_stopped_server_times_out);
    tcase_add_test(t, freed_under_a_query);
    tcase_add_test(t, a_killed_connection_is_lost);
    tcase_add_test(t, an_idle_connection_ends);
    tcase_add_test(t, asked_on_a_connection_that_has_just_died);
    tcase_add_test(t, a_server_that_dies_under_a_query);
    tcase_add_test(t, errors_say_who_is_to_blame);
    tcase_add_test(t, half_an_answer_is_none);
    tcase_add_test(t, an_empty_answer_at_the_limit_is_none);
    tcase_add_test(t, unasked_bytes_are_no_answer);
    suite_add_tcase(s, t);
    return s;
}

MARIADB_MAIN(suite)
