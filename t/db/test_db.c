/* One connection, against a real server in good and bad health. It never lies and never blocks. */
#include "db.h"

#include <stdio.h>
#include <string.h>

#include "fake.h"
#include "loop.h"
#include "mariadb.h"
#include "unit.h"
#include "xmalloc.h"

#define WAIT_MS 15000

static struct db *db;
static struct db_host host;
static struct db_result connected_result;
static bool is_connected, is_ended;

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

static bool flag(void *arg)
{
    return *(bool *)arg;
}

static void begin_connect(const struct db_params *params, struct db_host to)
{
    static const struct db_callbacks callbacks = {on_connected, on_ended};

    host = to;
    is_connected = is_ended = false;
    db = db_connect(loop_base(), params, &host, &callbacks, &host);
    ck_assert_msg(!is_connected, "called back inside the call");
}

/* Returns the blame. */
static enum db_blame connect_to(const struct db_params *params, struct db_host to)
{
    begin_connect(params, to);
    ck_assert(loop_until(flag, &is_connected, WAIT_MS));
    return connected_result.blame;
}

static void connect_well(void)
{
    connect_to(mariadb_params(), mariadb_unix_host());
    ck_assert_msg(connected_result.blame == DB_OK, "%s", connected_result.text);
}

static void disconnect(void)
{
    db_free(db);
    db = NULL;
    ck_assert_uint_lt(loop_stall_ms(), loop_stall_most_ms());
}

/* A question, and what came of it: rows as "a|b\n", NULL as "~". */
struct ask {
    struct db_query query;
    const char *before, *key, *after; /* SQL, text to quote, SQL */
    struct buffer rows;
    unsigned row_count, most_rows;
    struct db_result result;
    bool is_done;
};

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

static void on_done(struct db_query *query, const struct db_result *result)
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

static struct ask asked;

static void begin_ask(const char *sql, uint64_t timeout_ms)
{
    buffer_free(&asked.rows);
    asked = (struct ask){.query = {on_write_sql, on_row, on_done}, .before = sql};
    db_query(db, &asked.query, timeout_ms);
    ck_assert_msg(!asked.is_done, "called back inside the call");
}

static enum db_blame ask(const char *sql, uint64_t timeout_ms)
{
    begin_ask(sql, timeout_ms);
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    return asked.result.blame;
}

static enum db_blame ask_key(const char *before, const char *key, const char *after)
{
    buffer_free(&asked.rows);
    asked = (struct ask){
        .query = {on_write_sql, on_row, on_done}, .before = before, .key = key, .after = after};
    db_query(db, &asked.query, 5000);
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    return asked.result.blame;
}

static void expect_rows(const char *sql, const char *rows)
{
    ck_assert_msg(ask(sql, 5000) == DB_OK, "%s", asked.result.text);
    ck_assert(asked.result.has_rows_set);
    ck_assert_str_eq(buffer_text(&asked.rows), rows);
    ck_assert(db_usable(db));
}

START_TEST(answers)
{
    connect_well();
    expect_rows("SELECT destination FROM alias WHERE source='a' ORDER BY id", "x\ny\n");
    expect_rows("SELECT source, destination FROM alias WHERE source='b'", "b|~\n");
    expect_rows("SELECT destination FROM alias WHERE source='nobody'", "");
    expect_rows("SELECT ''", "\n");
    disconnect();
}
END_TEST

START_TEST(stops_at_the_row_that_is_enough)
{
    connect_well();
    buffer_free(&asked.rows);
    asked = (struct ask){.query = {on_write_sql, on_row, on_done},
                         .before = "SELECT seq FROM seq_1_to_9",
                         .most_rows = 2};
    db_query(db, &asked.query, 5000);
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    ck_assert_str_eq(buffer_text(&asked.rows), "1\n2\n");
    expect_rows("SELECT 3", "3\n");
    disconnect();
}
END_TEST

START_TEST(works_over_inet)
{
    ck_assert_int_eq(connect_to(mariadb_params(), mariadb_inet_host()), DB_OK);
    expect_rows("SELECT 1", "1\n");
    disconnect();
}
END_TEST

