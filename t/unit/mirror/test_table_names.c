/* Which tables' changes concern a mirror: never too few, however the query is written. */
#include "table_names.h"

#include <stdio.h>

#include "unit.h"

/* What a server answers that has no views but those that are called so, and all else in database d. */
static void answer(struct table_names *names, const char *question)
{
    unsigned index = 0;

    for (const char *at = question; (at = strstr(at, "TABLE_NAME = _utf8mb4 0x")) != NULL;
         index++) {
        const char *fields[5] = {NULL, "d", NULL, "BASE TABLE", "InnoDB"};
        char number[12], name[40] = "";
        unsigned byte;

        at += strlen("TABLE_NAME = _utf8mb4 0x");
        for (size_t i = 0; at[2 * i] != ' ' && sscanf(at + 2 * i, "%2x", &byte) == 1; i++)
            name[i] = (char)byte;
        snprintf(number, sizeof(number), "%u", index);
        fields[0] = number;
        fields[2] = name;
        if (strncmp(name, "view", 4) != 0 && strcmp(name, "1") != 0)
            table_names_take(names, fields);
    }
    table_names_end(names);
}

static bool concerns(const char *sql, const char *table)
{
    struct table_names names = {.is_known = false};
    struct buffer question = BUFFER_EMPTY;
    bool does;

    if (table_names_begin(&names, sql, &question))
        answer(&names, buffer_text(&question));
    does = table_names_have(&names, slice_of("d"), slice_of(table));
    buffer_free(&question);
    table_names_clear(&names);
    return does;
}

/* Only changes of a to c concern it. */
static const char *const known[] = {
    "SELECT email, 1 FROM a, b, c LIMIT 18446744073709551615",
    "SELECT x FROM a x JOIN b AS y ON (x.i = y.i) LEFT JOIN c USING (i) WHERE x.j = 1",
    "SELECT x FROM `a` INNER JOIN d.b ON a.i = b.i, `d`.`c`",
    "SELECT a.x FROM a WHERE EXISTS (SELECT 1 FROM b, c WHERE b.i = a.i)",
    "SELECT x FROM (SELECT 1 FROM a) z, b JOIN c",
    "SELECT x FROM a UNION SELECT x FROM b UNION ALL SELECT x FROM c",
    "SELECT concat(x, ' FROM z, y'), x FROM a PARTITION (p0), b USE INDEX (i, j), c",
    "SELECT x FROM a, b, c WHERE y IN (1, 2, 3) AND z = 'other' ORDER BY a, other",
    "SELECT x FROM A, B, C",
    "SELECT 1 FROM a, b, c, DUAL",
};

START_TEST(knows_each_table)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        ck_assert_msg(concerns(known[i], "a"), "%s", known[i]);
        ck_assert_msg(concerns(known[i], "b"), "%s", known[i]);
        ck_assert_msg(concerns(known[i], "c"), "%s", known[i]);
        ck_assert_msg(!concerns(known[i], "other"), "%s", known[i]);
    }
}
END_TEST

/* Each change of any table concerns it. */
static const char *const unknown[] = {
    "SELECT x FROM view1",
    "SELECT x FROM a, view1",
    "SELECT x FROM (a, b)",
    "SELECT x, secret(y) FROM a",
    "SELECT x, d.secret(y) FROM a",
    "SELECT x FROM a UNION TABLE b",
    "SELECT 1 FROM DUAL",
    "SELECT 1",
    "SELECT x FROM a, 1",
    "SELECT EXTRACT(YEAR FROM viewed) FROM a",
    "SELECT x FROM a, (b",
    "SELECT x FROM a)",
    "SELECT x FROM a JOIN",
    "SELECT x FROM a.",
    "",
    "SELECT 'x FROM a",
    "SELECT 1 FROM t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15, t16, t17",
};

START_TEST(does_not_guess)
{
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        ck_assert_msg(concerns(unknown[i], "other"), "%s", unknown[i]);
}
END_TEST

START_TEST(the_same_name_in_another_database_is_another_table)
{
    struct table_names names = {.is_known = false};
    struct buffer question = BUFFER_EMPTY;

    ck_assert(table_names_begin(&names, "SELECT x FROM a", &question));
    ck_assert(
        table_names_have(&names, slice_of("e"), slice_of("a"))); /* the answer is not there yet */
    answer(&names, buffer_text(&question));
    ck_assert(table_names_have(&names, slice_of("D"), slice_of("A")));
    ck_assert(!table_names_have(&names, slice_of("e"), slice_of("a")));
    ck_assert(!table_names_have(&names, slice_of("d"), slice_of("aa")));
    buffer_free(&question);
    table_names_clear(&names);
}
END_TEST

START_TEST(rows_of_another_server_are_in_no_log_of_this_one)
{
    const char *const fields[] = {"0", "d", "a", "BASE TABLE", "FEDERATED"};
    struct table_names names = {.is_known = false};
    struct buffer question = BUFFER_EMPTY;

    ck_assert(table_names_begin(&names, "SELECT x FROM a", &question));
    table_names_take(&names, fields);
    table_names_end(&names);
    ck_assert(table_names_have(&names, slice_of("e"), slice_of("other")));
    ck_assert_str_eq(buffer_text(&names.elsewhere),
                     "d.a is of engine FEDERATED: its changes may be in no log");
    buffer_free(&question);
    table_names_clear(&names);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("table_names");
    TCase *tc = tcase_create("table_names");

    tcase_add_test(tc, knows_each_table);
    tcase_add_test(tc, does_not_guess);
    tcase_add_test(tc, the_same_name_in_another_database_is_another_table);
    tcase_add_test(tc, rows_of_another_server_are_in_no_log_of_this_one);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
