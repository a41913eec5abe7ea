/*
 * An explanation asks the database for everything, tells what it sees, and ends with the reply that a
 * lookup gives at the same moment.
 */
#include "explain_case.h"

/* --- the whole text ------------------------------------------------------------------------- */

START_TEST(tells_each_step)
{
    begin("aliases", "Us\xc3\x84r+Ext@local.test");
    ck_assert_str_eq(database_is_asked(), "A 'us\xc3\xa4r+ext@local.test'");
    database_has_none();
    database_has_none();
    database_has_none();
    ck_assert_str_eq(database_is_asked(), "I 'us\xc3\xa4r@local.test'");
    database_says("a@b");
    /* The reply: a lookup as any other. */
    database_has_none();
    database_has_none();
    database_has_none();
    database_says("a@b");
    expect(OUTCOME_OK,
           "map aliases: search = alias, recipient_delimiter = +, propagate_extension = yes\n"
           "key \"Us\xc3\x84r+Ext@local.test\", folded to \"us\xc3\xa4r+ext@local.test\", with the "
           "extension \"+Ext\"\n"
           "\n"
           "1. \"us\xc3\xa4r+ext@local.test\" (as asked)\n"
           "   table alias\n"
           "     cache: nothing\n"
           "     asked: A 'us\xc3\xa4r+ext@local.test'\n"
           "     after 0 us: 0 rows\n"
           "     not found\n"
           "   table identity\n"
           "     cache: nothing\n"
           "     asked: I 'us\xc3\xa4r+ext@local.test'\n"
           "     after 0 us: 0 rows\n"
           "     not found\n"
           "\n"
           "2. \"us\xc3\xa4r@local.test\" (without the extension)\n"
           "   table alias\n"
           "     cache: nothing\n"
           "     asked: A 'us\xc3\xa4r@local.test'\n"
           "     after 0 us: 0 rows\n"
           "     not found\n"
           "   table identity\n"
           "     cache: nothing\n"
           "     asked: I 'us\xc3\xa4r@local.test'\n"
           "     after 0 us: 1 row\n"
           "     row: \"a@b\"\n"
           "     found: <a@b>\n"
           "     the key matched without its extension, so: <a+Ext@b>\n"
           "\n"
           "Postfix gets: OK <a+Ext@b>\n");
}
END_TEST

/* Three steps: the address, the domain in the table of local ones, and what follows from that. */
static void explain_local(const char *found)
{
    begin("boxes", "joe@my.test");
    database_has_none();
    ck_assert_str_eq(database_is_asked(), "L 'my.test'");
    database_says(found);
    database_has_none();
    if (found != NULL)
        database_has_none();
    database_has_none();
    database_says(found);
    database_has_none();
    if (found != NULL)
        database_has_none();
}

START_TEST(tells_what_is_local)
{
    explain_local("1");
    expect_part("\n2. \"my.test\" (the domain: is it one of local_domains?)\n"
                "   table dest\n"
                "     cache: nothing\n"
                "     asked: L 'my.test'\n"
                "     after 0 us: 1 row\n"
                "     row: \"1\"\n"
                "     found: 1; so it is local\n"
                "\n3. \"joe\" (the localpart of a local domain)\n"
                "   table boxes\n");
    expect_part("\n4. \"@my.test\" (everybody in the domain)\n");
}
END_TEST

START_TEST(tells_what_is_not_local)
{
    explain_local(NULL);
    expect_part("     after 0 us: 0 rows\n"
                "     not found\n"
                "\n4. \"@my.test\" (everybody in the domain)\n");
}
END_TEST

START_TEST(tells_which_part_a_key_is)
{
    begin("aliases", "u+e@local.test");
    for (int i = 0; i < 20; i++)
        database_has_none();
    expect_part("3. \"u+e\" (the localpart of a local domain)\n");
    expect_part("4. \"u\" (the localpart of a local domain, without the extension)\n");
    expect_part("5. \"@local.test\" (everybody in the domain)\n");
    expect_part("\nPostfix gets: NOTFOUND \n");
    ck_assert_int_eq(explained.outcome, OUTCOME_NOTFOUND);
    begin("transport", "u@sub.test");
    for (int i = 0; i < 6; i++)
        database_has_none();
    expect_part("1. \"u@sub.test\" (as asked)\n");
    expect_part("2. \"sub.test\" (the domain)\n");
    expect_part("3. \".test\" (a parent domain)\n");
}
END_TEST

START_TEST(tells_the_keys_of_access_tables)
{
    begin("senders", "u+e@sub.test");
    for (int i = 0; i < 12; i++)
        database_has_none();
    expect_part("map senders: search = access, recipient_delimiter = +, "
                "parent_domain_matches_subdomains = yes\n");
    expect_part("2. \"u@sub.test\" (without the extension)\n");
    expect_part("3. \"sub.test\" (the domain)\n");
    expect_part("4. \"test\" (a parent domain)\n");
    expect_part("5. \"u+e@\" (the localpart in any domain)\n");
    expect_part("6. \"u@\" (the localpart in any domain)\n");
    begin("clients", "192.0.2.7");
    for (int i = 0; i < 8; i++)
        database_has_none();
    expect_part("2. \"192.0.2\" (a network)\n");
    expect_part("4. \"192\" (a network)\n");
}
END_TEST

