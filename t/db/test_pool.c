/* The queue, the deadlines and the connections of a pool, on a server that is well. */
#include "pooled.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "loop.h"
#include "mariadb.h"
#include "stats.h"
#include "unit.h"

START_TEST(opens_on_demand_and_no_more_than_its_size)
{
    struct question asks[20];

    open_pool(mariadb_params());
    ck_assert_uint_eq(pool_counts(pool).connections, 0);
    for (size_t i = 0; i < 20; i++)
        begin_question(&asks[i], "SELECT SLEEP(0.02)", 5000);
    for (size_t i = 0; i < 20; i++) {
        ck_assert(loop_until(question_done, &asks[i], WAIT_MS));
        ck_assert_int_eq(asks[i].outcome, OUTCOME_OK);
        ck_assert_uint_le(pool_counts(pool).connections, 4);
        if (i > 0)
            ck_assert_uint_ge(asks[i].done_ms + 1, asks[i - 1].done_ms - 20);
    }
    ck_assert_int_eq(mariadb_number("SELECT COUNT(*) FROM information_schema.processlist "
                                    "WHERE user='vmapd'"),
                     4);
    close_pool();
}
END_TEST

static bool no_connections(void *arg)
{
    (void)arg;
    return pool_counts(pool).connections == 0;
}

START_TEST(closes_idle_ones)
{
    struct db_params *params = mariadb_params();

    params->idle_interval_ms = 100;
    open_pool(params);
    expect_value("SELECT 1", "1");
    ck_assert_uint_eq(pool_counts(pool).connections, 1);
    ck_assert(loop_until(no_connections, NULL, WAIT_MS));
    expect_value("SELECT 2", "2");
    close_pool();
}
END_TEST

/* However long the machine runs already. */
START_TEST(keeps_idle_ones_for_so_long)
{
    struct db_params *params = mariadb_params();
    struct question ask;
    char first[sizeof(ask.value)];

    params->idle_interval_ms = 600;
    open_pool(params);
    ck_assert_int_eq(ask_for(&ask, "SELECT CONNECTION_ID()", 5000), OUTCOME_OK);
    memcpy(first, ask.value, sizeof(first));
    for (int i = 0; i < 4; i++) {
        loop_for(200);
        ck_assert_int_eq(ask_for(&ask, "SELECT CONNECTION_ID()", 5000), OUTCOME_OK);
        ck_assert_str_eq(ask.value, first);
    }
    loop_for(200);
    ck_assert_uint_eq(pool_counts(pool).connections, 1);
    ck_assert(loop_until(no_connections, NULL, 1000));
    close_pool();
}
END_TEST

START_TEST(a_full_queue_refuses_later)
{
    struct db_params *params = mariadb_params();
    struct question asks[12];
    unsigned refused = 0;

    params->pool_size = 1;
    params->queue_size = 5;
    open_pool(params);
    for (size_t i = 0; i < 12; i++)
        begin_question(&asks[i], "SELECT 7", 5000);
    for (size_t i = 0; i < 12; i++) {
        ck_assert(loop_until(question_done, &asks[i], WAIT_MS));
        refused += asks[i].outcome != OUTCOME_OK;
        if (asks[i].outcome != OUTCOME_OK)
            ck_assert_str_eq(asks[i].reason, "too many lookups are waiting for the database");
    }
    ck_assert_uint_eq(refused, 7);
    close_pool();
}
END_TEST

/* Who waits has a deadline; what was sent has query_timeout, and its answer counts. */
START_TEST(deadlines_are_those_of_waiting)
{
    struct db_params *params = mariadb_params();
    struct question running, waiting, short_one;

    params->pool_size = 1;
    open_pool(params);
    expect_value("SELECT 1", "1");
    begin_question(&running, "SELECT SLEEP(1)", 200);
    begin_question(&waiting, "SELECT 2", 5000);
    begin_question(&short_one, "SELECT 3", 150);
    ck_assert(loop_until(question_done, &short_one, WAIT_MS));
    ck_assert_int_eq(short_one.outcome, OUTCOME_TIMEOUT);
    ck_assert_uint_ge(short_one.done_ms - short_one.asked_ms, 150);
    ck_assert_uint_lt(short_one.done_ms - short_one.asked_ms, 350);
    ck_assert(loop_until(question_done, &running, WAIT_MS));
    ck_assert_msg(running.outcome == OUTCOME_OK, "%s", running.reason);
    ck_assert(loop_until(question_done, &waiting, WAIT_MS));
    ck_assert_int_eq(waiting.outcome, OUTCOME_OK);
    ck_assert_uint_eq(stats.database.reconnects, 0);
    close_pool();
}
END_TEST

START_TEST(what_nobody_waits_for_leaves_the_queue_at_once)
{
    struct db_params *params = mariadb_params();
    struct question running, gone, waiting;

    params->pool_size = 1;
    open_pool(params);
    expect_value("SELECT 1", "1");
    begin_question(&running, "SELECT SLEEP(0.2)", 5000);
    begin_question(&gone, "SELECT 2", 5000);
    begin_question(&waiting, "SELECT 3", 5000);
    ck_assert_uint_eq(pool_counts(pool).waiting, 2);
    ck_assert(pool_withdraw(pool, &gone.query));
    ck_assert_uint_eq(pool_counts(pool).waiting, 1);
    ck_assert(!pool_withdraw(pool, &running.query)); /* it is under way */
    ck_assert(loop_until(question_done, &waiting, WAIT_MS));
    ck_assert_str_eq(waiting.value, "3");
    ck_assert_uint_eq(running.done, 1);
    ck_assert_int_eq(running.outcome, OUTCOME_OK);
    close_pool();
    ck_assert_uint_eq(gone.done, 0);
}
END_TEST

