/* Queries turned around: what is read instead, what a key is compared with, and what is refused. */
#include "turn.h"

#include "unit.h"

#define ALL " LIMIT 18446744073709551615"

/* The literals for a key, each behind a '|'. */
static const struct {
    const char *query, *rows, *collations, *literals;
    size_t values;
    bool tells_time;
} turned_queries[] = {
    {"SELECT 1 FROM virtual_users WHERE email='%s'", "SELECT email, 1 FROM virtual_users" ALL,
     "SELECT COLLATION(email) FROM (SELECT 1) vmapd_one LEFT JOIN (virtual_users) ON 0", "|u@d.de",
     1, false},
    {"select goto from alias where '@%d' = address and active = 1 ;",
     "SELECT address, goto FROM alias WHERE active = 1" ALL,
     "SELECT COLLATION(address) FROM (SELECT 1) vmapd_one LEFT JOIN (alias) ON 0", "|@d.de", 1,
     false},
    {"SELECT m.box, `m`.`left`\nFROM box m JOIN dom AS d USING (id)\n  WHERE m.name = '%u' && "
     "d.name='%d' ORDER BY m.id DESC",
     "SELECT m.name, d.name, m.box, `m`.`left` FROM box m JOIN dom AS d USING (id)" ALL,
     "SELECT COLLATION(m.name), COLLATION(d.name) FROM (SELECT 1) vmapd_one LEFT JOIN (box m JOIN "
     "dom AS d USING (id)) ON 0",
     "|u|d.de", 2, false},
    {"SELECT v FROM t, s WHERE t.a BETWEEN 1 AND 2 AND k='%s' AND CASE WHEN a AND b THEN 1 END",
     "SELECT k, v FROM t, s WHERE t.a BETWEEN 1 AND 2 AND CASE WHEN a AND b THEN 1 END" ALL,
     "SELECT COLLATION(k) FROM (SELECT 1) vmapd_one LEFT JOIN (t, s) ON 0", "|u@d.de", 1, false},
    {"SELECT v FROM t WHERE (a OR b) AND k='it''s 100%% %u/%d' AND v LIKE '%%x%%' AND a %% 2",
     "SELECT k, v FROM t WHERE (a OR b) AND v LIKE '%x%' AND a % 2" ALL,
     "SELECT COLLATION(k) FROM (SELECT 1) vmapd_one LEFT JOIN (t) ON 0", "|it's 100% u/d.de", 1,
     false},
    {"SELECT CONCAT(a, ',', b), IF(a, b, c) FROM t WHERE k='%s' AND v REGEXP '^(a|b\\\\.)$'",
     "SELECT k, CONCAT(a, ',', b), IF(a, b, c) FROM t WHERE v REGEXP '^(a|b\\\\.)$'" ALL,
     "SELECT COLLATION(k) FROM (SELECT 1) vmapd_one LEFT JOIN (t) ON 0", "|u@d.de", 2, false},
    {"SELECT v FROM t WHERE k='%s' AND id IN (SELECT id FROM s WHERE s.a = t.a)",
     "SELECT k, v FROM t WHERE id IN (SELECT id FROM s WHERE s.a = t.a)" ALL,
     "SELECT COLLATION(k) FROM (SELECT 1) vmapd_one LEFT JOIN (t) ON 0", "|u@d.de", 1, false},
    {"SELECT v FROM t WHERE k='%s' AND (until > NOW() OR until IS NULL)",
     "SELECT k, v FROM t WHERE (until > NOW() OR until IS NULL)" ALL,
     "SELECT COLLATION(k) FROM (SELECT 1) vmapd_one LEFT JOIN (t) ON 0", "|u@d.de", 1, true},
    {"SELECT v FROM t WHERE until > CURRENT_TIMESTAMP AND k='%s'",
     "SELECT k, v FROM t WHERE until > CURRENT_TIMESTAMP" ALL,
     "SELECT COLLATION(k) FROM (SELECT 1) vmapd_one LEFT JOIN (t) ON 0", "|u@d.de", 1, true},
    {"SELECT t.limit, t.or FROM t WHERE d.t.group='%s'",
     "SELECT d.t.group, t.limit, t.or FROM t" ALL,
     "SELECT COLLATION(d.t.group) FROM (SELECT 1) vmapd_one LEFT JOIN (t) ON 0", "|u@d.de", 2,
     false},
};

static void write_literals(const struct turned *turned, const char *key, struct buffer *out)
{
    for (size_t i = 0; i < turned->keys; i++) {
        buffer_add_char(out, '|');
        template_query(turned->literals[i], slice_of(key), NULL, NULL, out);
    }
}

