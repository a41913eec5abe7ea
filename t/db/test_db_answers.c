/* What a connection makes of questions, and of several at once, when all is well. */
#include "one.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "loop.h"
#include "mariadb.h"
#include "unit.h"
#include "xmalloc.h"

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
    ask_init(&asked, "SELECT seq FROM seq_1_to_9", NULL, NULL);
    asked.most_rows = 2;
    ask_one(&asked, 5000);
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
    ck_assert_int_eq(ask("", 5000), DB_KEY_FAILED);
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

START_TEST(quotes_names)
{
    static const char *const modes[] = {"", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES",
                                        "NO_BACKSLASH_ESCAPES,ANSI_QUOTES"};

    for (size_t mode = 0; mode < 4; mode++) {
        mariadb_sql("SET GLOBAL sql_mode='%s'", modes[mode]);
        connect_well();
        mariadb_sql("SET GLOBAL sql_mode=DEFAULT");
        for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
            /* A name may not be empty, nor end in a blank. */
            ck_assert_msg(ask_key("SELECT 'yes' AS `x", nasty[i], "x`") == DB_OK, "%s: %s: %s",
                          modes[mode], nasty[i], asked.result.text);
            ck_assert_str_eq(buffer_text(&asked.rows), "yes\n");
            ck_assert_msg(ask_key("SELECT 'yes' AS \"x", nasty[i], "x\"") == DB_OK, "%s: %s: %s",
                          modes[mode], nasty[i], asked.result.text);
            ck_assert_str_eq(buffer_text(&asked.rows), "yes\n");
        }
        disconnect();
    }
}
END_TEST

START_TEST(outside_of_quotes_only_numbers)
{
    static const char *const no_numbers[] = {"",    "1 OR 1=1", "seq", "-1",        "1e0",
                                             "1.0", "0x31",     "1 ",  "@@version", "\xd9\xa1"};

    connect_well();
    ck_assert_int_eq(ask_key("SELECT seq FROM seq_1_to_9 WHERE seq=", "007", ""), DB_OK);
    ck_assert_str_eq(buffer_text(&asked.rows), "7\n");
    for (size_t i = 0; i < sizeof(no_numbers) / sizeof(no_numbers[0]); i++) {
        ck_assert_msg(ask_key("SELECT seq FROM seq_1_to_9 WHERE seq=", no_numbers[i], "") ==
                          DB_KEY_FAILED,
                      "%s", no_numbers[i]);
        ck_assert(db_usable(db));
    }
    ck_assert_int_eq(ask_key("SELECT 1 /* ", "x", "*/"), DB_KEY_FAILED);
    ck_assert_str_eq(asked.result.text, "the key has no place in the query");
    disconnect();
}
END_TEST

START_TEST(a_large_answer_is_refused)
{
    connect_well();
    ck_assert_int_eq(ask("SELECT REPEAT('x', 100000) FROM seq_1_to_5", 5000), DB_OK);
    ck_assert_uint_eq(asked.rows.len, 500005);
    ck_assert_int_eq(ask("SELECT REPEAT('x', 100000) FROM seq_1_to_1000", 5000), DB_KEY_FAILED);
    ck_assert(!db_usable(db));
    disconnect();
    connect_well();
    ck_assert_int_eq(ask("SELECT REPEAT('x', 5000000)", 5000), DB_KEY_FAILED);
    ck_assert(!db_usable(db));
    disconnect();
}
END_TEST

START_TEST(several_at_once)
{
    static const char *const sql[] = {
        "SELECT 1 UNION SELECT 2",
        "SELEKT",
        "SELECT destination FROM alias WHERE source='nobody'",
        "CALL two()",
        "CALL one()",
        "DO 1",
        "SELECT IF(seq < 3, seq, (SELECT 1 UNION SELECT 2)) FROM seq_1_to_3",
        "SELECT 'last'"};

    connect_well();
    for (int i = 0; i < 3; i++) {
        begin_many(sql, 8, 5000);
        finish_many(8);
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
    }
    disconnect();
}
END_TEST

/* No answer holds anything of an earlier one, however many there were. */
START_TEST(more_and_fewer_at_once)
{
    static const char *const sql[DB_BATCH_MAX] = {
        "SELECT 0",  "SELECT 1",  "SELECT 2",  "SELECT 3", "SELECT 4",  "SELECT 5",
        "SELECT 6",  "SELECT 7",  "SELECT 8",  "SELECT 9", "SELECT 10", "SELECT 11",
        "SELECT 12", "SELECT 13", "SELECT 14", "SELECT 15"};
    static const size_t counts[] = {2, 16, 1, 3, 15, 2, 16};

    connect_well();
    for (size_t round = 0; round < sizeof(counts) / sizeof(counts[0]); round++) {
        begin_many(sql, counts[round], 5000);
        finish_many(counts[round]);
        for (size_t i = 0; i < counts[round]; i++) {
            char expected[24];

            snprintf(expected, sizeof(expected), "%zu\n", i);
            ck_assert_str_eq(buffer_text(&many[i].rows), expected);
        }
    }
    disconnect();
}
END_TEST