START_TEST(errors_are_errors)
{
    connect_well();
    ck_assert_int_eq(ask("SELEKT 1", 5000), DB_QUERY_FAILED);
    ck_assert_uint_eq(asked.result.error, 1064);
    ck_assert_int_eq(ask("SELECT nix FROM alias", 5000), DB_QUERY_FAILED);
    ck_assert_int_eq(ask("SELECT 1 FROM no_such_table", 5000), DB_QUERY_FAILED);
    ck_assert_int_eq(ask("SELECT 1; SELECT 2", 5000), DB_QUERY_FAILED);
    ck_assert_int_eq(ask("", 5000), DB_QUERY_FAILED);
    /* An error in the middle of the rows. */
    ck_assert_int_eq(
        ask("SELECT IF(seq < 3, seq, (SELECT 1 UNION SELECT 2)) FROM seq_1_to_3", 5000),
        DB_QUERY_FAILED);
    expect_rows("SELECT 1", "1\n");
    disconnect();
}
END_TEST

START_TEST(no_result_set_is_told_apart)
{
    connect_well();
    ck_assert_int_eq(ask("DO 1", 5000), DB_OK);
    ck_assert(!asked.result.has_rows_set);
    disconnect();
}
END_TEST

START_TEST(procedures)
{
    mariadb_sql("CREATE OR REPLACE PROCEDURE mail.one() SELECT 1 AS a UNION SELECT 2");
    mariadb_sql("CREATE OR REPLACE PROCEDURE mail.two() BEGIN SELECT 1; SELECT 2; END");
    mariadb_sql("CREATE OR REPLACE PROCEDURE mail.none() BEGIN DO 1; END");
    mariadb_sql("CREATE OR REPLACE PROCEDURE mail.late() BEGIN SELECT 1; SELECT 1 FROM nix; END");
    connect_well();
    expect_rows("CALL one()", "1\n2\n");
    ck_assert_int_eq(ask("CALL two()", 5000), DB_QUERY_FAILED);
    ck_assert_str_eq(asked.result.text, "multiple result sets are not supported");
    ck_assert(db_usable(db));
    ck_assert_int_eq(ask("CALL none()", 5000), DB_OK);
    ck_assert(!asked.result.has_rows_set);
    ck_assert_int_eq(ask("CALL late()", 5000), DB_QUERY_FAILED);
    expect_rows("SELECT 1", "1\n");
    disconnect();
}
END_TEST

START_TEST(an_open_transaction_ends_the_connection)
{
    mariadb_sql("CREATE OR REPLACE PROCEDURE mail.opens() BEGIN START TRANSACTION; "
                "SELECT COUNT(*) > 0 FROM mail.alias; END");
    connect_well();
    ck_assert_int_eq(ask("CALL opens()", 5000), DB_OK);
    ck_assert_str_eq(buffer_text(&asked.rows), "1\n");
    ck_assert(!db_usable(db));
    disconnect();
}
END_TEST

START_TEST(sees_what_others_commit)
{
    mariadb_sql("SET GLOBAL autocommit=0");
    connect_well();
    mariadb_sql("SET GLOBAL autocommit=1");
    expect_rows("SELECT COUNT(*) FROM alias WHERE source='new'", "0\n");
    mariadb_sql("INSERT INTO mail.alias (source) VALUES ('new')");
    expect_rows("SELECT COUNT(*) FROM alias WHERE source='new'", "1\n");
    mariadb_sql("DELETE FROM mail.alias WHERE source='new'");
    disconnect();
}
END_TEST

/* Keys that would like to be SQL. */
static const char *const nasty[] = {
    "'",         "\"",      "\\",  "\\'", "\\\"", "''", "\"\"", "' OR '1'='1",    "\" OR \"1\"=\"1",
    "x' -- ",    "x\" -- ", "/*",  "*/",  "`",    "%",  "_",    "a'\"`\\b\nc\rd", "\x1a\t",
    "\xc3\xa9'", "#",       "';'",
};

