/* The pool, against a real server that comes and goes. Nobody is told a lie, nobody waits for ever. */
#include "pool.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fake.h"
#include "loop.h"
#include "mariadb.h"
#include "stats.h"
#include "unit.h"
#include "xmalloc.h"

#define WAIT_MS 20000

static struct pool *pool;

/* A question whose right answer is known: SQL that gives one value, or nothing. */
struct ask {
    struct pool_query query;
    const char *sql;
    char value[64];
    unsigned rows;
    unsigned done; /* how often done was called */
    enum outcome outcome;
    char reason[256];
    uint64_t asked_ms, done_ms;
};

static void on_write_sql(struct pool_query *query, template_quote *quote, void *quote_arg,
                         struct buffer *sql)
{
    (void)quote;
    (void)quote_arg;
    buffer_add_text(sql, ((struct ask *)query)->sql);
}

static bool on_row(struct pool_query *query, unsigned columns, const char *const *fields,
                   const unsigned long *lengths)
{
    struct ask *ask = (struct ask *)query;

    ck_assert_uint_ge(columns, 1);
    ck_assert_uint_lt(lengths[0], sizeof(ask->value));
    snprintf(ask->value, sizeof(ask->value), "%s", fields[0] != NULL ? fields[0] : "NULL");
    ask->rows++;
    return true;
}

static void on_done(struct pool_query *query, enum outcome outcome, bool has_rows_set,
                    const char *reason)
{
    struct ask *ask = (struct ask *)query;

    (void)has_rows_set;
    ask->done++;
    ask->outcome = outcome;
    ask->done_ms = clock_ms();
    if (outcome != OUTCOME_OK) {
        ck_assert_uint_eq(ask->rows, 0);
        ck_assert_str_ne(reason, "");
        snprintf(ask->reason, sizeof(ask->reason), "%s", reason);
    }
}

static void begin_ask(struct ask *ask, const char *sql, uint64_t timeout_ms)
{
    *ask = (struct ask){.query = {.write_sql = on_write_sql, .row = on_row, .done = on_done},
                        .sql = sql,
                        .asked_ms = clock_ms()};
    pool_ask(pool, &ask->query, ask->asked_ms + timeout_ms);
    ck_assert_uint_eq(ask->done, 0);
}

static bool ask_done(void *arg)
{
    return ((struct ask *)arg)->done > 0;
}

static enum outcome ask_for(struct ask *ask, const char *sql, uint64_t timeout_ms)
{
    begin_ask(ask, sql, timeout_ms);
    ck_assert(loop_until(ask_done, ask, WAIT_MS));
    ck_assert_uint_eq(ask->done, 1);
    return ask->outcome;
}

static void expect_value(const char *sql, const char *value)
{
    struct ask ask;

    ck_assert_msg(ask_for(&ask, sql, 5000) == OUTCOME_OK, "%s", ask.reason);
    ck_assert_uint_eq(ask.rows, 1);
    ck_assert_str_eq(ask.value, value);
}

static void open_pool(struct db_params *params)
{
    pool = pool_new(loop_base(), params);
}

static void close_pool(void)
{
    pool_free(pool);
    pool = NULL;
    ck_assert_uint_lt(loop_stall_ms(), loop_stall_most_ms());
}

/* Several hosts at once. */
static struct db_host two_hosts[2];

static struct db_params *params_of_two(struct db_host first, struct db_host second)
{
    struct db_params *params = mariadb_params();

    two_hosts[0] = first;
    two_hosts[1] = second;
    params->hosts = two_hosts;
    params->host_count = 2;
    return params;
}

static struct db_host dead_host(void)
{
    static char name[] = "127.0.0.1", text[] = "dead";

    return (struct db_host){text, false, name, unused_port()};
}