START_TEST(tells_why_a_table_is_not_asked)
{
    begin("parts", "nodomain");
    expect(OUTCOME_NOTFOUND, "map parts: search = exact\n"
                             "key \"nodomain\"\n"
                             "\n"
                             "1. \"nodomain\" (as asked)\n"
                             "   table parts\n"
                             "     not asked: the key has no part for each % in \"D '%d'\"\n"
                             "\n"
                             "Postfix gets: NOTFOUND \n");
    begin("restricted", "u@there.test");
    expect_part("     not asked: not an address in a domain of domain = here.test\n");
    begin("exact", "\xff");
    expect_part("in no table");
    ck_assert_int_eq(explained.outcome, OUTCOME_NOTFOUND);
    ck_assert_uint_eq(asked_count, 0);
}
END_TEST

START_TEST(tells_failures)
{
    begin("aliases", "u@x.test");
    database_fails(DB_TABLE_FAILED);
    database_fails(DB_TIMED_OUT);
    expect_part("     after 0 us: gone fishing\n\nPostfix gets: TIMEOUT gone fishing\n");
    expect_part("     asked: A 'u@x.test'\n     after 0 us: gone fishing\n");
    ck_assert_int_eq(explained.outcome, OUTCOME_TIMEOUT);
    ck_assert_uint_eq(asked_count, 0);
}
END_TEST

/* No connection, no SQL. */
START_TEST(tells_that_nothing_was_sent)
{
    struct pool_query *query;

    begin("fresh", "k");
    query = take_asked();
    query->done(query,
                &(struct db_result){.blame = DB_NOT_ASKED, .text = "database\n\033[1munreachable"});
    database_fails(DB_TABLE_FAILED);
    expect_part("     could not be asked\n     after 0 us: database??[1munreachable\n");
}
END_TEST

START_TEST(shows_rows_as_they_are)
{
    const char *fields[22 * 3];
    unsigned long lengths[22 * 3];

    for (size_t i = 0; i < 22 * 3; i++) {
        fields[i] = i % 3 == 0 ? "a\nb" : i % 3 == 1 ? NULL : "";
        lengths[i] = i % 3 == 0 ? 3 : 0;
    }
    begin("fresh", "k");
    database_ends((struct db_result){.has_rows_set = true, .rows = {22, 3, fields, lengths}});
    database_says("v");
    expect_part("     cache: not used (cache = no)\n");
    expect_part("22 rows\n     row: \"a?b\", NULL, \"\"\n");
    expect_part("     ... and 2 more\n");
    expect_part("     an empty value is ignored\n");
    expect_part("     found: a?b,a?b,");
}
END_TEST

START_TEST(shows_no_result_set)
{
    begin("fresh", "k");
    database_ends((struct db_result){.has_rows_set = false});
    database_says("v");
    expect_part("     after 0 us: no result set\n     refused: the query gave no result set\n");
}
END_TEST

START_TEST(cuts_what_is_long)
{
    static char key[10001];

    memset(key, 'k', sizeof(key) - 1);
    begin("exact", key);
    database_has_none();
    database_has_none();
    expect_part("kkk... (10000 bytes)\"");
    ck_assert_uint_lt(strlen(explained.text), 8000);
}
END_TEST
/* --- ends ----------------------------------------------------------------------------------- */

START_TEST(knows_no_other_maps)
{
    ck_assert_ptr_null(explain_start(service, slice_of("none"), slice_of("k"), on_explained, NULL));
}
END_TEST

START_TEST(can_be_cancelled_at_any_time)
{
    struct explain *explain =
        explain_start(service, slice_of("exact"), slice_of("k"), on_explained, NULL);

    explained.count = 0;
    explain_cancel(explain); /* before it begins */
    event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_eq(asked_count, 0);
    explain_cancel(begin("exact", "k")); /* with a query that the pool still has */
    database_says("value");
    explain = begin("exact", "k"); /* while the lookup for the reply waits */
    database_has_none();
    explain_cancel(explain);
    database_has_none();
    database_is_busy = true;
    explain_cancel(begin("exact", "k1")); /* with one that was not sent */
    ck_assert_uint_eq(asked_count, 0);
    database_is_busy = false;
    explain_cancel(begin("exact", "k2")); /* with one that nobody answers before the end */
    ck_assert_uint_eq(explained.count, 0);
}
END_TEST

START_TEST(survives_a_reload)
{
    begin("exact", "k");
    configure("[server]\nlisten = unix:/tmp/unused\n[map other]\ndbname = x\nquery = O\n");
    event_base_loop(base, EVLOOP_NONBLOCK);
    database_says("value");
    expect_part("     found: value\n");
    expect_part("Postfix gets: PERM no such map\n");
    ck_assert_int_eq(explained.outcome, OUTCOME_PERM);
}
END_TEST
static Suite *suite(void)
{
    Suite *s = suite_create("explain");
    TCase *t = tcase_create("explain");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, tells_each_step);
    tcase_add_test(t, tells_what_is_local);
    tcase_add_test(t, tells_what_is_not_local);
    tcase_add_test(t, tells_which_part_a_key_is);
    tcase_add_test(t, tells_the_keys_of_access_tables);
    tcase_add_test(t, tells_why_a_table_is_not_asked);
    tcase_add_test(t, tells_failures);
    tcase_add_test(t, tells_that_nothing_was_sent);
    tcase_add_test(t, shows_rows_as_they_are);
    tcase_add_test(t, shows_no_result_set);
    tcase_add_test(t, cuts_what_is_long);
    tcase_add_test(t, knows_no_other_maps);
    tcase_add_test(t, can_be_cancelled_at_any_time);
    tcase_add_test(t, survives_a_reload);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