/* What was late is told, though nobody hears it: its table is slow. */
START_TEST(what_is_late_is_not_withdrawn)
{
    struct db_params *params = mariadb_params();
    struct question running, late;

    params->pool_size = 1;
    open_pool(params);
    expect_value("SELECT 1", "1");
    begin_question(&running, "SELECT SLEEP(0.3)", 5000);
    begin_question(&late, "SELECT 2", 40);
    ck_assert(!pool_withdraw(pool, &late.query));
    ck_assert(loop_until(question_done, &late, WAIT_MS));
    ck_assert_int_eq(late.outcome, OUTCOME_TIMEOUT);
    ck_assert(!share_is_well(&one_table));
    close_pool();
}
END_TEST

START_TEST(answers_come_in_the_order_of_questions)
{
    struct db_params *params = mariadb_params();
    struct question asks[20];

    params->pool_size = 1;
    open_pool(params);
    for (size_t i = 0; i < 20; i++)
        begin_question(&asks[i], "SELECT 1", 5000);
    for (size_t i = 0; i < 20; i++) {
        ck_assert(loop_until(question_done, &asks[i], WAIT_MS));
        if (i < 19)
            ck_assert(asks[i + 1].done == 0 || asks[i + 1].done_ms >= asks[i].done_ms);
    }
    close_pool();
}
END_TEST

START_TEST(a_wrong_query_is_not_the_hosts_fault)
{
    struct question ask, other;
    struct share other_table;

    share_init(&other_table);
    open_pool(mariadb_params());
    ck_assert_int_eq(ask_for(&ask, "SELEKT", 5000), OUTCOME_TEMP);
    ck_assert_int_eq(pool_host(pool, 0).state, HOST_UP);
    ck_assert_uint_eq(pool_counts(pool).connections, 1);
    begin_question_of(&other_table, &other, "SELECT 2", 5000);
    ck_assert(loop_until(question_done, &other, WAIT_MS));
    ck_assert_str_eq(other.value, "2");
    close_pool();
}
END_TEST

START_TEST(no_answer_within_the_servers_limit_is_no_fault_of_the_host)
{
    struct db_params *params = mariadb_params();
    struct question ask;

    params->query_timeout_ms = 100;
    open_pool(params);
    ck_assert_int_eq(
        ask_for(&ask, "SELECT destination FROM alias WHERE source='a' AND SLEEP(2)=0", 5000),
        OUTCOME_TIMEOUT);
    ck_assert_int_eq(pool_host(pool, 0).state, HOST_UP);
    ck_assert_uint_eq(pool_counts(pool).connections, 1);
    close_pool();
}
END_TEST

START_TEST(fewer_connections_than_wanted_are_enough)
{
    struct db_params *params = mariadb_params();
    char few[] = "few";

    mariadb_sql("CREATE OR REPLACE USER few@localhost IDENTIFIED BY 'secret' "
                "WITH MAX_USER_CONNECTIONS 2");
    params->user = few;
    params->dbname = NULL;
    open_pool(params);
    for (int i = 0; i < 3; i++) {
        expect_values("SELECT SLEEP(0.01)", "0", 30);
        ck_assert_int_eq(pool_host(pool, 0).state, HOST_UP);
    }
    ck_assert_uint_eq(pool_counts(pool).connections, 2);
    close_pool();
}
END_TEST

START_TEST(freed_with_everything_in_flight)
{
    struct question asks[20];

    open_pool(mariadb_params());
    expect_value("SELECT 1", "1");
    for (size_t i = 0; i < 20; i++)
        begin_question(&asks[i], "SELECT SLEEP(3)", 5000);
    loop_for(20);
    close_pool();
    for (size_t i = 0; i < 20; i++) {
        ck_assert_uint_eq(asks[i].done, 1);
        ck_assert_int_eq(asks[i].outcome, OUTCOME_TEMP);
    }
}
END_TEST

static void on_done_free(struct pool_query *query, const struct db_result *result)
{
    struct pool *mine = pool;

    on_question_done(query, result);
    pool = NULL;
    if (mine != NULL)
        pool_free(mine);
}

START_TEST(freed_by_an_answer)
{
    struct question asks[3];

    open_pool(mariadb_params());
    for (size_t i = 0; i < 3; i++) {
        begin_question(&asks[i], "SELECT 1", 5000);
        asks[i].query.done = on_done_free;
    }
    ck_assert(loop_until(question_done, &asks[0], WAIT_MS));
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(asks[i].done, 1);
    ck_assert_ptr_null(pool);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pool");
    TCase *t = tcase_create("pool");

    tcase_add_test(t, opens_on_demand_and_no_more_than_its_size);
    tcase_add_test(t, closes_idle_ones);
    tcase_add_test(t, keeps_idle_ones_for_so_long);
    tcase_add_test(t, a_full_queue_refuses_later);
    tcase_add_test(t, deadlines_are_those_of_waiting);
    tcase_add_test(t, what_nobody_waits_for_leaves_the_queue_at_once);
    tcase_add_test(t, what_is_late_is_not_withdrawn);
    tcase_add_test(t, answers_come_in_the_order_of_questions);
    tcase_add_test(t, a_wrong_query_is_not_the_hosts_fault);
    tcase_add_test(t, no_answer_within_the_servers_limit_is_no_fault_of_the_host);
    tcase_add_test(t, fewer_connections_than_wanted_are_enough);
    tcase_add_test(t, freed_with_everything_in_flight);
    tcase_add_test(t, freed_by_an_answer);
    suite_add_tcase(s, t);
    return s;
}

MARIADB_MAIN(suite)
