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

static void on_connected(void *arg, const struct db_result *result)
{
    ck_assert_ptr_eq(arg, &host);
    connected_result = *result;
    is_connected = true;
}

static void on_ended(void *arg)
{
    ck_assert_ptr_eq(arg, &host);
    is_ended = true;
}

bool flag(void *arg)
{
    return *(bool *)arg;
}

struct ask asked;
void (*on_asked)(void);

static void keep_row(unsigned columns, const char *const *fields, const unsigned long *lengths)
{
    for (unsigned i = 0; i < columns; i++) {
        ck_assert(fields[i] == NULL || fields[i][lengths[i]] == '\0');
        buffer_add(&asked.rows, fields[i] != NULL ? fields[i] : "~",
                   fields[i] != NULL ? lengths[i] : 1);
        buffer_add_char(&asked.rows, i + 1 < columns ? '|' : '\n');
    }
}

static void keep_rows(const struct db_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        keep_row(rows->columns, rows->fields + i * rows->columns,
                 rows->lengths + i * rows->columns);
}

static void on_columns(void *arg, unsigned columns, uint64_t texts)
{
    ck_assert_ptr_eq(arg, &host);
    ck_assert_uint_gt(columns, 0);
    ck_assert(!asked.is_done && asked.told == 0);
    asked.texts = texts;
}

static void on_row(void *arg, unsigned columns, const char *const *fields,
                   const unsigned long *lengths)
{
    ck_assert_ptr_eq(arg, &host);
    ck_assert(!asked.is_done);
    if (asked.told++ < 100)
        keep_row(columns, fields, lengths);
}

static void on_answered(void *arg, const struct db_result *result)
{
    ck_assert_ptr_eq(arg, &host);
    ck_assert(!asked.is_done);
    asked.is_done = true;
    asked.result = *result;
    keep_rows(&result->rows);
    if (result->blame != DB_OK) {
        ck_assert_uint_eq(result->rows.count, 0);
        ck_assert_str_ne(result->text, "");
    }
    if (on_asked != NULL)
        on_asked();
}

static const struct db_callbacks callbacks = {on_connected, on_answered, on_ended};
static const struct db_stream told = {on_columns, on_row};

void begin_connect(const struct db_params *params, struct db_host to)
{
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

static void begin(const struct statement *statement, uint64_t timeout_ms)
{
    buffer_free(&asked.rows);
    asked = (struct ask){.is_done = false};
    ck_assert(db_usable(db));
    db_ask(db, statement, timeout_ms);
    ck_assert_msg(!asked.is_done, "called back inside the call");
}

void begin_ask(const char *sql, uint64_t timeout_ms)
{
    begin(&(struct statement){.text = sql}, timeout_ms);
}

enum db_blame ask(const char *sql, uint64_t timeout_ms)
{
    begin_ask(sql, timeout_ms);
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    return asked.result.blame;
}

enum db_blame ask_key(const char *before, const char *key, const char *after)
{
    struct buffer query = BUFFER_EMPTY, error = BUFFER_EMPTY;
    struct template *template;

    buffer_printf(&query, "%s%%s%s", before, after);
    template = template_new(buffer_text(&query), "%s", &error);
    ck_assert_msg(template != NULL, "%s", buffer_text(&error));
    begin(&(struct statement){.template = template, .key = slice_of(key)}, 5000);
    template_free(template);
    buffer_free(&query);
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    return asked.result.blame;
}

void begin_stream(const char *sql, uint64_t timeout_ms)
{
    buffer_free(&asked.rows);
    asked = (struct ask){.is_done = false};
    db_stream(db, &(struct statement){.text = sql}, &told, timeout_ms);
    ck_assert_msg(!asked.is_done && asked.told == 0, "called back inside the call");
}

enum db_blame stream(const char *sql, uint64_t timeout_ms)
{
    begin_stream(sql, timeout_ms);
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