static void expect_unasked(size_t count)
{
    finish_many(count);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(many[i].result.blame, DB_UNASKED);
    ck_assert(!db_usable(db));
    disconnect();
}

/* If it is not certain whose they are, all answers are void, also those that came before. */
START_TEST(several_are_answered_or_none)
{
    static const char *const large[4] = {
        "SELECT REPEAT('a', 1000) FROM seq_1_to_500", "SELECT REPEAT('b', 500000)",
        "SELECT REPEAT('c', 1000) FROM seq_1_to_5000", "SELECT 'not me'"};
    static const char *const slow[3] = {"SELECT 1", "SELECT SLEEP(3)", "SELECT 2"};

    connect_well();
    begin_many(large, 2, 5000);
    finish_many(2);
    ck_assert_uint_eq(many[0].row_count, 500);
    ck_assert_uint_eq(many[1].rows.len, 500001);
    begin_many(large, 4, 5000);
    expect_unasked(4);
    connect_well();
    begin_many(slow, 3, 100);
    expect_unasked(3);
    connect_well();
    begin_many(slow, 3, 0);
    mariadb_sql("KILL USER vmapd");
    expect_unasked(3);
}
END_TEST

START_TEST(answers_are_taken_from_a_connection_that_is_not_fit_for_more)
{
    static const char *const opens[2] = {"CALL opens()", "SELECT 1"};

    connect_well();
    begin_many(opens, 2, 5000);
    finish_many(2);
    ck_assert_int_eq(many[0].result.blame, DB_OK);
    ck_assert_str_eq(buffer_text(&many[1].rows), "1\n");
    ck_assert(!db_usable(db));
    disconnect();
}
END_TEST

static void on_done_free(struct db_query *query, const struct db_result *result)
{
    on_ask_done(query, result);
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
    on_ask_done(query, result);
    ask_one(&asked, 5000);
}

START_TEST(asked_by_the_last_answer)
{
    static const char *const sql[3] = {"SELECT 1", "SELECT 2", "SELECT 3"};

    for (size_t count = 1; count <= 3; count += 2) {
        connect_well();
        begin_many(sql, count, 5000);
        ask_init(&asked, "SELECT 'asked'", NULL, NULL);
        many[count - 1].query.done = on_done_ask;
        ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
        ck_assert_str_eq(buffer_text(&many[0].rows), "1\n");
        ck_assert_str_eq(buffer_text(&many[count - 1].rows), count == 1 ? "1\n" : "3\n");
        ck_assert_str_eq(buffer_text(&asked.rows), "asked\n");
        disconnect();
    }
}
END_TEST

#define QUIET_US ((uint64_t)100000)

START_TEST(answers_are_not_looked_for_while_it_is_quiet)
{
    static const char *const sql[2] = {"SELECT 1", "SELECT 2"};
    uint64_t began_us;

    connect_well();
    quiet_us = QUIET_US;
    began_us = clock_us();
    begin_many(sql, 2, 5000);
    finish_many(2);
    ck_assert_uint_ge(clock_us() - began_us, QUIET_US);
    ck_assert_str_eq(buffer_text(&many[1].rows), "2\n");
    expect_rows("SELECT 'after'", "after\n");
    disconnect();
}
END_TEST

START_TEST(time_runs_out_while_it_is_quiet)
{
    static const char *const sql[2] = {"SELECT 1", "SELECT 2"};

    connect_well();
    quiet_us = 1000 * QUIET_US;
    begin_many(sql, 2, 100);
    expect_unasked(2);
}
END_TEST

START_TEST(disconnected_while_it_is_quiet)
{
    static const char *const sql[2] = {"SELECT 1", "SELECT 2"};

    connect_well();
    quiet_us = QUIET_US;
    begin_many(sql, 2, 5000);
    disconnect();
    loop_for(2 * QUIET_US / 1000);
    ck_assert(!many[0].is_done && !many[1].is_done);
}
END_TEST

#define MIB ((size_t)1024 * 1024)

static char *long_sql(size_t len)
{
    char *sql = xmalloc(len + 1);

    memset(sql, ' ', len);
    memcpy(sql, "SELECT /*", 9);
    memcpy(sql + len - 4, "*/ 7", 5);
    return sql;
}

