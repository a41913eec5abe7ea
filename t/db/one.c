/* one - see the header. */
#include "one.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "loop.h"
#include "mariadb.h"

struct db *db;
static struct db_host host;
struct db_result connected_result;
bool is_connected, is_ended;
uint64_t quiet_us;

static void on_connected(void *arg, struct db *of, const struct db_result *result)
{
    ck_assert_ptr_eq(arg, &host);
    ck_assert_ptr_eq(of, db);
    connected_result = *result;
    is_connected = true;
}

static void on_ended(void *arg, struct db *of)
{
    ck_assert_ptr_eq(arg, &host);
    ck_assert_ptr_eq(of, db);
    is_ended = true;
}

bool flag(void *arg)
{
    return *(bool *)arg;
}

void begin_connect(const struct db_params *params, struct db_host to)
{
    static const struct db_callbacks callbacks = {on_connected, on_ended};

    host = to;
    is_connected = is_ended = false;
    db = db_connect(loop_base(), params, &host, &callbacks, &host);
    ck_assert_msg(!is_connected, "called back inside the call");
}

enum db_blame connect_to(const struct db_params *params, struct db_host to)
{
    begin_connect(params, to);
    ck_assert(loop_until(flag, &is_connected, WAIT_MS));
    return connected_result.blame;
}

void connect_well(void)
{
    connect_to(mariadb_params(), mariadb_unix_host());
    ck_assert_msg(connected_result.blame == DB_OK, "%s", connected_result.text);
}

void connect_to_fake(enum fake_mode mode, unsigned error)
{
    ck_assert_msg(connect_to(mariadb_params(), fake_start(mode, error)) == DB_OK, "%s",
                  connected_result.text);
}

void disconnect(void)
{
    db_free(db);
    db = NULL;
    ck_assert_uint_lt(loop_stall_ms(), loop_stall_most_ms());
}

static void on_write_sql(struct db_query *query, template_quote *quote, void *quote_arg,
                         struct buffer *sql)
{
    struct ask *ask = (struct ask *)query;

    buffer_add_text(sql, ask->before);
    if (ask->key != NULL) {
        quote(quote_arg, slice_of(ask->key), sql);
        buffer_add_text(sql, ask->after);
    }
}

static bool on_row(struct db_query *query, unsigned columns, const char *const *fields,
                   const unsigned long *lengths)
{
    struct ask *ask = (struct ask *)query;

    ck_assert(!ask->is_done);
    for (unsigned i = 0; i < columns; i++) {
        if (i > 0)
            buffer_add_char(&ask->rows, '|');
        if (fields[i] != NULL) {
            ck_assert_int_eq(fields[i][lengths[i]], '\0');
            buffer_add(&ask->rows, fields[i], lengths[i]);
        } else {
            buffer_add_char(&ask->rows, '~');
        }
    }
    buffer_add_char(&ask->rows, '\n');
    return ++ask->row_count != ask->most_rows;
}

void on_ask_done(struct db_query *query, const struct db_result *result)
{
    struct ask *ask = (struct ask *)query;

    ck_assert(!ask->is_done);
    ask->is_done = true;
    ask->result = *result;
    if (result->blame != DB_OK) {
        ck_assert_uint_eq(ask->row_count, 0);
        ck_assert_str_ne(result->text, "");
    }
}

struct ask asked;
struct ask many[DB_BATCH_MAX];

void ask_init(struct ask *ask, const char *before, const char *key, const char *after)
{
    buffer_free(&ask->rows);
    *ask = (struct ask){
        .query = {on_write_sql, on_row, on_ask_done}, .before = before, .key = key, .after = after};
}

void ask_one(struct ask *ask, uint64_t timeout_ms)
{
    struct db_query *query = &ask->query;

    ck_assert(db_can_ask(db));
    db_ask(db, &query, 1, timeout_ms, 0);
}

void begin_ask(const char *sql, uint64_t timeout_ms)
{
    ask_init(&asked, sql, NULL, NULL);
    ask_one(&asked, timeout_ms);
    ck_assert_msg(!asked.is_done, "called back inside the call");
}

enum db_blame ask(const char *sql, uint64_t timeout_ms)
{
    begin_ask(sql, timeout_ms);
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    return asked.result.blame;
}

enum db_blame ask_key(const char *before, const char *key, const char *after)
{
    ask_init(&asked, before, key, after);
    ask_one(&asked, 5000);
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    return asked.result.blame;
}

void expect_rows(const char *sql, const char *rows)
{
    ck_assert_msg(ask(sql, 5000) == DB_OK, "%s", asked.result.text);
    ck_assert(asked.result.has_rows_set);
    ck_assert_str_eq(buffer_text(&asked.rows), rows);
    ck_assert(db_usable(db));
}

void begin_many(const char *const *sql, size_t count, uint64_t timeout_ms)
{
    struct db_query *queries[DB_BATCH_MAX];

    for (size_t i = 0; i < count; i++) {
        ask_init(&many[i], sql[i], NULL, NULL);
        queries[i] = &many[i].query;
    }
    ck_assert(db_can_ask(db));
    db_ask(db, queries, (unsigned)count, timeout_ms, quiet_us);
    ck_assert(!db_can_ask(db));
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(!many[i].is_done, "called back inside the call");
}

void finish_many(size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert(loop_until(flag, &many[i].is_done, WAIT_MS));
}