START_TEST(quotes_for_the_sql_mode)
{
    static const char *const modes[] = {"", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES",
                                        "NO_BACKSLASH_ESCAPES,ANSI_QUOTES"};
    static const char *const before[] = {"SELECT HEX('", "SELECT /* don't */ HEX(\""};
    static const char *const after[] = {"') -- '", "\") -- \""};

    for (size_t mode = 0; mode < 4; mode++)
        for (size_t form = 0; form < (strstr(modes[mode], "ANSI") != NULL ? 1 : 2); form++) {
            mariadb_sql("SET GLOBAL sql_mode='%s'", modes[mode]);
            connect_well();
            mariadb_sql("SET GLOBAL sql_mode=DEFAULT");
            for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
                struct buffer hex = BUFFER_EMPTY;

                for (const char *c = nasty[i]; *c != '\0'; c++)
                    buffer_printf(&hex, "%02X", (unsigned char)*c);
                buffer_add_char(&hex, '\n');
                ck_assert_msg(ask_key(before[form], nasty[i], after[form]) == DB_OK, "%s: %s: %s",
                              modes[mode], nasty[i], asked.result.text);
                ck_assert_str_eq(buffer_text(&asked.rows), buffer_text(&hex));
                buffer_free(&hex);
            }
            disconnect();
        }
}
END_TEST

START_TEST(a_large_answer_is_refused)
{
    connect_well();
    ck_assert_int_eq(ask("SELECT REPEAT('x', 100000) FROM seq_1_to_5", 5000), DB_OK);
    ck_assert_uint_eq(asked.rows.len, 500005);
    ck_assert_int_eq(ask("SELECT REPEAT('x', 100000) FROM seq_1_to_1000", 5000), DB_QUERY_FAILED);
    ck_assert(!db_usable(db));
    disconnect();
    connect_well();
    ck_assert_int_eq(ask("SELECT REPEAT('x', 5000000)", 5000), DB_QUERY_FAILED);
    ck_assert(!db_usable(db));
    disconnect();
}
END_TEST

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

START_TEST(refused)
{
    struct db_host nobody = mariadb_inet_host();

    nobody.port = unused_port();
    ck_assert_int_eq(connect_to(mariadb_params(), nobody), DB_HOST_FAILED);
    ck_assert_uint_eq(connected_result.error, 2002);
    disconnect();
}
END_TEST

START_TEST(silence)
{
    struct db_params *params = mariadb_params();
    struct db_host silent = mariadb_inet_host();

    silent.port = silent_port();
    params->connect_timeout_ms = 300;
    ck_assert_int_eq(connect_to(params, silent), DB_HOST_FAILED);
    ck_assert_str_eq(connected_result.text, "no connection within 300 ms");
    disconnect();
    begin_connect(params, silent);
    disconnect();
}
END_TEST

START_TEST(not_a_host_name)
{
    char odd[] = "user=x;host=y", unknown[] = "no-such-host.invalid";
    struct db_host bad = {odd, false, odd, 0};

    ck_assert_int_eq(connect_to(mariadb_params(), bad), DB_HOST_FAILED);
    ck_assert_str_eq(connected_result.text, "\"user=x;host=y\" is not a host name");
    disconnect();
    bad.text = bad.name = unknown;
    ck_assert_int_eq(connect_to(mariadb_params(), bad), DB_HOST_FAILED);
    disconnect();
}
END_TEST

START_TEST(bad_password)
{
    struct db_params *params = mariadb_params();
    char wrong[] = "wr0ng-and-secret";

    params->password = wrong;
    ck_assert_int_eq(connect_to(params, mariadb_unix_host()), DB_HOST_FAILED);
    ck_assert_uint_eq(connected_result.error, 1045);
    ck_assert_ptr_null(strstr(connected_result.text, wrong));
    disconnect();
}
END_TEST

