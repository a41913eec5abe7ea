/* Reading a table whole: rows as they come, the loop goes on, and a list that was cut is never whole. */
#include "one.h"

#include <check.h>
#include <stdlib.h>

#include "loop.h"
#include "mariadb.h"

#define MILLION "SELECT seq, CONCAT('user', seq, '@example.com') FROM mail.seq_1_to_1000000"

START_TEST(tells_each_row)
{
    connect_well();
    ck_assert_int_eq(stream("SELECT 1, NULL, 'a' UNION ALL SELECT 2, '', 'b'", 5000), DB_OK);
    ck_assert_str_eq(buffer_text(&asked.rows), "1|~|a\n2||b\n");
    ck_assert(asked.result.has_rows_set);
    ck_assert_uint_eq(asked.result.rows.count, 0);
    ck_assert_int_eq(stream("SELECT 1 FROM DUAL WHERE 0", 5000), DB_OK);
    ck_assert_uint_eq(asked.told, 0);
    ck_assert(asked.result.has_rows_set);
    expect_rows("SELECT 'kept'", "kept\n");
    disconnect();
}
END_TEST

START_TEST(tells_which_columns_are_texts)
{
    mariadb_sql(
        "CREATE OR REPLACE TABLE mail.types (a CHAR(1), b VARCHAR(9) COLLATE utf8mb4_bin, c "
        "TEXT, d ENUM('x'), e SET('x'), f BINARY(1), g VARBINARY(9), h BLOB, i INT, j DATE, "
        "k UUID, l INET6, m DECIMAL(3, 1), n LONGTEXT)");
    connect_well();
    ck_assert_int_eq(stream("SELECT * FROM types", 5000), DB_OK);
    ck_assert_uint_eq(asked.texts, 1 << 0 | 1 << 1 | 1 << 2 | 1 << 13);
    disconnect();
}
END_TEST

START_TEST(takes_a_million_rows_in_pieces)
{
    connect_well();
    ck_assert_int_eq(ask("SET max_statement_time=0", 5000), DB_OK); /* the machine may be busy */
    loop_stall_ms();
    ck_assert_int_eq(stream(MILLION, 30000), DB_OK);
    ck_assert_uint_eq(asked.told, 1000000);
    expect_rows("SELECT 1", "1\n");
    disconnect(); /* looks at the longest stall */
}
END_TEST

static bool has_begun(void *arg)
{
    (void)arg;
    return asked.told > 1000;
}

/* The row call says "no more rows" for each of these. */
START_TEST(a_stream_that_is_cut_is_not_whole)
{
    connect_well();
    begin_stream(MILLION, 5000);
    ck_assert(loop_until(has_begun, NULL, WAIT_MS));
    if (_i == 0)
        mariadb_sql("KILL QUERY %lu", db_thread_id(db));
    else
        mariadb_sql("KILL %lu", db_thread_id(db));
    ck_assert(loop_until(flag, &asked.is_done, WAIT_MS));
    ck_assert_int_ne(asked.result.blame, DB_OK);
    ck_assert_uint_lt(asked.told, 1000000);
    disconnect();
}
END_TEST

START_TEST(a_time_limit_in_the_middle_is_a_failure)
{
    connect_well();
    ck_assert_int_eq(ask("SET max_statement_time=0.5", 5000), DB_OK);
    ck_assert_int_ne(stream("SELECT seq, SLEEP(0.01) FROM mail.seq_1_to_1000", 5000), DB_OK);
    ck_assert_uint_lt(asked.told, 1000);
    disconnect();
}
END_TEST

START_TEST(a_failure_behind_the_first_rows_is_one)
{
    connect_well();
    ck_assert_int_eq(stream("SELECT seq, (SELECT 1 UNION SELECT seq DIV 50000) FROM "
                            "mail.seq_1_to_99999",
                            5000),
                     DB_KEY_FAILED);
    disconnect();
}
END_TEST

START_TEST(silence_ends_it_not_length)
{
    connect_well();
    ck_assert_int_eq(
        stream("SELECT seq, SLEEP(0.002), REPEAT('x', 20000) FROM mail.seq_1_to_300", 400), DB_OK);
    ck_assert_uint_eq(asked.told, 300);
    ck_assert_int_eq(stream("SELECT SLEEP(5)", 100), DB_TIMED_OUT);
    ck_assert(!db_usable(db));
    disconnect();
}
END_TEST

START_TEST(is_left_in_the_middle)
{
    connect_well();
    begin_stream(MILLION, 5000);
    ck_assert(loop_until(has_begun, NULL, WAIT_MS));
    disconnect();
    loop_for(50);
    ck_assert(!asked.is_done);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stream");
    TCase *tc = tcase_create("stream");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, tells_each_row);
    tcase_add_test(tc, tells_which_columns_are_texts);
    tcase_add_test(tc, takes_a_million_rows_in_pieces);
    tcase_add_loop_test(tc, a_stream_that_is_cut_is_not_whole, 0, 2);
    tcase_add_test(tc, a_time_limit_in_the_middle_is_a_failure);
    tcase_add_test(tc, a_failure_behind_the_first_rows_is_one);
    tcase_add_test(tc, silence_ends_it_not_length);
    tcase_add_test(tc, is_left_in_the_middle);
    suite_add_tcase(s, tc);
    return s;
}

MARIADB_MAIN(suite)