START_TEST(opens_on_demand_and_no_more_than_its_size)
{
    struct ask asks[20];

    open_pool(mariadb_params());
    ck_assert_uint_eq(pool_counts(pool).connections, 0);
    for (size_t i = 0; i < 20; i++)
        begin_ask(&asks[i], "SELECT SLEEP(0.02)", 5000);
    for (size_t i = 0; i < 20; i++) {
        ck_assert(loop_until(ask_done, &asks[i], WAIT_MS));
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

START_TEST(a_full_queue_refuses_later)
{
    struct db_params *params = mariadb_params();
    struct ask asks[12];
    unsigned refused = 0;

    params->pool_size = 1;
    params->queue_size = 5;
    open_pool(params);
    for (size_t i = 0; i < 12; i++)
        begin_ask(&asks[i], "SELECT 7", 5000);
    for (size_t i = 0; i < 12; i++) {
        ck_assert(loop_until(ask_done, &asks[i], WAIT_MS));
        refused += asks[i].outcome != OUTCOME_OK;
        if (asks[i].outcome != OUTCOME_OK)
            ck_assert_str_eq(asks[i].reason, "too many lookups are waiting for the database");
    }
    ck_assert_uint_eq(refused, 7);
    close_pool();
}
END_TEST

START_TEST(deadlines_hold_in_the_queue_and_in_the_query)
{
    struct db_params *params = mariadb_params();
    struct ask running, waiting, short_one;

    params->pool_size = 1;
    open_pool(params);
    expect_value("SELECT 1", "1");
    begin_ask(&running, "SELECT SLEEP(5)", 400);
    begin_ask(&waiting, "SELECT 2", 5000);
    begin_ask(&short_one, "SELECT 3", 150);
    ck_assert(loop_until(ask_done, &short_one, WAIT_MS));
    ck_assert_int_eq(short_one.outcome, OUTCOME_TIMEOUT);
    ck_assert_uint_ge(short_one.done_ms - short_one.asked_ms, 150);
    ck_assert_uint_lt(short_one.done_ms - short_one.asked_ms, 350);
    ck_assert(loop_until(ask_done, &running, WAIT_MS));
    ck_assert_int_eq(running.outcome, OUTCOME_TIMEOUT);
    ck_assert(loop_until(ask_done, &waiting, WAIT_MS));
    ck_assert_int_eq(waiting.outcome, OUTCOME_OK);
    close_pool();
}
END_TEST

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

START_TEST(a_wrong_query_is_not_the_hosts_fault)
{
    struct ask ask;

    open_pool(mariadb_params());
    ck_assert_int_eq(ask_for(&ask, "SELEKT", 5000), OUTCOME_TEMP);
    ck_assert_int_eq(pool_host(pool, 0).state, HOST_UP);
    ck_assert_uint_eq(pool_counts(pool).connections, 1);
    expect_value("SELECT 2", "2");
    close_pool();
}
END_TEST

START_TEST(down_and_up_again)
{
    struct ask asks[8];
    uint64_t back_ms;

    open_pool(mariadb_params());
    expect_value("SELECT 1", "1");
    ck_assert(pool_can_serve(pool));
    for (size_t i = 0; i < 8; i++)
        begin_ask(&asks[i], "SELECT SLEEP(1), 'x'", 5000);
    loop_for(50);
    mariadb_kill();
    for (size_t i = 0; i < 8; i++) {
        ck_assert(loop_until(ask_done, &asks[i], WAIT_MS));
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

static bool can_serve(void *arg)
{
    (void)arg;
    return pool_can_serve(pool);
}

START_TEST(sees_the_return_though_nobody_asks)
{
    struct ask ask;

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
    struct ask ask;

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

START_TEST(another_host_serves)
{
    struct ask asks[20];

    for (int round = 0; round < 5; round++) {
        open_pool(params_of_two(dead_host(), mariadb_inet_host()));
        for (size_t i = 0; i < 20; i++)
            begin_ask(&asks[i], "SELECT 5", 5000);
        for (size_t i = 0; i < 20; i++) {
            ck_assert(loop_until(ask_done, &asks[i], WAIT_MS));
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
    struct ask ask;

    /* Both are the same server, but the error is real. */
    open_pool(params_of_two(mariadb_unix_host(), second));
    ck_assert_int_eq(ask_for(&ask, "SELECT 1 FROM no_such_table", 5000), OUTCOME_TEMP);
    ck_assert_uint_eq(ask.query.tried, 3);
    ck_assert_int_eq(pool_host(pool, 0).state, HOST_UP);
    ck_assert_int_eq(pool_host(pool, 1).state, HOST_UP);
    close_pool();
}
END_TEST

/* A table that is missing on the preferred host must not cost a connection for each question. */
START_TEST(a_table_that_only_another_host_has)
{
    struct db_host fake = fake_start(FAKE_ANSWER, 0);

    open_pool(params_of_two(mariadb_unix_host(), fake));
    for (int i = 0; i < 5; i++) {
        struct ask asks[10];

        for (size_t j = 0; j < 10; j++)
            begin_ask(&asks[j], "SELECT 1 FROM no_such_table", 5000);
        for (size_t j = 0; j < 10; j++) {
            ck_assert(loop_until(ask_done, &asks[j], WAIT_MS));
            ck_assert_msg(asks[j].outcome == OUTCOME_OK, "%s", asks[j].reason);
            ck_assert_str_eq(asks[j].value, "fake");
        }
    }
    ck_assert_uint_le(fake_connections(), 4);
    close_pool();
    fake_stop();
}
END_TEST

START_TEST(unix_sockets_are_preferred)
{
    struct ask asks[20];

    open_pool(params_of_two(mariadb_inet_host(), mariadb_unix_host()));
    for (size_t i = 0; i < 20; i++)
        begin_ask(&asks[i], "SELECT 5", 5000);
    for (size_t i = 0; i < 20; i++)
        ck_assert(loop_until(ask_done, &asks[i], WAIT_MS));
    ck_assert_uint_eq(pool_host(pool, 0).connections, 0);
    ck_assert_uint_ge(pool_host(pool, 1).connections, 1);
    close_pool();
}
END_TEST

START_TEST(freed_with_everything_in_flight)
{
    struct ask asks[20];

    open_pool(mariadb_params());
    expect_value("SELECT 1", "1");
    for (size_t i = 0; i < 20; i++)
        begin_ask(&asks[i], "SELECT SLEEP(3)", 5000);
    loop_for(20);
    close_pool();
    for (size_t i = 0; i < 20; i++) {
        ck_assert_uint_eq(asks[i].done, 1);
        ck_assert_int_eq(asks[i].outcome, OUTCOME_TEMP);
    }
}
END_TEST

static void on_done_free(struct pool_query *query, enum outcome outcome, bool has_rows_set,
                         const char *reason)
{
    struct pool *mine = pool;

    on_done(query, outcome, has_rows_set, reason);
    pool = NULL;
    if (mine != NULL)
        pool_free(mine);
}

START_TEST(freed_by_an_answer)
{
    struct ask asks[3];

    open_pool(mariadb_params());
    for (size_t i = 0; i < 3; i++) {
        begin_ask(&asks[i], "SELECT 1", 5000);
        asks[i].query.done = on_done_free;
    }
    ck_assert(loop_until(ask_done, &asks[0], WAIT_MS));
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(asks[i].done, 1);
    ck_assert_ptr_null(pool);
}
END_TEST

static void expect_values(const char *sql, const char *value, size_t count)
{
    struct ask asks[50];

    for (size_t i = 0; i < count; i++)
        begin_ask(&asks[i], sql, 5000);
    for (size_t i = 0; i < count; i++) {
        ck_assert(loop_until(ask_done, &asks[i], WAIT_MS));
        ck_assert_msg(asks[i].outcome == OUTCOME_OK, "%s", asks[i].reason);
        ck_assert_str_eq(asks[i].value, value);
    }
}

START_TEST(answers_come_in_the_order_of_questions)
{
    struct db_params *params = mariadb_params();
    struct ask asks[20];

    params->pool_size = 1;
    open_pool(params);
    for (size_t i = 0; i < 20; i++)
        begin_ask(&asks[i], "SELECT 1", 5000);
    for (size_t i = 0; i < 20; i++) {
        ck_assert(loop_until(ask_done, &asks[i], WAIT_MS));
        if (i < 19)
            ck_assert(asks[i + 1].done == 0 || asks[i + 1].done_ms >= asks[i].done_ms);
    }
    close_pool();
}
END_TEST

START_TEST(a_query_whose_connection_dies_is_asked_again)
{
    struct ask ask;

    open_pool(mariadb_params());
    mariadb_sql("CREATE OR REPLACE TABLE mail.once (n INT)");
    mariadb_sql("CREATE OR REPLACE PROCEDURE mail.die_once() SQL SECURITY INVOKER BEGIN "
                "IF NOT EXISTS (SELECT 1 FROM mail.once) THEN "
                "INSERT INTO mail.once VALUES (1); DO SLEEP(10); END IF; SELECT 'alive'; END");
    begin_ask(&ask, "CALL die_once()", 8000);
    while (mariadb_number("SELECT COUNT(*) FROM mail.once") == 0)
        loop_for(5);
    mariadb_sql("KILL USER vmapd");
    ck_assert(loop_until(ask_done, &ask, WAIT_MS));
    ck_assert_msg(ask.outcome == OUTCOME_OK, "%s", ask.reason);
    ck_assert_str_eq(ask.value, "alive");
    close_pool();
}
END_TEST

START_TEST(a_query_that_kills_connections_is_asked_twice_at_most)
{
    struct db_params *params = mariadb_params();
    struct db_host fake = fake_start(FAKE_CUT, 0);
    struct ask ask;

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

/* Everybody may log in, nobody gets an answer: a Galera node outside the primary component. */
START_TEST(a_host_that_is_not_ready)
{
    struct ask ask;

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

START_TEST(fewer_connections_than_wanted_are_enough)
{
    struct db_params *params = mariadb_params();
    char few[] = "few";

    mariadb_sql("CREATE OR REPLACE USER few@localhost IDENTIFIED BY 'secret' "
                "WITH MAX_USER_CONNECTIONS 2");
    params->user = few;
    params->dbname = NULL;
    open_pool(params);
    for (int i = 0; i < 3; i++)
        expect_values("SELECT SLEEP(0.01)", "0", 30);
    ck_assert(pool_can_serve(pool));
    close_pool();
}
END_TEST

START_TEST(a_network_that_returns)
{
    struct db_params *params = mariadb_params();
    struct db_host silent = mariadb_inet_host();
    struct ask ask;

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

START_TEST(no_answer_within_the_servers_limit_is_no_fault_of_the_host)
{
    struct db_params *params = mariadb_params();
    struct ask ask;

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

/* Askers who ask again and again for a number of their own, until they are told to stop. */
#define NUMBERS 64

struct number {
    struct pool_query query;
    unsigned id, round;
    bool is_right;
};

static struct number numbers[NUMBERS];
static bool is_enough;
static unsigned long right_answers, temporary_answers, wrong_answers, numbers_asked;

static void on_number_sql(struct pool_query *query, template_quote *quote, void *quote_arg,
                          struct buffer *sql)
{
    struct number *number = (struct number *)query;

    (void)quote;
    (void)quote_arg;
    buffer_printf(sql, "SELECT '%u-%u'", number->id, number->round);
}

static bool on_number_row(struct pool_query *query, unsigned columns, const char *const *fields,
                          const unsigned long *lengths)
{
    struct number *number = (struct number *)query;
    char expected[40];

    (void)columns;
    (void)lengths;
    snprintf(expected, sizeof(expected), "%u-%u", number->id, number->round);
    number->is_right = strcmp(fields[0], expected) == 0;
    return true;
}

static void ask_number(struct number *number);

static void on_number(struct pool_query *query, enum outcome outcome, bool has_rows_set,
                      const char *reason)
{
    struct number *number = (struct number *)query;

    (void)has_rows_set;
    (void)reason;
    numbers_asked--;
    if (outcome != OUTCOME_OK)
        temporary_answers++;
    else if (number->is_right)
        right_answers++;
    else
        wrong_answers++;
    if (!is_enough)
        ask_number(number);
}

static void ask_number(struct number *number)
{
    number->query =
        (struct pool_query){.write_sql = on_number_sql, .row = on_number_row, .done = on_number};
    number->round++;
    number->is_right = false;
    numbers_asked++;
    pool_ask(pool, &number->query, clock_ms() + 5000);
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

START_TEST(a_slow_query_does_not_hold_up_those_behind_it)
{
    struct ask slow[2], quick[30];

    open_pool(mariadb_params());
    begin_numbers();
    loop_for(200);
    end_numbers();
    begin_ask(&slow[0], "SELECT SLEEP(1.5)", 5000);
    begin_ask(&slow[1], "SELECT SLEEP(1.5)", 5000);
    for (size_t i = 0; i < 30; i++)
        begin_ask(&quick[i], "SELECT 'q'", 5000);
    for (size_t i = 0; i < 30; i++) {
        ck_assert(loop_until(ask_done, &quick[i], WAIT_MS));
        ck_assert_str_eq(quick[i].value, "q");
        ck_assert_uint_lt(quick[i].done_ms - quick[i].asked_ms, 500);
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert(loop_until(ask_done, &slow[i], WAIT_MS));
        ck_assert_int_eq(slow[i].outcome, OUTCOME_OK);
    }
    close_pool();
}
END_TEST

START_TEST(a_proxy_that_takes_one_query_at_a_time)
{
    struct db_params *params = mariadb_params();
    struct db_host fake = fake_start(FAKE_ONE_AT_A_TIME, 0);

    params->hosts = &fake;
    open_pool(params);
    for (int i = 0; i < 10; i++)
        expect_values("SELECT 'fake'", "fake", 50);
    close_pool();
    fake_stop();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pool");
    TCase *t = tcase_create("pool");

    tcase_add_test(t, opens_on_demand_and_no_more_than_its_size);
    tcase_add_test(t, closes_idle_ones);
    tcase_add_test(t, a_full_queue_refuses_later);
    tcase_add_test(t, deadlines_hold_in_the_queue_and_in_the_query);
    tcase_add_test(t, a_lost_idle_connection_is_replaced);
    tcase_add_test(t, a_wrong_query_is_not_the_hosts_fault);
    tcase_add_test(t, down_and_up_again);
    tcase_add_test(t, sees_the_return_though_nobody_asks);
    tcase_add_test(t, a_hung_server);
    tcase_add_test(t, another_host_serves);
    tcase_add_test(t, a_query_that_fails_here_may_work_there);
    tcase_add_test(t, a_table_that_only_another_host_has);
    tcase_add_test(t, unix_sockets_are_preferred);
    tcase_add_test(t, freed_with_everything_in_flight);
    tcase_add_test(t, freed_by_an_answer);
    tcase_add_test(t, answers_come_in_the_order_of_questions);
    tcase_add_test(t, a_query_whose_connection_dies_is_asked_again);
    tcase_add_test(t, a_query_that_kills_connections_is_asked_twice_at_most);
    tcase_add_test(t, a_host_that_is_not_ready);
    tcase_add_test(t, a_silent_host_costs_no_time);
    tcase_add_test(t, a_host_that_returns_is_used_again);
    tcase_add_test(t, fewer_connections_than_wanted_are_enough);
    tcase_add_test(t, a_network_that_returns);
    tcase_add_test(t, no_answer_within_the_servers_limit_is_no_fault_of_the_host);
    tcase_add_test(t, nobody_gets_the_answer_of_another);
    tcase_add_test(t, a_slow_query_does_not_hold_up_those_behind_it);
    tcase_add_test(t, a_proxy_that_takes_one_query_at_a_time);
    suite_add_tcase(s, t);
    return s;
}

MARIADB_MAIN(suite)