START_TEST(too_many_connections)
{
    mariadb_sql("CREATE OR REPLACE USER few@localhost IDENTIFIED BY 'secret' "
                "WITH MAX_USER_CONNECTIONS 1");
    struct db_params *params = mariadb_params();
    char few[] = "few";
    struct db *first;

    params->user = few;
    params->dbname = NULL;
    ck_assert_int_eq(connect_to(params, mariadb_unix_host()), DB_OK);
    first = db;
    ck_assert_int_eq(connect_to(params, mariadb_unix_host()), DB_HOST_FAILED);
    ck_assert_uint_eq(connected_result.error, 1226);
    disconnect();
    db = first;
    disconnect();
}
END_TEST

/* Several questions at once. */
static struct ask many[DB_DEPTH_MAX];

static void begin_many(const char *const *sql, size_t count, uint64_t timeout_ms)
{
    for (size_t i = 0; i < count; i++) {
        buffer_free(&many[i].rows);
        many[i] = (struct ask){.query = {on_write_sql, on_row, on_done}, .before = sql[i]};
        ck_assert(db_can_ask(db));
        db_query(db, &many[i].query, timeout_ms);
    }
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(!many[i].is_done, "called back inside the call");
}

START_TEST(several_at_once)
{
    static const char *const sql[DB_DEPTH_MAX] = {
        "SELECT 1 UNION SELECT 2",
        "SELEKT",
        "SELECT destination FROM alias WHERE source='nobody'",
        "CALL two()",
        "CALL one()",
        "DO 1",
        "SELECT IF(seq < 3, seq, (SELECT 1 UNION SELECT 2)) FROM seq_1_to_3",
        "SELECT 'last'"};

    connect_well();
    begin_many(sql, DB_DEPTH_MAX, 5000);
    ck_assert(!db_can_ask(db));
    for (size_t i = 0; i < DB_DEPTH_MAX; i++)
        ck_assert(loop_until(flag, &many[i].is_done, WAIT_MS));
    ck_assert_str_eq(buffer_text(&many[0].rows), "1\n2\n");
    ck_assert_int_eq(many[1].result.blame, DB_QUERY_FAILED);
    ck_assert_int_eq(many[2].result.blame, DB_OK);
    ck_assert_str_eq(buffer_text(&many[2].rows), "");
    ck_assert_int_eq(many[3].result.blame, DB_QUERY_FAILED);
    ck_assert_str_eq(buffer_text(&many[4].rows), "1\n2\n");
    ck_assert_int_eq(many[5].result.blame, DB_OK);
    ck_assert(!many[5].result.has_rows_set);
    ck_assert_int_eq(many[6].result.blame, DB_QUERY_FAILED);
    ck_assert_str_eq(buffer_text(&many[7].rows), "last\n");
    expect_rows("SELECT 'after'", "after\n");
    disconnect();
}
END_TEST

START_TEST(several_large_ones_at_once)
{
    static const char *const sql[4] = {
        "SELECT REPEAT('a', 1000) FROM seq_1_to_500", "SELECT REPEAT('b', 500000)",
        "SELECT REPEAT('c', 1000) FROM seq_1_to_5000", "SELECT 'not me'"};

    connect_well();
    begin_many(sql, 4, 5000);
    for (size_t i = 0; i < 4; i++)
        ck_assert(loop_until(flag, &many[i].is_done, WAIT_MS));
    ck_assert_uint_eq(many[0].row_count, 500);
    ck_assert_uint_eq(many[1].rows.len, 500001);
    ck_assert_int_eq(many[2].result.blame, DB_QUERY_FAILED);
    ck_assert_int_eq(many[3].result.blame, DB_UNASKED);
    ck_assert(!db_usable(db));
    disconnect();
}
END_TEST

