/* Tables that share a pool: no table's trouble is another's, and overload costs no more than it must. */
#include "pooled.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "loop.h"
#include "mariadb.h"
#include "stats.h"
#include "unit.h"

/* Those who ask for one table again and again, as soon as they have an answer. */
#define CROWD 100

struct crowd {
    struct share share;
    const char *sql;
    uint64_t patience_ms;
    struct asker {
        struct pool_query query;
        struct crowd *crowd;
        uint64_t asked_ms;
    } askers[CROWD];
    unsigned asking;
    bool is_enough;
    unsigned long answers, failures;
    uint64_t longest_ms;
};

static void ask_as(struct asker *asker);

static void on_crowd(struct pool_query *query, const struct db_result *result)
{
    struct asker *asker = (struct asker *)query;
    struct crowd *crowd = asker->crowd;
    uint64_t took_ms = clock_ms() - asker->asked_ms;

    crowd->asking--;
    crowd->answers += result->blame == DB_OK;
    crowd->failures += result->blame != DB_OK;
    if (took_ms > crowd->longest_ms)
        crowd->longest_ms = took_ms;
    /* Who is refused at once comes again with the next mail. */
    if (!crowd->is_enough && (result->blame == DB_OK || took_ms > 0))
        ask_as(asker);
}

static void ask_as(struct asker *asker)
{
    struct crowd *crowd = asker->crowd;

    asker->query = (struct pool_query){.statement = {.text = crowd->sql}, .done = on_crowd};
    asker->asked_ms = clock_ms();
    crowd->asking++;
    pool_ask(pool, &crowd->share, &asker->query, POOL_WANTED, asker->asked_ms + crowd->patience_ms);
}

static void begin_crowd(struct crowd *crowd, const char *sql, unsigned count, uint64_t patience_ms)
{
    *crowd = (struct crowd){.sql = sql, .patience_ms = patience_ms};
    share_init(&crowd->share);
    for (unsigned i = 0; i < count; i++) {
        crowd->askers[i].crowd = crowd;
        ask_as(&crowd->askers[i]);
    }
}

static bool nobody_asks(void *arg)
{
    return ((struct crowd *)arg)->asking == 0;
}

static void end_crowd(struct crowd *crowd)
{
    crowd->is_enough = true;
    ck_assert(loop_until(nobody_asks, crowd, WAIT_MS));
}

static struct crowd crowd;

/* Twelve times what it can do: each connection answers 20 a second, whoever still waits. */
START_TEST(overload_is_answered_as_fast_as_it_goes)
{
    unsigned long lost = stats.database.reconnects;
    const unsigned long can = 4 * 20 * 3;

    open_pool(mariadb_params());
    begin_crowd(&crowd, "SELECT SLEEP(0.05)", CROWD, 300);
    loop_for(3000);
    ck_assert_msg(crowd.answers >= can * 8 / 10, "%lu answers of %lu", crowd.answers, can);
    ck_assert_uint_le(stats.database.reconnects - lost, crowd.answers / 100);
    end_crowd(&crowd);
    close_pool();
}
END_TEST

/* 40 who ask a table that hangs, and one after the other who asks another table. */
START_TEST(a_table_that_hangs_holds_up_no_other)
{
    struct db_params *params = mariadb_params();
    struct share other;
    struct question ask;
    uint64_t all_ms = 0;
    unsigned count = 0;

    params->query_timeout_ms = 1000;
    share_init(&other);
    open_pool(params);
    expect_value("SELECT 1", "1");
    begin_crowd(&crowd, "SELECT SLEEP(30) FROM mail.alias", 40, 5000);
    for (uint64_t until_ms = clock_ms() + 2500; clock_ms() < until_ms; count++) {
        begin_question_of(&other, &ask, "SELECT 2", 5000);
        ck_assert(loop_until(question_done, &ask, WAIT_MS));
        ck_assert_msg(ask.outcome == OUTCOME_OK, "%s", ask.reason);
        all_ms += ask.done_ms - ask.asked_ms;
        loop_for(10);
    }
    ck_assert_uint_gt(count, 50);
    ck_assert_msg(all_ms / count <= 5, "%lu ms for %u", (unsigned long)all_ms, count);
    ck_assert_uint_eq(crowd.answers, 0);
    ck_assert_uint_lt(crowd.longest_ms, 2000);
    ck_assert_uint_le(crowd.share.running, 1);
    ck_assert_int_eq(pool_host(pool, 0).state, HOST_UP);
    end_crowd(&crowd);
    close_pool();
}
END_TEST

