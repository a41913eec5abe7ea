/* The parts of db that need no server: rows, errors, where a literal stands. */
#include "connection.h"

#include <stdio.h>

#include "unit.h"

START_TEST(open_quotes)
{
    static const struct {
        const char *sql;
        char open;
    } cases[] = {
        {"", '\0'},
        {"SELECT '", '\''},
        {"SELECT \"", '"'},
        {"SELECT `", '`'},
        {"SELECT 'a'", '\0'},
        {"SELECT 'a''b", '\''},
        {"SELECT 'a\"b", '\''},
        {"SELECT \"a'b", '"'},
        {"SELECT \"a\"\"b\" '", '\''},
        {"SELECT '\\", '\''},
        {"SELECT '\\'", '\0'},
        {"SELECT '/*'", '\0'},
        {"SELECT /* ' */ \"", '"'},
        {"SELECT /* ' ", '\0'},
        {"SELECT /*/ ' */ `", '`'},
        {"SELECT 1 -- '\n+'", '\''},
        {"SELECT 1 # '\n+'", '\''},
        {"SELECT 1 --'", '\''},
        {"SELECT 1 --\t'", '\0'},
        {"SELECT 4/2-1 '", '\''},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(db_open_quote(slice_of(cases[i].sql), false) == cases[i].open, "%s",
                      cases[i].sql);
}
END_TEST

START_TEST(open_quotes_with_backslashes)
{
    static const struct {
        const char *sql;
        char open;
    } cases[] = {
        {"SELECT '\\'", '\''},     {"SELECT '\\", '\''},         {"SELECT '\\'a", '\''},
        {"SELECT '\\\\' \"", '"'}, {"SELECT \"it's \\\" ", '"'}, {"SELECT \"\\\\\" ", '\0'},
        {"SELECT `\\` ", '\0'},    {"SELECT '''\\''", '\0'},     {"SELECT '/*\\' -- ", '\''},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(db_open_quote(slice_of(cases[i].sql), true) == cases[i].open, "%s",
                      cases[i].sql);
}
END_TEST

static char given[200];

static bool give(struct db_query *query, unsigned columns, const char *const *fields,
                 const unsigned long *lengths)
{
    size_t len = strlen(given);

    (void)query;
    for (unsigned i = 0; i < columns; i++)
        len += (size_t)snprintf(given + len, sizeof(given) - len, "%s:%lu,",
                                fields[i] != NULL ? fields[i] : "~", lengths[i]);
    return strstr(given, "stop") == NULL;
}

START_TEST(rows_are_kept)
{
    struct db_query query = {.row = give};
    struct db_rows rows = {0};
    char a[] = "a", empty[] = "", stop[] = "stop", never[] = "never";
    char *const first[] = {a, NULL}, *const second[] = {empty, stop}, *const third[] = {never, a};
    const unsigned long first_len[] = {1, 0}, second_len[] = {0, 4}, third_len[] = {5, 1};

    db_rows_give(&rows, &query);
    ck_assert_str_eq(given, "");
    ck_assert(db_rows_add(&rows, 2, first, first_len));
    ck_assert(db_rows_add(&rows, 2, second, second_len));
    ck_assert(db_rows_add(&rows, 2, third, third_len));
    db_rows_give(&rows, &query);
    ck_assert_str_eq(given, "a:1,~:0,:0,stop:4,");
    db_rows_clear(&rows);
    given[0] = '\0';
    db_rows_give(&rows, &query);
    ck_assert_str_eq(given, "");
    db_rows_free(&rows);
}
END_TEST

START_TEST(rows_are_bounded)
{
    static char text[1000];
    char *const row[] = {text};
    const unsigned long lengths[] = {sizeof(text)};
    const unsigned long huge[] = {2 * DB_ANSWER_MAX};
    char *const null[] = {NULL};
    const unsigned long null_len[] = {0};
    struct db_rows rows = {0};
    size_t count = 0;

    while (db_rows_add(&rows, 1, row, lengths))
        ck_assert_uint_lt(++count, DB_ANSWER_MAX / sizeof(text));
    ck_assert_uint_gt(count, DB_ANSWER_MAX / sizeof(text) / 2);
    db_rows_clear(&rows);
    ck_assert(!db_rows_add(&rows, 1, row, huge));
    db_rows_clear(&rows);
    for (count = 0; db_rows_add(&rows, 1, null, null_len); count++)
        ck_assert_uint_lt(count, DB_ANSWER_MAX);
    db_rows_free(&rows);
}
END_TEST

START_TEST(blame)
{
    ck_assert_int_eq(db_error_blame(1064), DB_QUERY_FAILED);
    ck_assert_int_eq(db_error_blame(1267), DB_KEY_FAILED);
    ck_assert_int_eq(db_error_blame(3988), DB_KEY_FAILED);
    ck_assert_int_eq(db_error_blame(1047), DB_HOST_FAILED);
    ck_assert_int_eq(db_error_blame(2006), DB_LOST);
    ck_assert_int_eq(db_error_blame(2013), DB_LOST);
    ck_assert_int_eq(db_error_blame(1969), DB_TIMED_OUT);
    ck_assert(db_error_is_local(2014));
    ck_assert(!db_error_is_local(1064));
    ck_assert(!db_error_is_local(3024));
    ck_assert(!db_error_is_local(0));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("db_parts");
    TCase *t = tcase_create("db_parts");

    tcase_add_test(t, open_quotes);
    tcase_add_test(t, open_quotes_with_backslashes);
    tcase_add_test(t, rows_are_kept);
    tcase_add_test(t, rows_are_bounded);
    tcase_add_test(t, blame);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
