/* Queries as they are in use, and the index that each of them could use. */
#include "sql_hint.h"

#include "unit.h"

static const struct {
    const char *query, *table, *hint; /* NULL: cannot tell */
} rows[] = {
    {"SELECT 1 FROM virtual_domains WHERE name='%s'", "virtual_domains",
     "CREATE INDEX name ON virtual_domains (name)"},
    {"select destination from `virtual_aliases` where `source` = '%s';", "virtual_aliases",
     "CREATE INDEX source ON virtual_aliases (source)"},
    {"SELECT maildir FROM mailbox WHERE local_part='%u' AND domain='%d' AND active='1'", "mailbox",
     "CREATE INDEX local_part_domain ON mailbox (local_part, domain)"},
    {"SELECT goto FROM alias WHERE address = CONCAT('%u', '@', '%d') AND active = 1", "alias",
     "CREATE INDEX address ON alias (address)"},
    {"SELECT a.goto FROM alias AS a JOIN alias_domain d ON a.address = CONCAT('%u','@',d.target) "
     "WHERE d.alias_domain='%d'",
     "d", "CREATE INDEX alias_domain ON alias_domain (alias_domain)"},
    {"SELECT goto FROM alias a, alias_domain d WHERE d.alias_domain = '%d' AND a.address='%s'", "a",
     "CREATE INDEX address ON alias (address)"},
    {"SELECT x FROM mail.users WHERE mail.users.email='%s'", "users",
     "CREATE INDEX email ON mail.users (email)"},
    {"SELECT x FROM t WHERE a='%s' OR b='%s'", "t",
     "CREATE INDEX a ON t (a); CREATE INDEX b ON t (b)"},
    {"SELECT x FROM t WHERE a IN ('%s', '@%d')", "t", "CREATE INDEX a ON t (a)"},
    {"SELECT x FROM t WHERE '%s' = a", "t", "CREATE INDEX a ON t (a)"},
    {"SELECT x FROM t WHERE a LIKE '%u'", "t", "CREATE INDEX a ON t (a)"},
    {"SELECT x FROM t WHERE id = %s", "t", "CREATE INDEX id ON t (id)"},
    {"(SELECT x FROM t WHERE a='%s') UNION (SELECT y FROM s WHERE b='%s')", "s",
     "CREATE INDEX b ON s (b)"},
    {"SELECT x FROM t WHERE a='%s' UNION ALL SELECT y FROM s WHERE b='%s'", "t",
     "CREATE INDEX a ON t (a)"},
    {"SELECT x FROM t WHERE a='it''s %s' AND b='don\\'t'", "t", "CREATE INDEX a ON t (a)"},
    {"SELECT email FROM mailbox WHERE CONCAT(user, '@', domain) = '%s'", "mailbox", NULL},
    {"SELECT x FROM t WHERE a LIKE '%%u'", "t", NULL},
    {"SELECT x FROM t WHERE a LIKE '%%@%d'", "t", NULL},
    {"SELECT x FROM t WHERE a LIKE '_%u' AND b = '%d'", "t", "CREATE INDEX b ON t (b)"},
    {"SELECT x FROM t WHERE a LIKE '%u%%'", "t", "CREATE INDEX a ON t (a)"},
    {"SELECT x FROM t WHERE a LIKE %u", "t", "CREATE INDEX a ON t (a)"},
    {"SELECT x FROM t JOIN s ON s.id = t.sid WHERE t.a='%s'", "s", NULL},
    {"SELECT x FROM t JOIN s ON s.id = t.sid WHERE a='%s'", "t", NULL},
    {"SELECT x FROM t WHERE a='%s'", "other", NULL},
    {"SELECT 1", "t", NULL},
    {"", "t", NULL},
    {"SELECT 'unfinished %s", "t", NULL},
    {"((((", "t", NULL},
    {"= '%s' = , ( '%s'", "t", NULL},
};

START_TEST(hints)
{
    struct buffer out = BUFFER_EMPTY;
    bool found = sql_index_hint(rows[_i].query, rows[_i].table, &out);

    ck_assert_msg(found == (rows[_i].hint != NULL), "%s: %s", rows[_i].query, buffer_text(&out));
    ck_assert_str_eq(buffer_text(&out), found ? rows[_i].hint : "");
    buffer_free(&out);
}
END_TEST

START_TEST(calls_are_known)
{
    ck_assert(sql_is_call("CALL p('%s')"));
    ck_assert(sql_is_call(" call p"));
    ck_assert(!sql_is_call("SELECT 'call'"));
    ck_assert(!sql_is_call("callx('%s')"));
    ck_assert(!sql_is_call(""));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sql_hint");
    TCase *t = tcase_create("sql_hint");

    tcase_add_loop_test(t, hints, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(t, calls_are_known);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