START_TEST(trouble_ends_with_the_first_answer)
{
    struct question ask;
    uint64_t until_ms;

    open_pool(mariadb_params());
    mariadb_sql("CREATE OR REPLACE TABLE mail.later (n INT)");
    mariadb_sql("DROP TABLE mail.later");
    ck_assert_int_eq(ask_for(&ask, "SELECT COUNT(*) FROM later", 5000), OUTCOME_TEMP);
    ck_assert_int_eq(ask.blame, DB_TABLE_FAILED);
    ck_assert_int_eq(ask_for(&ask, "SELECT COUNT(*) FROM later", 5000), OUTCOME_TEMP);
    ck_assert_int_eq(ask.blame, DB_NOT_ASKED);
    ck_assert_ptr_nonnull(strstr(ask.reason, "not asked, as others fail: Table"));
    mariadb_sql("CREATE TABLE mail.later (n INT)");
    until_ms = clock_ms() + 1500;
    while (ask_for(&ask, "SELECT COUNT(*) FROM later", 5000) != OUTCOME_OK) {
        ck_assert_uint_lt(clock_ms(), until_ms);
        loop_for(10);
    }
    expect_values("SELECT COUNT(*) FROM later", "0", 20);
    close_pool();
}
END_TEST

/* Who asks for a table in trouble and goes again has not looked whether it is over. */
START_TEST(a_probe_that_was_not_made_is_not_waited_for)
{
    struct db_params *params = mariadb_params();
    struct share other;
    struct question running, ask;

    params->pool_size = 1;
    share_init(&other);
    open_pool(params);
    ck_assert_int_eq(ask_for(&ask, "SELECT COUNT(*) FROM missing", 5000), OUTCOME_TEMP);
    loop_for(1010);
    begin_question_of(&other, &running, "SELECT SLEEP(0.2)", 5000);
    begin_question(&ask, "SELECT 1", 5000);
    ck_assert(pool_withdraw(pool, &ask.query));
    ck_assert_int_eq(ask_for(&ask, "SELECT 1", 5000), OUTCOME_OK);
    close_pool();
}
END_TEST

/* Others have the database busy for as long as it likes. Nobody waits for a probe, but it has its turn. */
START_TEST(a_probe_does_not_wait_for_a_quiet_moment)
{
    struct db_params *params = mariadb_params();
    struct question probe, refresh;
    struct share other;

    params->pool_size = 1;
    share_init(&other);
    open_pool(params);
    begin_crowd(&crowd, "SELECT SLEEP(0.02)", CROWD, 1000);
    share_is_late(&other, clock_ms() - 1000);
    ck_assert(share_wants_probe(&other, clock_ms()));
    begin_in_background(&other, &probe, "SELECT 2");
    begin_in_background(&other, &refresh, "SELECT 3");
    loop_for(500);
    ck_assert_uint_eq(probe.done, 1);
    ck_assert(share_is_well(&other));
    ck_assert_uint_eq(refresh.done, 0);
    end_crowd(&crowd);
    ck_assert(loop_until(question_done, &refresh, WAIT_MS));
    close_pool();
}
END_TEST

/* What was asked for before it was known waits no more than what others ask for. */
START_TEST(trouble_takes_back_what_nobody_waits_for)
{
    struct db_params *params = mariadb_params();
    struct question bad, refresh;

    params->pool_size = 1;
    open_pool(params);
    begin_question(&bad, "SELECT COUNT(*) FROM missing", 5000);
    begin_in_background(&one_table, &refresh, "SELECT 1");
    ck_assert(loop_until(question_done, &refresh, WAIT_MS));
    ck_assert_int_eq(bad.blame, DB_TABLE_FAILED);
    ck_assert_int_eq(refresh.blame, DB_NOT_ASKED);
    close_pool();
}
END_TEST

/* There is no time for a refresh: that is no trouble of its table. */
START_TEST(a_refresh_that_finds_no_room_says_nothing)
{
    struct db_params *params = mariadb_params();
    struct question running, first, second;

    params->pool_size = 1;
    params->queue_size = 10;
    open_pool(params);
    begin_question(&running, "SELECT SLEEP(0.1)", 5000);
    begin_in_background(&one_table, &first, "SELECT 1");
    begin_in_background(&one_table, &second, "SELECT 2");
    ck_assert(loop_until(question_done, &second, WAIT_MS));
    ck_assert_int_eq(second.blame, DB_NOT_ASKED);
    ck_assert(share_is_well(&one_table));
    ck_assert(loop_until(question_done, &first, WAIT_MS));
    ck_assert_int_eq(first.outcome, OUTCOME_OK);
    close_pool();
}
END_TEST

/* One that is bad all the time: it is nobody else's business. */
START_TEST(a_key_that_fails_is_no_trouble)
{
    struct question ask;

    open_pool(mariadb_params());
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(ask_for(&ask, "SELECT (SELECT 1 UNION SELECT 2)", 5000), OUTCOME_TEMP);
        ck_assert_int_eq(ask.blame, DB_KEY_FAILED);
        ck_assert_int_eq(ask_for(&ask, "SELECT 'x' REGEXP '*'", 5000), OUTCOME_TEMP);
        ck_assert_int_eq(ask.blame, DB_KEY_FAILED);
        expect_value("SELECT 1", "1");
    }
    ck_assert(share_is_well(&one_table));
    close_pool();
}
END_TEST