/* More SQL than the socket takes at once, while the server does not read. */
START_TEST(sending_has_to_wait)
{
    char *sql = long_sql(8 * MIB);

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

START_TEST(sending_several_has_to_wait)
{
    char *long_one = long_sql(MIB);
    const char *const sql[3] = {"SELECT 6", long_one, "SELECT 8"};

    connect_well();
    mariadb_pause();
    begin_many(sql, 3, 0);
    loop_for(50);
    ck_assert(!many[0].is_done);
    mariadb_resume();
    finish_many(3);
    ck_assert_str_eq(buffer_text(&many[0].rows), "6\n");
    ck_assert_str_eq(buffer_text(&many[1].rows), "7\n");
    ck_assert_str_eq(buffer_text(&many[2].rows), "8\n");
    expect_rows("SELECT 'after'", "after\n");
    mariadb_pause();
    begin_many(sql, 3, 100);
    expect_unasked(3);
    mariadb_resume();
    connect_well();
    mariadb_pause();
    begin_many(sql, 3, 0);
    disconnect();
    mariadb_resume();
    free(long_one);
}
END_TEST

START_TEST(the_server_dies_while_several_are_sent)
{
    char *long_one = long_sql(MIB);
    const char *const sql[2] = {"SELECT 6", long_one};

    connect_well();
    mariadb_pause();
    begin_many(sql, 2, 0);
    loop_for(50);
    mariadb_kill();
    expect_unasked(2);
    mariadb_start(NULL);
    free(long_one);
}
END_TEST

START_TEST(one_of_several_has_no_place_for_its_key)
{
    struct db_query *queries[] = {&many[0].query, &many[1].query, &many[2].query};

    connect_well();
    ask_init(&many[0], "SELECT 6", NULL, NULL);
    ask_init(&many[1], "SELECT ", "version()", "");
    ask_init(&many[2], "SELECT ", "8", "");
    db_ask(db, queries, 3, 5000, quiet_us);
    finish_many(3);
    ck_assert_str_eq(buffer_text(&many[0].rows), "6\n");
    ck_assert_int_eq(many[1].result.blame, DB_KEY_FAILED);
    ck_assert_str_eq(buffer_text(&many[2].rows), "8\n");
    disconnect();
}
END_TEST

START_TEST(one_of_several_is_too_large)
{
    char *long_one = long_sql(16 * MIB);
    const char *const sql[2] = {"SELECT 6", long_one};

    connect_well();
    begin_many(sql, 2, 5000);
    expect_unasked(2);
    free(long_one);
}
END_TEST

static void be_quiet(void)
{
    quiet_us = QUIET_US / 100;
}

static TCase *several(const char *name, void (*setup)(void))
{
    TCase *t = tcase_create(name);

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, several_at_once);
    tcase_add_test(t, more_and_fewer_at_once);
    tcase_add_test(t, several_are_answered_or_none);
    tcase_add_test(t, answers_are_taken_from_a_connection_that_is_not_fit_for_more);
    tcase_add_test(t, freed_by_the_first_of_several);
    tcase_add_test(t, asked_by_the_last_answer);
    tcase_add_test(t, sending_several_has_to_wait);
    tcase_add_test(t, the_server_dies_while_several_are_sent);
    tcase_add_test(t, one_of_several_has_no_place_for_its_key);
    tcase_add_test(t, one_of_several_is_too_large);
    return t;
}

static Suite *suite(void)
{
    Suite *s = suite_create("db_answers");
    TCase *t = tcase_create("db_answers");

    tcase_add_test(t, answers);
    tcase_add_test(t, stops_at_the_row_that_is_enough);
    tcase_add_test(t, works_over_inet);
    tcase_add_test(t, errors_are_errors);
    tcase_add_test(t, no_result_set_is_told_apart);
    tcase_add_test(t, procedures);
    tcase_add_test(t, an_open_transaction_ends_the_connection);
    tcase_add_test(t, sees_what_others_commit);
    tcase_add_test(t, quotes_for_the_sql_mode);
    tcase_add_test(t, quotes_names);
    tcase_add_test(t, outside_of_quotes_only_numbers);
    tcase_add_test(t, a_large_answer_is_refused);
    tcase_add_test(t, answers_are_not_looked_for_while_it_is_quiet);
    tcase_add_test(t, time_runs_out_while_it_is_quiet);
    tcase_add_test(t, disconnected_while_it_is_quiet);
    tcase_add_test(t, sending_has_to_wait);
    suite_add_tcase(s, t);
    suite_add_tcase(s, several("several", NULL));
    suite_add_tcase(s, several("several, after a time of quiet", be_quiet));
    return s;
}

MARIADB_MAIN(suite)