START_TEST(the_first_of_several_is_to_blame)
{
    static const char *const slow[3] = {"SELECT SLEEP(3)", "SELECT 1", "SELECT 2"};
    static const char *const opens[2] = {"CALL opens()", "SELECT 1"};

    connect_well();
    begin_many(slow, 3, 100);
    for (size_t i = 0; i < 3; i++)
        ck_assert(loop_until(flag, &many[i].is_done, WAIT_MS));
    ck_assert_int_eq(many[0].result.blame, DB_TIMED_OUT);
    ck_assert_int_eq(many[1].result.blame, DB_UNASKED);
    ck_assert_int_eq(many[2].result.blame, DB_UNASKED);
    disconnect();
    connect_well();
    begin_many(slow, 3, 0);
    mariadb_sql("KILL USER vmapd");
    for (size_t i = 0; i < 3; i++)
        ck_assert(loop_until(flag, &many[i].is_done, WAIT_MS));
    ck_assert_int_eq(many[0].result.blame, DB_LOST);
    ck_assert_int_eq(many[1].result.blame, DB_UNASKED);
    disconnect();
    connect_well();
    begin_many(opens, 2, 5000);
    for (size_t i = 0; i < 2; i++)
        ck_assert(loop_until(flag, &many[i].is_done, WAIT_MS));
    ck_assert_int_eq(many[0].result.blame, DB_OK);
    ck_assert_int_eq(many[1].result.blame, DB_UNASKED);
    disconnect();
}
END_TEST

static void on_done_free(struct db_query *query, const struct db_result *result)
{
    on_done(query, result);
    db_free(db);
    db = NULL;
}

START_TEST(freed_by_the_first_of_several)
{
    static const char *const sql[3] = {"SELECT 1", "SELECT 2", "SELECT 3"};

    for (int killed = 0; killed < 2; killed++) {
        connect_well();
        begin_many(sql, 3, 5000);
        many[0].query.done = on_done_free;
        if (killed)
            mariadb_sql("KILL USER vmapd");
        ck_assert(loop_until(flag, &many[0].is_done, WAIT_MS));
        loop_for(20);
        ck_assert_ptr_null(db);
        ck_assert(!many[1].is_done);
    }
}
END_TEST

static void on_done_ask(struct db_query *query, const struct db_result *result)
{
    on_done(query, result);
    many[1].query.done = on_done;
    ck_assert(db_can_ask(db));
    db_query(db, &many[1].query, 5000);
}

START_TEST(asked_by_an_answer)
{
    connect_well();
    buffer_free(&many[0].rows);
    buffer_free(&many[1].rows);
    many[0] = (struct ask){.query = {on_write_sql, on_row, on_done_ask}, .before = "SELECT 1"};
    many[1] = (struct ask){.query = {on_write_sql, on_row, on_done}, .before = "SELECT 2"};
    db_query(db, &many[0].query, 5000);
    ck_assert(loop_until(flag, &many[1].is_done, WAIT_MS));
    ck_assert_str_eq(buffer_text(&many[0].rows), "1\n");
    ck_assert_str_eq(buffer_text(&many[1].rows), "2\n");
    disconnect();
}
END_TEST

/* More SQL than the socket takes at once, while the server does not read. */
START_TEST(sending_has_to_wait)
{
    size_t len = 8 * 1024 * 1024;
    char *sql = xmalloc(len + 1);

    memset(sql, ' ', len);
    memcpy(sql, "SELECT /*", 9);
    memcpy(sql + len - 4, "*/ 7", 5);
    connect_well();
    mariadb_pause();
    begin_ask(sql, 0);
    ck_assert(!db_can_ask(db));
    loop_for(50);
    ck_assert(!asked.is_done);
    mariadb_resume();
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    ck_assert_msg(asked.result.blame == DB_OK, "%s", asked.result.text);
    ck_assert_str_eq(buffer_text(&asked.rows), "7\n");
    mariadb_pause();
    begin_ask(sql, 100);
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    ck_assert_int_eq(asked.result.blame, DB_TIMED_OUT);
    disconnect();
    mariadb_resume();
    connect_well();
    mariadb_pause();
    begin_ask(sql, 0);
    disconnect();
    mariadb_resume();
    free(sql);
}
END_TEST

static char ca[300], other_ca[300], cert[300], key[300];

