/*
 * Domains that tables say are local: the question is a step of the walk as any other. What it comes to decides
 * whether the localpart alone is asked for, and a failure of it is never "not local".
 */
#include "lookup_case.h"

static void start_local(void)
{
    start();
    configure(
        "[server]\nlisten = unix:/tmp/unused\nlookup_timeout = 100ms\n"
        "local_domains = local.test table:dest\n"
        "[database]\ndbname = mail\n[cache]\nttl = 5m\nnegative_ttl = 30s\nstale_ttl = 1d\n"
        "stale_answer_timeout = 10ms\n"
        "[map mailboxes]\nsearch = address\nquery = M '%s'\n"
        "[map aliases]\nsearch = alias\nquery = A '%s'\nlocal_domains = table:dest table:more\n"
        "[map other]\nquery = O '%s'\n"
        "[table dest]\nquery = D '%s'\n[table more]\nquery = E '%s'\n");
}

/* Each of these is asked in turn, and not there. */
static void expect_none(const char *const *sql)
{
    for (; *sql != NULL; sql++) {
        expect_sql(*sql);
        database_has_none();
    }
}

/* --- the walk ------------------------------------------------------------------------------- */

START_TEST(a_domain_in_the_table_is_local)
{
    struct asker *asker = ask("mailboxes", "User+Ext@My.test");

    expect_none((const char *const[]){"M 'user+ext@my.test'", "M 'user@my.test'", NULL});
    expect_sql("D 'my.test'");
    database_says("whatever");
    expect_none((const char *const[]){"M 'user+ext'", NULL});
    expect_sql("M 'user'");
    database_says("box");
    expect(asker, OUTCOME_OK, "box");
    expect_quiet_database();
}
END_TEST

START_TEST(a_domain_that_is_not_there_is_not_local)
{
    struct asker *asker = ask("mailboxes", "user@other.test");

    expect_none(
        (const char *const[]){"M 'user@other.test'", "D 'other.test'", "M '@other.test'", NULL});
    expect(asker, OUTCOME_NOTFOUND, "");
    expect_quiet_database();
    /* All of a domain share the answer. */
    asker = ask("mailboxes", "nobody@other.test");
    expect_none((const char *const[]){"M 'nobody@other.test'", NULL});
    expect(asker, OUTCOME_NOTFOUND, "");
}
END_TEST

START_TEST(a_domain_in_the_list_needs_no_question)
{
    struct asker *asker = ask("mailboxes", "user@local.test");

    expect_none((const char *const[]){"M 'user@local.test'", "M 'user'", "M '@local.test'", NULL});
    expect(asker, OUTCOME_NOTFOUND, "");
}
END_TEST

START_TEST(who_finds_the_address_needs_no_question)
{
    struct asker *asker = ask("mailboxes", "user@my.test");

    database_says("box");
    expect(asker, OUTCOME_OK, "box");
    expect_quiet_database();
}
END_TEST

START_TEST(tables_are_asked_in_order_until_one_has_it)
{
    struct asker *asker = ask("aliases", "user+x@my.test");

    expect_none(
        (const char *const[]){"A 'user+x@my.test'", "A 'user@my.test'", "D 'my.test'", NULL});
    expect_sql("E 'my.test'");
    database_says("1");
    expect_none((const char *const[]){"A 'user+x'", NULL});
    expect_sql("A 'user'");
    database_says("joe@else.test");
    expect(asker, OUTCOME_OK, "joe+x@else.test");
    /* The first one has it: the second is not asked. */
    asker = ask("aliases", "ann@local.test");
    database_has_none();
    expect_sql("D 'local.test'");
    database_says("1");
    database_says("ann@else.test");
    expect(asker, OUTCOME_OK, "ann@else.test");
    expect_quiet_database();
}
END_TEST

/* "@b" is a localpart here and everybody in the domain there. */
START_TEST(what_is_passed_over_is_asked_for_its_own_sake)
{
    struct asker *asker = ask("mailboxes", "\"@b\"@b");

    expect_none((const char *const[]){"M '\"@b\"@b'", "M '@b@b'", "D 'b'", NULL});
    expect_sql("M '@b'");
    database_says("all");
    expect(asker, OUTCOME_OK, "all");
}
END_TEST

START_TEST(other_searches_do_not_ask)
{
    struct asker *asker = ask("other", "user@my.test");

    expect_none((const char *const[]){"O 'user@my.test'", NULL});
    expect(asker, OUTCOME_NOTFOUND, "");
    expect_quiet_database();
}
END_TEST

/* --- failures, and what is old -------------------------------------------------------------- */

START_TEST(a_failure_is_not_not_local)
{
    struct asker *asker = ask("mailboxes", "user@my.test");

    database_has_none();
    expect_sql("D 'my.test'");
    database_fails(DB_TABLE_FAILED);
    expect(asker, OUTCOME_TEMP, "gone fishing");
    expect_quiet_database();
}
END_TEST