START_TEST(turns_around)
{
    struct buffer reason = BUFFER_EMPTY;
    struct buffer literals = BUFFER_EMPTY;
    struct turned turned;
    bool is_turned = turn_query(turned_queries[_i].query, &turned, &reason);

    ck_assert_str_eq(buffer_text(&reason), "");
    ck_assert(is_turned);
    ck_assert_str_eq(turned.rows_sql, turned_queries[_i].rows);
    ck_assert_str_eq(turned.collations_sql, turned_queries[_i].collations);
    write_literals(&turned, "u@d.de", &literals);
    ck_assert_str_eq(buffer_text(&literals), turned_queries[_i].literals);
    ck_assert_uint_eq(turned.values, turned_queries[_i].values);
    ck_assert_int_eq(turned.tells_time, turned_queries[_i].tells_time);
    ck_assert_int_eq(turned.is_key, strcmp(turned_queries[_i].literals, "|u@d.de") == 0);
    turned_free(&turned);
    buffer_free(&literals);
}
END_TEST

#define NO_EQUALITY "an expansion stands in another condition than COLUMN = 'literal'"
#define IN_VALUES   "an expansion stands in the list of values"
#define NO_CLAUSES  "the query is not SELECT ... FROM ... WHERE ..."
#define NO_SELECT   "the query is not one SELECT"
#define UNKNOWN     "(), which is not known to depend on its arguments alone"