static void start_with_tls(void)
{
    char options[3][320];
    const char *const arguments[] = {options[0], options[1], options[2], NULL};

    snprintf(ca, sizeof(ca), "%s", mariadb_path("ca.pem"));
    snprintf(other_ca, sizeof(other_ca), "%s", mariadb_path("other-ca.pem"));
    snprintf(cert, sizeof(cert), "%s", mariadb_path("server.pem"));
    snprintf(key, sizeof(key), "%s", mariadb_path("server-key.pem"));
    snprintf(options[0], sizeof(options[0]), "--ssl-ca=%s", ca);
    snprintf(options[1], sizeof(options[1]), "--ssl-cert=%s", cert);
    snprintf(options[2], sizeof(options[2]), "--ssl-key=%s", key);
    mariadb_stop();
    mariadb_start(arguments);
}

START_TEST(tls)
{
    struct db_params *params = mariadb_params();
    struct db_host right = mariadb_inet_host(), wrong = right;
    char other_name[] = "127.0.0.2";

    start_with_tls();
    wrong.name = other_name;
    params->tls_ca_file = ca;
    ck_assert_int_eq(connect_to(params, wrong), DB_OK);
    expect_rows("SELECT variable_value <> '' FROM information_schema.session_status "
                "WHERE variable_name='ssl_cipher'",
                "1\n");
    ck_assert_int_eq(ask("SELECT REPEAT('x', 100000) FROM seq_1_to_5", 5000), DB_OK);
    ck_assert_uint_eq(asked.rows.len, 500005);
    disconnect();
    params->tls_verify_cert = TRI_YES;
    ck_assert_int_eq(connect_to(params, right), DB_OK);
    disconnect();
    ck_assert_msg(connect_to(params, wrong) == DB_HOST_FAILED, "wrong name");
    ck_assert_uint_eq(connected_result.error, 2026);
    disconnect();
    mariadb_write("lax.cnf", "[client]\nssl-verify-server-cert=0\nssl-enforce=0\n");
    params->option_file = xasprintf("%s", mariadb_path("lax.cnf"));
    params->option_group = (char[]){"client"};
    ck_assert_msg(connect_to(params, wrong) == DB_HOST_FAILED, "an option file is no way around");
    disconnect();
    free(params->option_file);
    params->option_file = NULL;
    params->tls_ca_file = NULL;
    ck_assert_msg(connect_to(params, right) == DB_HOST_FAILED, "no CA");
    disconnect();
    params->tls_ca_file = other_ca;
    for (int verify = TRI_UNSET; verify <= TRI_YES; verify++) {
        params->tls_verify_cert = (enum tri_state)verify;
        ck_assert_msg(connect_to(params, right) == DB_HOST_FAILED, "untrusted CA");
        disconnect();
    }
}
END_TEST

START_TEST(tls_queries_do_not_block)
{
    struct db_params *params = mariadb_params();

    params->tls_ca_file = ca;
    params->query_timeout_ms = 300;
    ck_assert_int_eq(connect_to(params, mariadb_inet_host()), DB_OK);
    ck_assert_int_eq(ask("SELECT destination FROM alias WHERE source='a' AND SLEEP(5)=0", 4000),
                     DB_TIMED_OUT);
    ck_assert(db_usable(db));
    begin_many((const char *const[]){"SELECT REPEAT('a', 40000)", "SELECT 2", "SELECT 3"}, 3, 5000);
    ck_assert(loop_until(flag, &many[2].is_done, WAIT_MS));
    ck_assert_uint_eq(many[0].rows.len, 40001);
    ck_assert_str_eq(buffer_text(&many[1].rows), "2\n");
    ck_assert_str_eq(buffer_text(&many[2].rows), "3\n");
    mariadb_pause();
    ck_assert_int_eq(ask("SELECT 1", 100), DB_TIMED_OUT);
    disconnect();
    mariadb_resume();
    ck_assert_int_eq(connect_to(params, mariadb_inet_host()), DB_OK);
    begin_ask("SELECT REPEAT('x', 1000) FROM seq_1_to_100000", 0);
    loop_for(5);
    disconnect();
    ck_assert_int_eq(connect_to(params, mariadb_inet_host()), DB_OK);
    mariadb_pause();
    disconnect();
    mariadb_resume();
}
END_TEST

