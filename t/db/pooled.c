/* pooled - see the header. */
#include "pooled.h"

#include <check.h>
#include <stdio.h>

#include "clock.h"
#include "loop.h"
#include "mariadb.h"

struct pool *pool;
struct share one_table;

void on_question_done(struct pool_query *query, const struct db_result *result)
{
    struct question *ask = (struct question *)query;
    const struct db_rows *rows = &result->rows;

    ask->done++;
    ask->outcome = db_result_outcome(result);
    ask->blame = result->blame;
    ask->done_ms = clock_ms();
    ask->rows = (unsigned)rows->count;
    if (rows->count > 0) {
        ck_assert_uint_lt(rows->lengths[0], sizeof(ask->value));
        snprintf(ask->value, sizeof(ask->value), "%s",
                 rows->fields[0] != NULL ? rows->fields[0] : "NULL");
    }
    if (ask->outcome != OUTCOME_OK) {
        ck_assert_uint_eq(ask->rows, 0);
        ck_assert_str_ne(result->text, "");
        snprintf(ask->reason, sizeof(ask->reason), "%s", result->text);
    }
}

void begin_question_of(struct share *share, struct question *ask, const char *sql,
                       uint64_t timeout_ms)
{
    *ask = (struct question){.query = {.statement = {.text = sql}, .done = on_question_done},
                             .asked_ms = clock_ms()};
    pool_ask(pool, share, &ask->query, POOL_WANTED, ask->asked_ms + timeout_ms);
    ck_assert_uint_eq(ask->done, 0);
}

void begin_question(struct question *ask, const char *sql, uint64_t timeout_ms)
{
    begin_question_of(&one_table, ask, sql, timeout_ms);
}

void begin_in_background(struct share *share, struct question *ask, const char *sql)
{
    *ask = (struct question){.query = {.statement = {.text = sql}, .done = on_question_done},
                             .asked_ms = clock_ms()};
    pool_ask(pool, share, &ask->query, POOL_BACKGROUND, ask->asked_ms + WAIT_MS);
}

bool question_done(void *arg)
{
    return ((struct question *)arg)->done > 0;
}

enum outcome ask_for(struct question *ask, const char *sql, uint64_t timeout_ms)
{
    begin_question(ask, sql, timeout_ms);
    ck_assert(loop_until(question_done, ask, WAIT_MS));
    ck_assert_uint_eq(ask->done, 1);
    return ask->outcome;
}

void expect_value(const char *sql, const char *value)
{
    struct question ask;

    ck_assert_msg(ask_for(&ask, sql, 5000) == OUTCOME_OK, "%s", ask.reason);
    ck_assert_uint_eq(ask.rows, 1);
    ck_assert_str_eq(ask.value, value);
}

void open_pool(struct db_params *params)
{
    share_init(&one_table);
    pool = pool_new(loop_base(), params);
}

void close_pool(void)
{
    pool_free(pool);
    pool = NULL;
    ck_assert_uint_lt(loop_stall_ms(), loop_stall_most_ms());
}

/* Several hosts at once. */
static struct db_host two_hosts[2];

struct db_params *params_of_two(struct db_host first, struct db_host second)
{
    struct db_params *params = mariadb_params();

    two_hosts[0] = first;
    two_hosts[1] = second;
    params->hosts = two_hosts;
    params->host_count = 2;
    return params;
}

struct db_host dead_host(void)
{
    static char name[] = "127.0.0.1", text[] = "dead";

    return (struct db_host){text, false, name, unused_port()};
}

void expect_values(const char *sql, const char *value, size_t count)
{
    struct question asks[50];

    for (size_t i = 0; i < count; i++)
        begin_question(&asks[i], sql, 5000);
    for (size_t i = 0; i < count; i++) {
        ck_assert(loop_until(question_done, &asks[i], WAIT_MS));
        ck_assert_msg(asks[i].outcome == OUTCOME_OK, "%s", asks[i].reason);
        ck_assert_str_eq(asks[i].value, value);
    }
}

bool can_serve(void *arg)
{
    (void)arg;
    return pool_can_serve(pool);
}