static const struct {
    const char *query, *reason;
} refused[] = {
    {"CALL find('%s')", NO_SELECT},
    {"(SELECT v FROM t WHERE k='%s')", NO_SELECT},
    {"WITH x AS (SELECT 1) SELECT v FROM x WHERE k='%s'", NO_SELECT},
    {";", NO_SELECT},
    {"SELECT '%s'", NO_CLAUSES},
    {"SELECT FROM t WHERE k='%s'", NO_CLAUSES},
    {"SELECT v FROM WHERE k='%s'", NO_CLAUSES},
    {"SELECT v WHERE k='%s' FROM t", NO_CLAUSES},
    {"SELECT v FROM t", "the query has no expansion"},
    {"SELECT v FROM t WHERE k='s'", "the query has no expansion"},
    {"SELECT v FROM t WHERE k='%s'; SELECT 1", "the query is several statements"},
    {"SELECT v FROM t WHERE k='%s", "a quote has no end"},
    {"SELECT v FROM t WHERE (k='%s'", "the query's brackets do not match"},
    {"SELECT v FROM t WHERE k='%s')", "the query's brackets do not match"},
    {"SELECT v FROM t WHERE (a AND end) AND case k='%s'", "the query's brackets do not match"},
    {"SELECT v FROM t WHERE (CASE a) END AND k='%s'", "the query's brackets do not match"},

    /* Comments, and what is one only for some. */
    {"SELECT v FROM t WHERE k='%s' -- x", "the query holds a comment"},
    {"SELECT v FROM t WHERE k='%s' # x", "the query holds a comment"},
    {"SELECT /* x */ v FROM t WHERE k='%s'", "the query holds a comment"},
    {"SELECT v FROM t WHERE k='%s' /*!50000 AND 1 */", "the query holds a comment"},
    {"SELECT 1--1 FROM t WHERE k='%s'", "the query holds a comment"},

    /* Where a text ends, and what it is, depends on sql_mode. */
    {"SELECT v FROM t WHERE v='\\' OR k=\\'' AND k='%s'", "a backslash stands before a quote"},
    {"SELECT v FROM t WHERE v='\\\\\\'' AND k='%s'", "a backslash stands before a quote"},
    {"SELECT v FROM t WHERE k='a\\\\%s'", "a literal with an expansion holds a backslash"},
    {"SELECT v FROM t WHERE k=\"%s\"",
     "an expansion stands in double quotes, which may mean a name"},
    {"SELECT v FROM t WHERE \"k\"='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k='%s' || a", "the query has || beside its conditions"},

    /* Beside the conditions. */
    {"SELECT v FROM t WHERE k='%s' OR a", "the query has OR beside its conditions"},
    {"SELECT v FROM t WHERE k='%s' AND a XOR b", "the query has XOR beside its conditions"},
    {"SELECT v FROM t WHERE k='%s' UNION SELECT w FROM t WHERE k='%s'", "the query has UNION"},
    {"SELECT v FROM t WHERE k='%s' GROUP BY v", "the query has GROUP"},
    {"SELECT v FROM t WHERE k='%s' HAVING v", "the query has HAVING"},
    {"SELECT DISTINCT v FROM t WHERE k='%s'", "the query has DISTINCT"},
    {"SELECT v FROM t WHERE k='%s' LIMIT 1", "the query has LIMIT"},
    {"SELECT v FROM t WHERE k='%s' ORDER BY v LIMIT 1", "the query has LIMIT"},
    {"SELECT v FROM t WHERE k='%s' ORDER BY v='%u'", "an expansion stands in ORDER BY"},
    {"SELECT v FROM t WHERE k='%s' AND id = (SELECT id FROM s LIMIT 1)", "the query has LIMIT"},
    {"SELECT v FROM (SELECT DISTINCT k, v FROM t) s WHERE k='%s'", "the query has DISTINCT"},
    {"SELECT v INTO @x FROM t WHERE k='%s'", "the query has INTO"},
    {"SELECT v FROM t WHERE k='%s' FOR UPDATE", "the query has FOR"},
    {"SELECT SQL_NO_CACHE v FROM t WHERE k='%s'", "the query has SQL_NO_CACHE"},
    {"SELECT ALL v FROM t WHERE k='%s'", "the query has ALL"},
    {"SELECT * FROM t WHERE k='%s'", "the list of values has '*'"},
    {"SELECT v, t.* FROM t WHERE k='%s'", "the list of values has '*'"},

    /* Not of the arguments alone. */
    {"SELECT MAX(v) FROM t WHERE k='%s'", "the query calls MAX" UNKNOWN},
    {"SELECT v FROM t WHERE k='%s' AND RAND ( ) < 1", "the query calls RAND" UNKNOWN},
    {"SELECT v FROM t WHERE k='%s' AND `now`()", "the query calls `now`" UNKNOWN},
    {"SELECT v FROM t WHERE k='%s' AND d.lower(v)", "the query calls lower" UNKNOWN},
    {"SELECT v FROM t WHERE k='%s' AND user = CURRENT_USER", "the query has CURRENT_USER"},
    {"SELECT v, NOW() FROM t WHERE k='%s'", "a value depends on the time of day"},
    {"SELECT v, CURRENT_DATE FROM t WHERE k='%s'", "a value depends on the time of day"},
    {"SELECT @n, v FROM t WHERE k='%s'", "the query has a '@'"},
    {"SELECT v FROM t WHERE k='%s' AND @@sql_mode", "the query has a '@'"},
    {"SELECT v FROM t WHERE k='%s' AND a := 1", "the query has a ':='"},
    {"SELECT {fn CONCAT(v)} FROM t WHERE k='%s'", "the query has a '{'"},
    {"SELECT v FROM t WHERE k='%s' AND v = ?", "the query has a '?'"},

    /* Expansions elsewhere. */
    {"SELECT v, '%s' FROM t WHERE k='%s'", IN_VALUES},
    {"SELECT (SELECT v FROM t WHERE k='%s') FROM t WHERE k='%s'", IN_VALUES},
    {"SELECT v FROM t JOIN s ON s.k='%s' WHERE s.v=t.k", "an expansion stands behind FROM"},
    {"SELECT v FROM (SELECT v FROM t WHERE k='%s') s WHERE v=1", "an expansion stands behind FROM"},
    {"SELECT v FROM t WHERE k=%s", "an expansion stands outside of quotes"},
    {"SELECT v FROM t WHERE %1=k", "an expansion stands outside of quotes"},
    {"SELECT v FROM t WHERE k=`%s`", "an expansion stands in a name"},
    {"SELECT v FROM t WHERE k<'%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k<=>'%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k!='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k LIKE '%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k IN ('%s')", NO_EQUALITY},
    {"SELECT v FROM t WHERE (k='%s' AND a)", NO_EQUALITY},
    {"SELECT v FROM t WHERE NOT k='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k='%s' IS NULL", NO_EQUALITY},
    {"SELECT v FROM t WHERE k='%s' COLLATE utf8mb4_bin", NO_EQUALITY},
    {"SELECT v FROM t WHERE k COLLATE utf8mb4_bin='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE BINARY k='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k=BINARY '%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k=_latin1'%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k=N'%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k='a' '%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k='%s' '%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k=LOWER('%s')", NO_EQUALITY},
    {"SELECT v FROM t WHERE LOWER(k)='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k=CONCAT('%u','@',d)", NO_EQUALITY},
    {"SELECT v FROM t WHERE a BETWEEN 1 AND k='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE a=k='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE '%s'=k=1", NO_EQUALITY},
    {"SELECT v FROM t WHERE '%s'='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE '%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE 1='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE NULL='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE 'a'='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE a.='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE a.b.c.d='%s'", NO_EQUALITY},
    {"SELECT v FROM t WHERE k='%s' AND", "a condition is empty"},
    {"SELECT v FROM t WHERE AND k='%s'", "a condition is empty"},
    {"SELECT v FROM t WHERE a='%s' AND b='%s' AND c='%s' AND d='%s' AND e='%s' AND f='%s' AND "
     "g='%s' AND h='%s' AND i='%s'",
     "the query has too many literals with expansions"},
};

