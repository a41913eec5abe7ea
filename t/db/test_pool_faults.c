/* A server that comes and goes. Nobody is told a lie, nobody waits for ever. */
#include "pooled.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "loop.h"
#include "mariadb.h"
#include "stats.h"
#include "unit.h"

START_TEST(a_lost_idle_connection_is_replaced)
{
    open_pool(mariadb_params());
    expect_value("SELECT 1", "1");
    mariadb_sql("KILL USER vmapd");
    expect_value("SELECT 2", "2");
    ck_assert_uint_ge(stats.database.reconnects, 1);
    close_pool();
}
END_TEST

START_TEST(a_query_whose_connection_dies_is_asked_again)
{
    struct question ask;

    open_pool(mariadb_params());
    mariadb_sql("CREATE OR REPLACE TABLE mail.once (n INT)");
    mariadb_sql("CREATE OR REPLACE PROCEDURE mail.die_once() SQL SECURITY INVOKER BEGIN "
                "IF NOT EXISTS (SELECT 1 FROM mail.once) THEN "
                "INSERT INTO mail.once VALUES (1); DO SLEEP(10); END IF; SELECT 'alive'; END");
    begin_question(&ask, "CALL die_once()", 8000);
    while (mariadb_number("SELECT COUNT(*) FROM mail.once") == 0)
        loop_for(5);
    mariadb_sql("KILL USER vmapd");
    ck_assert(loop_until(question_done, &ask, WAIT_MS));
    ck_assert_msg(ask.outcome == OUTCOME_OK, "%s", ask.reason);
    ck_assert_str_eq(ask.value, "alive");
    close_pool();
}
END_TEST

START_TEST(a_query_that_kills_connections_is_asked_twice_at_most)
{
    struct db_params *params = mariadb_params();
    struct db_host fake = fake_start(FAKE_CUT, 0);
    struct question ask;

    params->hosts = &fake;
    open_pool(params);
    ck_assert_int_eq(ask_for(&ask, "SELECT 1", 5000), OUTCOME_TEMP);
    ck_assert_uint_eq(fake_queries(), 2);
    ck_assert_int_eq(pool_host(pool, 0).state, HOST_DOWN);
    for (uint64_t until_ms = clock_ms() + 500; clock_ms() < until_ms;)
        ck_assert_int_eq(ask_for(&ask, "SELECT 1", 5000), OUTCOME_TEMP);
    ck_assert_msg(fake_queries() < 12, "it is not hammered, though it lets us in");
    close_pool();
    fake_stop();
}
END_TEST

START_TEST(down_and_up_again)
{
    struct question asks[8];
    uint64_t back_ms;

    open_pool(mariadb_params());
    expect_value("SELECT 1", "1");
    ck_assert(pool_can_serve(pool));
    for (size_t i = 0; i < 8; i++)
        begin_question(&asks[i], "SELECT SLEEP(1), 'x'", 5000);
    loop_for(50);
    mariadb_kill();
    for (size_t i = 0; i < 8; i++) {
        ck_assert(loop_until(question_done, &asks[i], WAIT_MS));
        ck_assert_int_eq(asks[i].outcome, OUTCOME_TEMP);
        ck_assert_uint_lt(asks[i].done_ms - asks[i].asked_ms, 2000);
    }
    ck_assert(!pool_can_serve(pool));
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(ask_for(&asks[0], "SELECT 1", 5000), OUTCOME_TEMP);
        ck_assert_ptr_nonnull(strstr(asks[0].reason, "database unreachable: "));
        ck_assert_uint_lt(asks[0].done_ms - asks[0].asked_ms, 1500);
    }
    mariadb_start(NULL);
    back_ms = clock_ms();
    loop_for(1);
    do
        ask_for(&asks[0], "SELECT 1", 5000);
    while (asks[0].outcome != OUTCOME_OK);
    ck_assert_uint_lt(clock_ms() - back_ms, 1500);
    ck_assert(pool_can_serve(pool));
    loop_stall_ms(); /* the server's start is ours */
    close_pool();
}
END_TEST

START_TEST(sees_the_return_though_nobody_asks)
{
    struct question ask;

    open_pool(mariadb_params());
    mariadb_kill();
    ck_assert_int_eq(ask_for(&ask, "SELECT 1", 5000), OUTCOME_TEMP);
    ck_assert(!pool_can_serve(pool));
    mariadb_start(NULL);
    ck_assert(loop_until(can_serve, NULL, 1500));
    loop_stall_ms();
    close_pool();
}
END_TEST

