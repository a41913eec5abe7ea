/* The parts of a connection that need no server: rows, errors. */
#include "blame.h"
#include "rows.h"

#include <stdio.h>

#include "unit.h"

START_TEST(rows_are_kept)
{
    struct rows rows = {0};
    char a[] = "a", empty[] = "", last[] = "last";
    char *const first[] = {a, NULL}, *const second[] = {empty, last};
    const unsigned long first_len[] = {1, 0}, second_len[] = {0, 4};
    struct db_rows all = rows_all(&rows);

    ck_assert_uint_eq(all.count, 0);
    ck_assert(rows_add(&rows, 2, first, first_len));
    ck_assert(rows_add(&rows, 2, second, second_len));
    all = rows_all(&rows);
    ck_assert_uint_eq(all.count, 2);
    ck_assert_uint_eq(all.columns, 2);
    ck_assert_str_eq(all.fields[0], "a");
    ck_assert_uint_eq(all.lengths[0], 1);
    ck_assert_ptr_null(all.fields[1]);
    ck_assert_str_eq(all.fields[2], "");
    ck_assert_uint_eq(all.lengths[2], 0);
    ck_assert_str_eq(all.fields[3], "last");
    ck_assert_uint_eq(all.lengths[3], 4);
    rows_clear(&rows);
    ck_assert_uint_eq(rows_all(&rows).count, 0);
    rows_free(&rows);
}
END_TEST

/* The text and the cells grow meanwhile. */
START_TEST(many_rows_are_kept)
{
    struct rows rows = {0};
    struct db_rows all;

    for (unsigned i = 0; i < 1000; i++) {
        char text[10];
        char *const row[] = {text};
        const unsigned long len[] = {(unsigned long)snprintf(text, sizeof(text), "%u", i)};

        ck_assert(rows_add(&rows, 1, row, len));
    }
    all = rows_all(&rows);
    ck_assert_uint_eq(all.count, 1000);
    for (unsigned i = 0; i < 1000; i++)
        ck_assert_int_eq(atoi(all.fields[i]), i);
    rows_free(&rows);
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
    struct rows rows = {0};
    size_t count = 0;

    while (rows_add(&rows, 1, row, lengths))
        ck_assert_uint_lt(++count, DB_ANSWER_MAX / sizeof(text));
    ck_assert_uint_gt(count, DB_ANSWER_MAX / sizeof(text) / 2);
    rows_clear(&rows);
    ck_assert(!rows_add(&rows, 1, row, huge));
    rows_clear(&rows);
    for (count = 0; rows_add(&rows, 1, null, null_len); count++)
        ck_assert_uint_lt(count, DB_ANSWER_MAX);
    rows_free(&rows);
}
END_TEST

/* A number alone, of no class that says anything. */
static enum db_blame blame_of_number(unsigned error)
{
    return blame_of(error, "HY000", "");
}

START_TEST(blame_by_number)
{
    static const struct {
        unsigned error;
        enum db_blame blame;
    } cases[] = {
        {1040, DB_HOST_FAILED}, {1047, DB_HOST_FAILED},  {1053, DB_HOST_FAILED},
        {3032, DB_HOST_FAILED}, {9001, DB_HOST_FAILED}, /* ProxySQL: no server behind it */
        {1927, DB_LOST},        {2006, DB_LOST},         {2013, DB_LOST},
        {4031, DB_LOST},        {1969, DB_TIMED_OUT},    {3024, DB_TIMED_OUT},
        {1065, DB_KEY_FAILED},  {1139, DB_KEY_FAILED},   {1242, DB_KEY_FAILED},
        {1644, DB_KEY_FAILED},  {1690, DB_KEY_FAILED},   {3692, DB_KEY_FAILED},
        {3988, DB_KEY_FAILED},  {1205, DB_TABLE_FAILED}, {1194, DB_TABLE_FAILED},
        {145, DB_TABLE_FAILED}, {1290, DB_TABLE_FAILED}, {1045, DB_TABLE_FAILED},
        {1317, DB_FAILED},      {1105, DB_FAILED},       {9000, DB_FAILED},
        {2027, DB_FAILED},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(blame_of_number(cases[i].error) == cases[i].blame, "%u", cases[i].error);
}
END_TEST

START_TEST(blame_by_class)
{
    ck_assert_int_eq(blame_of(1064, "42000", ""), DB_TABLE_FAILED);
    ck_assert_int_eq(blame_of(1146, "42S02", ""), DB_TABLE_FAILED);
    ck_assert_int_eq(blame_of(1044, "42000", ""), DB_TABLE_FAILED);
    ck_assert_int_eq(blame_of(1139, "42000", ""), DB_KEY_FAILED);
    ck_assert_int_eq(blame_of(3141, "22032", ""), DB_KEY_FAILED);
    /* Whoever writes SIGNAL can give it any number. */
    ck_assert_int_eq(blame_of(1146, "45000", ""), DB_KEY_FAILED);
    ck_assert_int_eq(blame_of(1053, "45000", ""), DB_KEY_FAILED);
}
END_TEST

START_TEST(blame_for_collations)
{
    ck_assert_int_eq(blame_of(1267, "HY000",
                              "Illegal mix of collations (latin1_swedish_ci,IMPLICIT) and "
                              "(utf8mb4_general_ci,COERCIBLE) for operation '='"),
                     DB_KEY_FAILED);
    ck_assert_int_eq(blame_of(1267, "HY000",
                              "Illegal mix of collations (utf8mb4_unicode_ci,IMPLICIT) and "
                              "(utf8mb4_general_ci,IMPLICIT) for operation '='"),
                     DB_TABLE_FAILED);
}
END_TEST

START_TEST(blame_knows_special_errors)
{
    ck_assert(blame_is_local(2014));
    ck_assert(!blame_is_local(1064) && !blame_is_local(3024) && !blame_is_local(0));
    ck_assert(blame_is_denied(1044) && blame_is_denied(1142) && blame_is_denied(1143) &&
              blame_is_denied(1370));
    ck_assert(!blame_is_denied(0) && !blame_is_denied(1146));
    ck_assert(blame_is_limit(1040) && blame_is_limit(1203) && blame_is_limit(1226));
    ck_assert(!blame_is_limit(1045) && !blame_is_limit(2003));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("db_parts");
    TCase *t = tcase_create("db_parts");

    tcase_add_test(t, rows_are_kept);
    tcase_add_test(t, many_rows_are_kept);
    tcase_add_test(t, rows_are_bounded);
    tcase_add_test(t, blame_by_number);
    tcase_add_test(t, blame_by_class);
    tcase_add_test(t, blame_for_collations);
    tcase_add_test(t, blame_knows_special_errors);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