START_TEST(an_idle_tls_connection_stays_and_ends)
{
    struct db_params *params = mariadb_params();

    params->tls_ca_file = ca;
    ck_assert_int_eq(connect_to(params, mariadb_inet_host()), DB_OK);
    loop_for(100);
    ck_assert(!is_ended);
    mariadb_kill();
    ck_assert(loop_until(flag, &is_ended, WAIT_MS));
    disconnect();
    mariadb_start(NULL);
}
END_TEST

/* By now the server runs without TLS. */
START_TEST(tls_is_demanded_by_any_of_its_parameters)
{
    char ciphers[] = "ECDHE-ECDSA-AES256-GCM-SHA384";

    for (int i = 0; i < 5; i++) {
        struct db_params *params = mariadb_params();

        if (i == 0)
            params->tls_ca_file = ca;
        else if (i == 1)
            params->tls_ca_path = ca;
        else if (i == 2) {
            params->tls_cert_file = cert;
            params->tls_key_file = key;
        } else if (i == 3)
            params->tls_ciphers = ciphers;
        else
            params->tls_verify_cert = TRI_YES;
        ck_assert_int_eq(connect_to(params, mariadb_inet_host()), DB_HOST_FAILED);
        ck_assert_ptr_nonnull(strstr(connected_result.text, "required"));
        disconnect();
    }
}
END_TEST

START_TEST(the_password_is_not_shown_without_tls)
{
    struct db_params *params = mariadb_params();
    struct db_host fake = fake_start(FAKE_ASK_PASSWORD, 0);

    ck_assert_msg(connect_to(params, fake) == DB_OK, "the fake works: %s", connected_result.text);
    ck_assert_uint_gt(fake_leaked(), 0);
    disconnect();
    fake = fake_start(FAKE_ASK_PASSWORD, 0);
    params->tls_ca_file = ca;
    ck_assert_int_eq(connect_to(params, fake), DB_HOST_FAILED);
    ck_assert_uint_eq(fake_leaked(), 0);
    disconnect();
}
END_TEST

START_TEST(a_stalled_tls_handshake)
{
    struct db_params *params = mariadb_params();
    struct db_host fake = fake_start(FAKE_STALL_TLS, 0);

    params->tls_ca_file = ca;
    params->connect_timeout_ms = 300;
    ck_assert_int_eq(connect_to(params, fake), DB_HOST_FAILED);
    disconnect();
    fake_stop();
}
END_TEST

static void connect_to_fake(enum fake_mode mode, unsigned error)
{
    ck_assert_msg(connect_to(mariadb_params(), fake_start(mode, error)) == DB_OK, "%s",
                  connected_result.text);
}