START_TEST(not_local_is_not_told_when_it_is_old)
{
    struct asker *asker = ask("mailboxes", "user@my.test");

    expect_none((const char *const[]){"M 'user@my.test'", "D 'my.test'", "M '@my.test'", NULL});
    expect(asker, OUTCOME_NOTFOUND, "");
    now_ms += 20000;
    learn("mailboxes", "user2@my.test", "box"); /* the question is 20 s old */
    asker = ask("mailboxes", "user3@my.test");
    expect_none((const char *const[]){"M 'user3@my.test'", NULL});
    expect(asker, OUTCOME_NOTFOUND, "");
    now_ms += 11000;
    /* user3 is known to be missing, but not that its domain is no local one. */
    asker = ask("mailboxes", "user3@my.test");
    expect_sql("D 'my.test'");
    database_says("1");
    expect_sql("M 'user3'");
    database_says("box 3");
    expect(asker, OUTCOME_OK, "box 3");
}
END_TEST

/* The catch-all would have it, if the domain were not local; that is only what was so once. */
START_TEST(old_not_local_leads_to_no_catch_all)
{
    struct asker *asker = ask("mailboxes", "user@my.test");

    database_has_none();
    expect_sql("D 'my.test'");
    database_has_none();
    database_says("all");
    expect(asker, OUTCOME_OK, "all");
    now_ms += 31000;
    database_reachable = false;
    asker = ask("mailboxes", "user@my.test");
    expect_sql("M 'user@my.test'");
    database_fails(DB_TABLE_FAILED);
    expect(asker, OUTCOME_TEMP, "gone fishing");
}
END_TEST

static void learn_local(void)
{
    ask("mailboxes", "user@my.test");
    database_has_none();
    database_says("1");
    database_says("box");
    expect(&askers[0], OUTCOME_OK, "box");
}

START_TEST(an_old_local_domain_leads_to_an_old_value)
{
    learn_local();
    now_ms += 300001;
    database_reachable = false;
    expect(ask("mailboxes", "user@my.test"), OUTCOME_OK, "box");
    expect_quiet_database();
}
END_TEST

START_TEST(an_old_local_domain_when_the_database_is_slow)
{
    struct asker *asker;

    learn_local();
    now_ms += 300001;
    asker = ask("mailboxes", "user2@my.test");
    database_has_none();
    expect_sql("D 'my.test'");
    while (strcmp(database_is_asked(), "D 'my.test'") == 0 && asked_count == 1)
        event_base_loop(base, EVLOOP_ONCE);
    ck_assert_uint_eq(asked_count, 2); /* goes on, and the other query does so, too */
    database_has_none();
    expect_sql("M 'user2'");
    database_has_none();
    database_has_none();
    expect(asker, OUTCOME_NOTFOUND, "");
}
END_TEST

/* Local or not, nobody has it: that the domain was local once asks for more, and passes over nothing. */
START_TEST(not_found_beyond_an_old_local_domain_is_certain)
{
    struct asker *asker;

    learn_local();
    now_ms += 300001;
    asker = ask("mailboxes", "nobody@my.test");
    database_has_none();
    expect_sql("D 'my.test'");
    database_fails(DB_TABLE_FAILED);
    expect_none((const char *const[]){"M 'nobody'", "M '@my.test'", NULL});
    expect(asker, OUTCOME_NOTFOUND, "");
    ck_assert_uint_eq(stats.cache.stale_served, 0);
}
END_TEST

/* --- around it ------------------------------------------------------------------------------ */

START_TEST(a_flush_forgets_what_is_local)
{
    struct slice map = slice_of("mailboxes"), key = slice_of("user@my.test");
    size_t entries;

    learn_local();
    ck_assert(lookup_flush(service, &map, &key, &entries));
    ck_assert_uint_eq(entries, 3);
    learn_local();
    ck_assert(lookup_flush(service, &map, NULL, &entries));
    ck_assert_uint_eq(entries, 3);
    learn_local();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lookup_local");
    TCase *t = tcase_create("lookup_local");

    tcase_add_checked_fixture(t, start_local, stop);
    tcase_add_test(t, a_domain_in_the_table_is_local);
    tcase_add_test(t, a_domain_that_is_not_there_is_not_local);
    tcase_add_test(t, a_domain_in_the_list_needs_no_question);
    tcase_add_test(t, who_finds_the_address_needs_no_question);
    tcase_add_test(t, tables_are_asked_in_order_until_one_has_it);
    tcase_add_test(t, what_is_passed_over_is_asked_for_its_own_sake);
    tcase_add_test(t, other_searches_do_not_ask);
    tcase_add_test(t, a_failure_is_not_not_local);
    tcase_add_test(t, not_local_is_not_told_when_it_is_old);
    tcase_add_test(t, old_not_local_leads_to_no_catch_all);
    tcase_add_test(t, an_old_local_domain_leads_to_an_old_value);
    tcase_add_test(t, an_old_local_domain_when_the_database_is_slow);
    tcase_add_test(t, not_found_beyond_an_old_local_domain_is_certain);
    tcase_add_test(t, a_flush_forgets_what_is_local);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