START_TEST(refuses_with_a_reason)
{
    struct buffer reason = BUFFER_EMPTY;
    struct turned turned;

    ck_assert(!turn_query(refused[_i].query, &turned, &reason));
    ck_assert_str_eq(buffer_text(&reason), refused[_i].reason);
    ck_assert_uint_eq(turned.keys, 0);
    ck_assert_ptr_null(turned.rows_sql);
    buffer_free(&reason);
}
END_TEST

/* A mirror_query for what can't be turned around; reason NULL: taken. */
static const struct {
    const char *query, *mirror_query, *literals, *reason;
    size_t values;
    bool tells_time;
} given[] = {
    {"SELECT a FROM t WHERE k='%s' UNION SELECT b FROM s WHERE '%s'=k",
     "SELECT k, a FROM t UNION SELECT k, b FROM s;", "|u@d.de", NULL, 1, false},
    {"SELECT CONCAT('%d', '/', v) FROM t WHERE k='%u' AND d='%d'",
     "SELECT d, k, CONCAT(d, '/', v) FROM t", "|d.de|u", NULL, 1, false},
    {"CALL find('%s')", "SELECT k, a, b FROM t WHERE a LIKE '%s%' AND until > NOW()", "|u@d.de",
     NULL, 2, true},
    {"SELECT v FROM t WHERE k='%s' AND until > NOW()", "SELECT k, v FROM t", "|u@d.de", NULL, 1,
     true},
    {"SELECT v FROM t WHERE k='%s' OR k='@%d'", "SELECT k, v FROM t", "",
     "mirror_query has 2 columns, expected 2 for the different literals with expansions in query "
     "and then those of the value",
     0, false},
    {"SELECT v, w FROM t WHERE k='%s' LIMIT 1", "SELECT k, v FROM t", "",
     "mirror_query has 2 columns, expected 1 for the different literals with expansions in query "
     "and then those of the value",
     0, false},
    {"SELECT v FROM t WHERE k='%s' LIMIT 1", "SELECT * FROM t", "",
     "mirror_query does not begin with SELECT and a list of columns", 0, false},
    {"SELECT v FROM t WHERE k='%s' LIMIT 1", "", "",
     "mirror_query does not begin with SELECT and a list of columns", 0, false},
    {"SELECT v FROM t WHERE k=%s LIMIT 1", "SELECT k, v FROM t", "",
     "an expansion stands outside of quotes", 0, false},
    {"SELECT 1", "SELECT k, v FROM t", "", "the query has no expansion", 0, false},
    {"SELECT '%s' -- x", "SELECT k, v FROM t", "", "the query holds a comment", 0, false},
};

START_TEST(takes_a_mirror_query)
{
    struct buffer reason = BUFFER_EMPTY;
    struct buffer literals = BUFFER_EMPTY;
    struct turned turned;
    bool is_taken = turn_given(given[_i].query, given[_i].mirror_query, &turned, &reason);

    ck_assert_str_eq(buffer_text(&reason), given[_i].reason != NULL ? given[_i].reason : "");
    ck_assert_int_eq(is_taken, given[_i].reason == NULL);
    write_literals(&turned, "u@d.de", &literals);
    ck_assert_str_eq(buffer_text(&literals), given[_i].literals);
    ck_assert_uint_eq(turned.values, given[_i].values);
    ck_assert_int_eq(turned.tells_time, given[_i].tells_time);
    turned_free(&turned);
    buffer_free(&literals);
    buffer_free(&reason);
}
END_TEST

START_TEST(asks_the_collations_of_a_mirror_query)
{
    struct buffer reason = BUFFER_EMPTY;
    struct turned turned;

    ck_assert(turn_given("CALL find('%u', '%d')", " SELECT k, d, v FROM t ; ", &turned, &reason));
    ck_assert_str_eq(turned.rows_sql, "SELECT k, d, v FROM t");
    ck_assert_str_eq(turned.collations_sql,
                     "SELECT COLLATION(vmapd_all.c0), COLLATION(vmapd_all.c1) FROM (SELECT 1) "
                     "vmapd_one LEFT JOIN (SELECT NULL AS c0, NULL AS c1, NULL AS c2 FROM DUAL "
                     "WHERE 0 UNION ALL SELECT k, d, v FROM t) vmapd_all ON 0");
    turned_free(&turned);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("turn");
    TCase *tc = tcase_create("turn");

    tcase_add_loop_test(tc, turns_around, 0,
                        (int)(sizeof(turned_queries) / sizeof(turned_queries[0])));
    tcase_add_loop_test(tc, refuses_with_a_reason, 0, (int)(sizeof(refused) / sizeof(refused[0])));
    tcase_add_loop_test(tc, takes_a_mirror_query, 0, (int)(sizeof(given) / sizeof(given[0])));
    tcase_add_test(tc, asks_the_collations_of_a_mirror_query);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