START_TEST(errors_say_who_is_to_blame)
{
    static const struct {
        unsigned error;
        enum db_blame blame;
        bool usable;
    } errors[] = {
        {1064, DB_QUERY_FAILED, true}, {1146, DB_QUERY_FAILED, true}, {145, DB_QUERY_FAILED, true},
        {1194, DB_QUERY_FAILED, true}, {1205, DB_QUERY_FAILED, true}, {1290, DB_QUERY_FAILED, true},
        {1969, DB_TIMED_OUT, true},    {3024, DB_TIMED_OUT, true},    {1047, DB_HOST_FAILED, false},
        {1053, DB_HOST_FAILED, false}, {1040, DB_HOST_FAILED, false}, {1927, DB_LOST, false},
        {4031, DB_LOST, false},
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

START_TEST(no_file_of_ours_is_sent)
{
    struct db_params *params = mariadb_params();
    char file[300];

    snprintf(file, sizeof(file), "%s", mariadb_path("local.cnf"));
    mariadb_write("local.cnf",
                  "[client]\nlocal-infile=1\nmulti-statements=1\nreconnect=1\ncompress=1\n"
                  "ssl-verify-server-cert=0\n");
    params->option_file = file;
    params->option_group = (char[]){"client"};
    ck_assert_int_eq(connect_to(params, fake_start(FAKE_ASK_FILE, 0)), DB_OK);
    ck_assert_int_ne(ask("SELECT 1", 5000), DB_OK);
    ck_assert_uint_eq(fake_queries(), 1);
    ck_assert_uint_eq(fake_leaked(), 0);
    disconnect();
    fake_stop();
    ck_assert_int_eq(connect_to(params, mariadb_unix_host()), DB_OK);
    ck_assert_int_eq(ask("SELECT 1; SELECT 2", 5000), DB_QUERY_FAILED);
    ck_assert_uint_eq(asked.result.error, 1064);
    expect_rows("SELECT variable_value FROM information_schema.session_status "
                "WHERE variable_name='compression'",
                "OFF\n");
    disconnect();
}
END_TEST

START_TEST(an_option_file_fills_in)
{
    struct db_params *params = mariadb_params();
    char file[300];

    snprintf(file, sizeof(file), "%s", mariadb_path("user.cnf"));
    mariadb_write("user.cnf", "[mine]\nuser=vmapd\npassword=secret\n"
                              "init-command=SET @x='from the file'\n");
    params->option_file = file;
    params->option_group = (char[]){"mine"};
    params->user = params->password = (char[]){""};
    ck_assert_msg(connect_to(params, mariadb_unix_host()) == DB_OK, "%s", connected_result.text);
    expect_rows("SELECT @x", "from the file\n");
    disconnect();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("db");
    TCase *t = tcase_create("db");

    tcase_add_test(t, answers);
    tcase_add_test(t, stops_at_the_row_that_is_enough);
    tcase_add_test(t, works_over_inet);
    tcase_add_test(t, errors_are_errors);
    tcase_add_test(t, no_result_set_is_told_apart);
    tcase_add_test(t, procedures);
    tcase_add_test(t, an_open_transaction_ends_the_connection);
    tcase_add_test(t, sees_what_others_commit);
    tcase_add_test(t, quotes_for_the_sql_mode);
    tcase_add_test(t, a_large_answer_is_refused);
    tcase_add_test(t, the_server_stops_a_slow_statement);
    tcase_add_test(t, own_timer_ends_a_slow_answer);
    tcase_add_test(t, a_locked_table_times_out);
    tcase_add_test(t, a_stopped_server_times_out);
    tcase_add_test(t, freed_under_a_query);
    tcase_add_test(t, a_killed_connection_is_lost);
    tcase_add_test(t, an_idle_connection_ends);
    tcase_add_test(t, asked_on_a_connection_that_has_just_died);
    tcase_add_test(t, a_server_that_dies_under_a_query);
    tcase_add_test(t, refused);
    tcase_add_test(t, silence);
    tcase_add_test(t, not_a_host_name);
    tcase_add_test(t, bad_password);
    tcase_add_test(t, too_many_connections);
    tcase_add_test(t, several_at_once);
    tcase_add_test(t, several_large_ones_at_once);
    tcase_add_test(t, the_first_of_several_is_to_blame);
    tcase_add_test(t, freed_by_the_first_of_several);
    tcase_add_test(t, asked_by_an_answer);
    tcase_add_test(t, sending_has_to_wait);
    tcase_add_test(t, tls);
    tcase_add_test(t, tls_queries_do_not_block);
    tcase_add_test(t, an_idle_tls_connection_stays_and_ends);
    tcase_add_test(t, tls_is_demanded_by_any_of_its_parameters);
    tcase_add_test(t, the_password_is_not_shown_without_tls);
    tcase_add_test(t, a_stalled_tls_handshake);
    tcase_add_test(t, errors_say_who_is_to_blame);
    tcase_add_test(t, half_an_answer_is_none);
    tcase_add_test(t, unasked_bytes_are_no_answer);
    tcase_add_test(t, no_file_of_ours_is_sent);
    tcase_add_test(t, an_option_file_fills_in);
    suite_add_tcase(s, t);
    return s;
}

MARIADB_MAIN(suite)
