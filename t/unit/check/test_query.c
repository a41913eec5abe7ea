/* What the database says of its plan becomes a finding where, and only where, it is one. */
#include "query.h"

#include "check_case.h"

static const char one_table[] = "[map m]\ndbname = d\nquery = SELECT x FROM t WHERE a='%s'\n";

static void explain(const char *table, const char *type, const char *keys, const char *rows)
{
    const char *const mariadb[] = {"1",  "SIMPLE", table, type, keys,
                                   NULL, NULL,     NULL,  rows, "Using where"};

    check_plan_row(&check, config->tables[0], 10, mariadb);
}

START_TEST(a_scan_is_a_problem)
{
    configure("%s", one_table);
    explain("t", "ALL", NULL, "3");
    expect(1, "problem: vmapd.conf:1: the query of table m reads all of t for every key; CREATE "
              "INDEX a ON t (a)\n");
    explain("t", "ALL", NULL, "3");
    explain("t", "index", NULL, "3");
    ck_assert_uint_eq(check.problems, 1);
    explain("s", "ALL", NULL, "3");
    expect_part(2, "reads all of s for every key");
}
END_TEST

START_TEST(mysql_has_more_columns)
{
    static const char *const mysql[] = {"1",  "SIMPLE", "t",  NULL, "ALL", NULL,
                                        NULL, NULL,     NULL, "3",  "100", "Using where"};

    configure("%s", one_table);
    check_plan_row(&check, config->tables[0], 12, mysql);
    expect_part(1, "reads all of t");
}
END_TEST

START_TEST(an_index_is_no_problem)
{
    configure("%s", one_table);
    explain("t", "const", "a", "1");
    explain("t", "ref", "a", "5000");
    explain("t", "ALL", "a", "20"); /* small: the server does not bother */
    explain(NULL, NULL, NULL, NULL);
    explain("<derived2>", "ALL", NULL, "2");
    expect(0, "");
    explain("t", "ALL", "a", "20000");
    expect_part(1, "though there is an index (a)");
}
END_TEST

START_TEST(odd_plans_are_no_problem)
{
    configure("%s", one_table);
    check_plan_row(&check, config->tables[0], 0, NULL);
    expect(0, "");
}
END_TEST

static const struct {
    const char *query;
    const char *index; /* NULL: it is not certain */
} indexes[] = {
    {"SELECT 1 FROM virtual_domains WHERE name='%s'",
     "CREATE INDEX name ON virtual_domains (name)"},
    {"select destination from `virtual_aliases` where `source` = '%s';",
     "CREATE INDEX source ON virtual_aliases (source)"},
    {"SELECT maildir FROM mailbox WHERE username='%s' AND active='1' AND uid > 5",
     "CREATE INDEX username ON mailbox (username)"},
    {"SELECT a FROM t WHERE a='%u' OR b='%d'", NULL},
    {"SELECT a FROM t WHERE a='%s' AND b='1' OR b='2'", NULL},
    {"SELECT a FROM t WHERE a=CONCAT('%u','@','%d')", NULL},
    {"SELECT t.a FROM t JOIN s ON s.id = t.id WHERE t.a='%s'", NULL},
    {"SELECT a FROM t, s WHERE a='%s'", NULL},
    {"SELECT a FROM t WHERE LOWER(a)='%s'", NULL},
    {"SELECT a FROM t WHERE a='%s' UNION SELECT b FROM s WHERE b='%s'", NULL},
    {"SELECT (SELECT b FROM s LIMIT 1) FROM t WHERE a='%s'", NULL},
    {"SELECT a FROM t WHERE b='1' AND a='%s'", NULL},
};

START_TEST(an_index_is_named_where_it_is_certain)
{
    const char *query = indexes[_i].query, *index = indexes[_i].index;

    configure("[map m]\ndbname = d\nquery = %s\n", query);
    explain("t", "ALL", NULL, "3");
    expect_part(1, index != NULL ? index : "an index on the columns of it that are compared");
    ck_assert_msg(index != NULL || strstr(buffer_text(&check.text), "CREATE") == NULL, "%s", query);
}
END_TEST

START_TEST(calls_are_known)
{
    ck_assert(query_is_call("CALL p('%s')"));
    ck_assert(query_is_call(" call p"));
    ck_assert(!query_is_call("SELECT 'call'"));
    ck_assert(!query_is_call("callx('%s')"));
    ck_assert(!query_is_call(""));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("check_query");
    TCase *t = tcase_create("check_query");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, a_scan_is_a_problem);
    tcase_add_test(t, mysql_has_more_columns);
    tcase_add_test(t, an_index_is_no_problem);
    tcase_add_test(t, odd_plans_are_no_problem);
    tcase_add_loop_test(t, an_index_is_named_where_it_is_certain, 0,
                        (int)(sizeof(indexes) / sizeof(indexes[0])));
    tcase_add_test(t, calls_are_known);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