START_TEST(a_hung_server)
{
    struct db_params *params = mariadb_params();
    struct question ask;

    params->query_timeout_ms = 100;
    params->connect_timeout_ms = 300;
    open_pool(params);
    expect_value("SELECT 1", "1");
    mariadb_pause();
    ck_assert_int_eq(ask_for(&ask, "SELECT 1", 5000), OUTCOME_TIMEOUT);
    ck_assert_uint_lt(ask.done_ms - ask.asked_ms, 1000);
    ck_assert(!pool_can_serve(pool));
    ck_assert_int_eq(ask_for(&ask, "SELECT 1", 5000), OUTCOME_TEMP);
    mariadb_resume();
    ck_assert(loop_until(can_serve, NULL, WAIT_MS));
    expect_value("SELECT 2", "2");
    close_pool();
}
END_TEST

START_TEST(a_network_that_returns)
{
    struct db_params *params = mariadb_params();
    struct db_host silent = mariadb_inet_host();
    struct question ask;

    silent.port = silent_port();
    params->hosts = &silent;
    params->connect_timeout_ms = 300;
    open_pool(params);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(ask_for(&ask, "SELECT 1", 5000), OUTCOME_TEMP);
        ck_assert_str_eq(ask.reason, "database unreachable: no connection within 300 ms");
        ck_assert_uint_lt(ask.done_ms - ask.asked_ms, 2000);
    }
    ck_assert_int_eq(ask_for(&ask, "SELECT 1", 100), OUTCOME_TIMEOUT);
    close_pool();
}
END_TEST

/* Askers who ask again and again for a number of their own, until they are told to stop. */
#define NUMBERS 64

struct number {
    struct pool_query query;
    unsigned id, round;
    char sql[40];
};

static struct number numbers[NUMBERS];
static bool is_enough;
static unsigned long right_answers, temporary_answers, wrong_answers, numbers_asked;

static bool is_right(const struct number *number, const struct db_rows *rows)
{
    char expected[40];

    snprintf(expected, sizeof(expected), "%u-%u", number->id, number->round);
    return rows->count == 1 && strcmp(rows->fields[0], expected) == 0;
}

static void ask_number(struct number *number);

static void on_number(struct pool_query *query, const struct db_result *result)
{
    struct number *number = (struct number *)query;

    numbers_asked--;
    if (result->blame != DB_OK)
        temporary_answers++;
    else if (is_right(number, &result->rows))
        right_answers++;
    else
        wrong_answers++;
    if (!is_enough)
        ask_number(number);
}

static void ask_number(struct number *number)
{
    number->round++;
    snprintf(number->sql, sizeof(number->sql), "SELECT '%u-%u'", number->id, number->round);
    number->query = (struct pool_query){.statement = {.text = number->sql}, .done = on_number};
    numbers_asked++;
    pool_ask(pool, &one_table, &number->query, POOL_WANTED, clock_ms() + 5000);
}

static void begin_numbers(void)
{
    is_enough = false;
    right_answers = temporary_answers = wrong_answers = numbers_asked = 0;
    for (unsigned i = 0; i < NUMBERS; i++) {
        numbers[i].id = i;
        ask_number(&numbers[i]);
    }
}

static bool none_asked(void *arg)
{
    (void)arg;
    return numbers_asked == 0;
}

static void end_numbers(void)
{
    is_enough = true;
    ck_assert(loop_until(none_asked, NULL, WAIT_MS));
    ck_assert_uint_eq(wrong_answers, 0);
    ck_assert_uint_gt(right_answers, 1000);
}

START_TEST(nobody_gets_the_answer_of_another)
{
    open_pool(mariadb_params());
    begin_numbers();
    for (int i = 0; i < 20; i++) {
        loop_for(50);
        mariadb_sql("KILL USER vmapd");
    }
    end_numbers();
    ck_assert_uint_lt(temporary_answers, right_answers / 100);
    for (int i = 0; i < 2; i++) {
        begin_numbers();
        loop_for(200);
        mariadb_kill();
        loop_for(200);
        mariadb_start(NULL);
        loop_for(200);
        end_numbers();
    }
    loop_stall_ms(); /* the server's start is ours */
    close_pool();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pool_faults");
    TCase *t = tcase_create("pool_faults");

    tcase_add_test(t, a_lost_idle_connection_is_replaced);
    tcase_add_test(t, a_query_whose_connection_dies_is_asked_again);
    tcase_add_test(t, a_query_that_kills_connections_is_asked_twice_at_most);
    tcase_add_test(t, down_and_up_again);
    tcase_add_test(t, sees_the_return_though_nobody_asks);
    tcase_add_test(t, a_hung_server);
    tcase_add_test(t, a_network_that_returns);
    tcase_add_test(t, nobody_gets_the_answer_of_another);
    suite_add_tcase(s, t);
    return s;
}

MARIADB_MAIN(suite)