/* The library takes it for the end of the connection. */
START_TEST(a_row_that_is_too_large_is_the_keys_fault)
{
    struct question ask;

    mariadb_sql("SET GLOBAL max_allowed_packet=67108864");
    open_pool(mariadb_params());
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(ask_for(&ask, "SELECT REPEAT('x', 17000000)", 5000), OUTCOME_TEMP);
        ck_assert_int_eq(ask.blame, DB_KEY_FAILED);
        ck_assert_str_eq(ask.reason, "the answer is too large");
        ck_assert_int_eq(pool_host(pool, 0).state, HOST_UP);
        expect_value("SELECT 1", "1");
    }
    close_pool();
    mariadb_sql("SET GLOBAL max_allowed_packet=DEFAULT");
}
END_TEST

static long connection_number(void)
{
    struct question ask;

    ck_assert_int_eq(ask_for(&ask, "SELECT CONNECTION_ID()", 5000), OUTCOME_OK);
    return atol(ask.value);
}

START_TEST(connections_get_old)
{
    struct db_params *params = mariadb_params();
    long before, after;

    params->max_connection_age_ms = 300;
    open_pool(params);
    before = connection_number();
    ck_assert_int_eq(connection_number(), before);
    loop_for(320);
    after = connection_number();
    ck_assert_int_ne(after, before);
    ck_assert_uint_eq(pool_counts(pool).connections, 1);
    ck_assert_uint_eq(pool_host(pool, 0).connections, 1);
    close_pool();
}
END_TEST

/* Those that are never idle, too. */
START_TEST(connections_in_use_get_old)
{
    struct db_params *params = mariadb_params();
    long before;

    params->pool_size = 1;
    params->max_connection_age_ms = 300;
    open_pool(params);
    before = connection_number();
    begin_crowd(&crowd, "SELECT SLEEP(0.01)", 20, 5000);
    loop_for(400);
    ck_assert_int_ne(connection_number(), before);
    end_crowd(&crowd);
    ck_assert_uint_eq(crowd.failures, 0);
    close_pool();
}
END_TEST

START_TEST(renewed_at_once)
{
    struct question running;
    long before;

    open_pool(mariadb_params());
    before = connection_number();
    begin_question(&running, "SELECT CONCAT(CONNECTION_ID(), REPEAT('', SLEEP(0.2)))", 5000);
    pool_renew(pool);
    ck_assert(loop_until(question_done, &running, WAIT_MS));
    ck_assert_msg(running.outcome == OUTCOME_OK, "%s", running.reason);
    ck_assert_int_eq(atol(running.value), before); /* it was let finish */
    ck_assert_int_ne(connection_number(), before);
    close_pool();
}
END_TEST

/* The server looks at the rights of a database at the login. */
START_TEST(a_denied_connection_is_not_used_again)
{
    struct db_params *params = mariadb_params();
    char newcomer[] = "newcomer";
    struct question ask;
    uint64_t until_ms;

    mariadb_sql("CREATE OR REPLACE USER newcomer@localhost IDENTIFIED BY 'secret'");
    params->user = newcomer;
    params->dbname = NULL;
    open_pool(params);
    ck_assert_int_eq(ask_for(&ask, "SELECT COUNT(*) > 0 FROM mail.alias", 5000), OUTCOME_TEMP);
    ck_assert_int_eq(ask.blame, DB_TABLE_FAILED);
    ck_assert_uint_eq(pool_counts(pool).connections, 0);
    mariadb_sql("GRANT SELECT ON mail.* TO newcomer@localhost");
    until_ms = clock_ms() + 1500;
    while (ask_for(&ask, "SELECT COUNT(*) > 0 FROM mail.alias", 5000) != OUTCOME_OK) {
        ck_assert_uint_lt(clock_ms(), until_ms);
        loop_for(10);
    }
    close_pool();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pool_shares");
    TCase *t = tcase_create("pool_shares");

    tcase_add_test(t, overload_is_answered_as_fast_as_it_goes);
    tcase_add_test(t, a_table_that_hangs_holds_up_no_other);
    tcase_add_test(t, trouble_ends_with_the_first_answer);
    tcase_add_test(t, a_probe_that_was_not_made_is_not_waited_for);
    tcase_add_test(t, a_probe_does_not_wait_for_a_quiet_moment);
    tcase_add_test(t, trouble_takes_back_what_nobody_waits_for);
    tcase_add_test(t, a_refresh_that_finds_no_room_says_nothing);
    tcase_add_test(t, a_key_that_fails_is_no_trouble);
    tcase_add_test(t, a_row_that_is_too_large_is_the_keys_fault);
    tcase_add_test(t, connections_get_old);
    tcase_add_test(t, connections_in_use_get_old);
    tcase_add_test(t, renewed_at_once);
    tcase_add_test(t, a_denied_connection_is_not_used_again);
    suite_add_tcase(s, t);
    return s;
}

MARIADB_MAIN(suite)
