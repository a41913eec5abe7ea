/* What a connection makes of questions when all is well. */
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
    ck_assert_int_eq(ask("SELEKT 1", 5000), DB_TABLE_FAILED);
    ck_assert_uint_eq(asked.result.error, 1064);
    ck_assert_int_eq(ask("SELECT nix FROM alias", 5000), DB_TABLE_FAILED);
    ck_assert_int_eq(ask("SELECT 1 FROM no_such_table", 5000), DB_TABLE_FAILED);
    ck_assert_int_eq(ask("SELECT 1; SELECT 2", 5000), DB_TABLE_FAILED);
    ck_assert_int_eq(ask("", 5000), DB_KEY_FAILED);
    /* An error in the middle of the rows. */
    ck_assert_int_eq(
        ask("SELECT IF(seq < 3, seq, (SELECT 1 UNION SELECT 2)) FROM seq_1_to_3", 5000),
        DB_KEY_FAILED);
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
    ck_assert_int_eq(ask("CALL two()", 5000), DB_TABLE_FAILED);
    ck_assert_str_eq(asked.result.text, "multiple result sets are not supported");
    ck_assert(db_usable(db));
    ck_assert_int_eq(ask("CALL none()", 5000), DB_OK);
    ck_assert(!asked.result.has_rows_set);
    ck_assert_int_eq(ask("CALL late()", 5000), DB_TABLE_FAILED);
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

static void free_it(void)
{
    db_free(db);
    db = NULL;
}

/* Half of a list must not be taken for all of it. */
START_TEST(a_value_that_was_cut_off_is_none)
{
    mariadb_sql("SET GLOBAL group_concat_max_len=20");
    mariadb_sql("CREATE OR REPLACE PROCEDURE mail.cut() SELECT GROUP_CONCAT(seq) FROM seq_1_to_50");
    connect_well();
    mariadb_sql("SET GLOBAL group_concat_max_len=DEFAULT");
    expect_rows("SELECT GROUP_CONCAT(seq) FROM seq_1_to_9", "1,2,3,4,5,6,7,8,9\n");
    ck_assert_int_eq(ask("SELECT GROUP_CONCAT(seq) FROM seq_1_to_50", 5000), DB_KEY_FAILED);
    ck_assert_str_eq(asked.result.text, "the value was cut off: more than group_concat_max_len");
    ck_assert(db_usable(db));
    ck_assert_int_eq(ask("SELECT 1 UNION SELECT GROUP_CONCAT(seq) FROM seq_1_to_50", 5000),
                     DB_KEY_FAILED);
    ck_assert_int_eq(ask("CALL cut()", 5000), DB_KEY_FAILED);
    expect_rows("SELECT 'after'", "after\n");
    disconnect();
}
END_TEST

START_TEST(other_warnings_mean_nothing)
{
    mariadb_sql("CREATE OR REPLACE PROCEDURE mail.warns() DO 'a' + 0");
    connect_well();
    expect_rows("SELECT 'a' + 1", "1\n");
    expect_rows("SELECT destination FROM alias WHERE source='nobody' AND 'x' + 0 = 0", "");
    ck_assert_int_eq(ask("CALL warns()", 5000), DB_OK);
    ck_assert(!asked.result.has_rows_set);
    expect_rows("SELECT 'after'", "after\n");
    disconnect();
}
END_TEST

START_TEST(freed_by_its_answer)
{
    for (int killed = 0; killed < 2; killed++) {
        connect_well();
        begin_ask("SELECT 1", 5000);
        on_asked = free_it;
        if (killed)
            mariadb_sql("KILL USER vmapd");
        ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
        on_asked = NULL;
        loop_for(20);
        ck_assert_ptr_null(db);
    }
}
END_TEST

static void ask_on(void)
{
    on_asked = NULL;
    ck_assert_str_eq(buffer_text(&asked.rows), "1\n");
    begin_ask("SELECT 'asked'", 5000);
}

START_TEST(asked_by_an_answer)
{
    connect_well();
    on_asked = ask_on;
    begin_ask("SELECT 1", 5000);
    while (!asked.is_done || on_asked != NULL)
        loop_for(1);
    ck_assert_str_eq(buffer_text(&asked.rows), "asked\n");
    disconnect();
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
    ck_assert(!asked.is_done);
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

static Suite *suite(void)
{
    Suite *s = suite_create("db_answers");
    TCase *t = tcase_create("db_answers");

    tcase_add_test(t, answers);
    tcase_add_test(t, works_over_inet);
    tcase_add_test(t, errors_are_errors);
    tcase_add_test(t, no_result_set_is_told_apart);
    tcase_add_test(t, procedures);
    tcase_add_test(t, an_open_transaction_ends_the_connection);
    tcase_add_test(t, sees_what_others_commit);
    tcase_add_test(t, a_large_answer_is_refused);
    tcase_add_test(t, a_value_that_was_cut_off_is_none);
    tcase_add_test(t, other_warnings_mean_nothing);
    tcase_add_test(t, freed_by_its_answer);
    tcase_add_test(t, asked_by_an_answer);
    tcase_add_test(t, sending_has_to_wait);
    suite_add_tcase(s, t);
    return s;
}

MARIADB_MAIN(suite)
