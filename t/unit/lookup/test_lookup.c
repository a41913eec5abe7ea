/*
 * The straight path of a lookup, with the real cache, the real configuration and a database that the
 * test plays itself: it sees each SQL and says what comes back, or that nothing does.
 */
#include "lookup_case.h"

START_TEST(asks_once_and_remembers)
{
    struct asker *asker = ask("exact", "Key");

    expect_sql("E 'key'");
    database_says("value");
    expect(asker, OUTCOME_OK, "value");
    expect(ask("exact", "kEY"), OUTCOME_OK, "value");
    expect_quiet_database();
    ck_assert_uint_eq(stats.lookups, 2);
    ck_assert_uint_eq(stats.cache.hits, 1);
    ck_assert_uint_eq(stats.cache.misses, 1);
}
END_TEST

START_TEST(remembers_not_found_and_asks_again)
{
    struct asker *asker = ask("exact", "key");

    database_has_none();
    expect(asker, OUTCOME_NOTFOUND, "");
    now_ms += 29000;
    expect(ask("exact", "key"), OUTCOME_NOTFOUND, "");
    expect_quiet_database();
    now_ms += 1001;
    asker = ask("exact", "key");
    expect_sql("E 'key'");
    database_says("new");
    expect(asker, OUTCOME_OK, "new");
}
END_TEST

START_TEST(expired_not_found_is_never_served)
{
    struct asker *asker;

    ask("exact", "key");
    database_has_none();
    now_ms += 31000;
    asker = ask("exact", "key");
    database_fails(DB_TABLE_FAILED);
    expect(asker, OUTCOME_TEMP, "gone fishing");
    database_reachable = false;
    asker = ask("exact", "key");
    database_fails(DB_TIMED_OUT);
    expect(asker, OUTCOME_TIMEOUT, "gone fishing");
}
END_TEST

START_TEST(failures_are_told_and_not_kept)
{
    struct asker *asker = ask("exact", "key");

    database_fails(DB_TABLE_FAILED);
    expect(asker, OUTCOME_TEMP, "gone fishing");
    asker = ask("exact", "key");
    expect_sql("E 'key'");
    database_says("value");
    expect(asker, OUTCOME_OK, "value");
}
END_TEST

START_TEST(tells_what_cannot_be)
{
    expect(ask("nosuchmap", "key"), OUTCOME_PERM, "no such map");
    expect(ask("exact", "bad\xff"), OUTCOME_NOTFOUND, "");
    expect(ask("domains", "no-domain"), OUTCOME_NOTFOUND, "");
    expect_quiet_database();
}
END_TEST

START_TEST(uncached_tables_ask_each_time)
{
    struct asker *first = ask_with(0, "fresh", "key");
    struct asker *second = ask_with(1, "fresh", "key");

    ck_assert_uint_eq(asked_count, 2);
    database_says("one");
    database_says("two");
    expect(first, OUTCOME_OK, "one");
    expect(second, OUTCOME_OK, "two");
    ask("fresh", "key");
    expect_sql("F 'key'");
}
END_TEST

/* --- the order of keys and tables -------------------------------------------------------------- */

START_TEST(asks_the_keys_in_order)
{
    static const char *const sql[] = {"M 'user+ext@local.test'", "M 'user@local.test'",
                                      "M 'user+ext'", "M 'user'", "M '@local.test'"};
    struct asker *asker = ask("mailboxes", "User+Ext@Local.test");

    for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
        expect_sql(sql[i]);
        database_has_none();
    }
    expect(asker, OUTCOME_NOTFOUND, "");
    expect_quiet_database();
    /* Everybody of a domain shares its catch-all. */
    asker = ask("mailboxes", "other@local.test");
    expect_sql("M 'other@local.test'");
    database_has_none();
    expect_sql("M 'other'");
    database_has_none();
    expect(asker, OUTCOME_NOTFOUND, "");
}
END_TEST

START_TEST(asks_each_key_in_all_tables_first)
{
    struct asker *asker = ask("aliases", "user@example.com");

    expect_sql("A 'user@example.com'");
    database_has_none();
    expect_sql("I 'user@example.com'");
    database_says("user@example.com");
    expect(asker, OUTCOME_OK, "user@example.com");
    expect_quiet_database(); /* the catch-all of the first table was not asked */
}
END_TEST

START_TEST(first_failure_ends_the_walk)
{
    struct asker *asker = ask("aliases", "user@example.com");

    database_has_none();
    expect_sql("I 'user@example.com'");
    database_fails(DB_TABLE_FAILED);
    expect(asker, OUTCOME_TEMP, "gone fishing");
    expect_quiet_database();
}
END_TEST

START_TEST(puts_the_extension_back)
{
    struct asker *asker = ask("aliases", "list+news@example.com");

    database_has_none();
    database_has_none();
    expect_sql("A 'list@example.com'");
    database_says("a@example.com, b@example.org");
    expect(asker, OUTCOME_OK, NULL);
    ck_assert_ptr_nonnull(strstr(asker->text, "a+news@example.com"));
    ck_assert_ptr_nonnull(strstr(asker->text, "b+news@example.org"));
    /* From the cache as well, and not for a match on the full key. */
    expect(ask("aliases", "list@example.com"), OUTCOME_OK, "a@example.com, b@example.org");
    asker = ask("aliases", "list+news@example.com");
    expect(asker, OUTCOME_OK, NULL);
    ck_assert_ptr_nonnull(strstr(asker->text, "a+news@example.com"));
}
END_TEST

START_TEST(refuses_a_reply_that_does_not_fit)
{
    struct buffer value = BUFFER_EMPTY;
    struct asker *asker = ask("aliases", "list+extension@example.com");

    while (value.len < 99900)
        buffer_add_text(&value, "a@b,");
    buffer_add_text(&value, "a@b");
    database_has_none();
    database_has_none();
    database_says(buffer_text(&value));
    expect(asker, OUTCOME_TEMP, NULL);
    buffer_free(&value);
}
END_TEST

/* --- one query for all who wait ------------------------------------------------------------------ */

START_TEST(one_query_for_all_who_wait)
{
    struct asker *first = ask_with(0, "exact", "key");
    struct asker *second = ask_with(1, "exact", "KEY");
    struct asker *third = ask_with(2, "exact", "key");

    ck_assert_uint_eq(asked_count, 1);
    ck_assert_uint_eq(stats.cache.coalesced, 2);
    lookup_cancel(second->lookup);
    second->lookup = NULL;
    database_says("value");
    expect(first, OUTCOME_OK, "value");
    expect(third, OUTCOME_OK, "value");
    ck_assert_uint_eq(second->answers, 0);
    ck_assert_uint_eq(lookup_pending(service), 0);
}
END_TEST

START_TEST(nobody_waits_and_the_cache_learns)
{
    struct asker *asker = ask("exact", "key");

    lookup_cancel(asker->lookup);
    asker->lookup = NULL;
    database_says("value");
    expect(ask("exact", "key"), OUTCOME_OK, "value");
}
END_TEST

START_TEST(gives_up_at_the_deadline)
{
    struct asker *asker = ask("exact", "key");

    wait_for(asker);
    expect(asker, OUTCOME_TIMEOUT, NULL);
    /* The query goes on, and what it brings is good for the next. */
    database_says("late");
    expect(asker, OUTCOME_TIMEOUT, NULL);
    expect(ask("exact", "key"), OUTCOME_OK, "late");
}
END_TEST

START_TEST(flush_outdates_what_is_in_flight)
{
    struct asker *early = ask_with(0, "exact", "key");
    struct asker *late;
    size_t entries;
    struct slice map = slice_of("exact"), key = slice_of("KEY");

    ck_assert(lookup_flush(service, &map, &key, &entries));
    ck_assert_uint_eq(entries, 0);
    late = ask_with(1, "exact", "key");
    ck_assert_uint_eq(asked_count, 2);
    database_has_none(); /* what was asked before the flush */
    expect(early, OUTCOME_NOTFOUND, "");
    ck_assert_uint_eq(late->answers, 0);
    database_says("new");
    expect(late, OUTCOME_OK, "new");
    expect(ask("exact", "key"), OUTCOME_OK, "new");
}
END_TEST

START_TEST(flush_counts_what_it_forgets)
{
    struct slice map = slice_of("mailboxes"), key = slice_of("user@example.com");
    struct slice unknown = slice_of("nosuchmap");
    size_t entries;

    ask("mailboxes", "user@example.com");
    database_has_none();
    database_says("catchall");
    ask("exact", "key");
    database_says("value");
    ck_assert(!lookup_flush(service, &unknown, NULL, &entries));
    ck_assert(lookup_flush(service, &map, &key, &entries));
    ck_assert_uint_eq(entries, 2);
    ck_assert(lookup_flush(service, NULL, NULL, &entries));
    ck_assert_uint_eq(entries, 1);
    ask("mailboxes", "user@example.com");
    expect_sql("M 'user@example.com'");
}
END_TEST

/* --- reload ------------------------------------------------------------------------------------------- */

START_TEST(reload_keeps_what_did_not_change)
{
    struct asker *asker;

    learn("exact", "key", "value");
    learn("mailboxes", "user@example.com", "box");
    configure("[server]\nlisten = unix:/tmp/unused\n"
              "[database]\ndbname = mail\n"
              "[map exact]\nquery = E '%s'\n"
              "[map mailboxes]\nsearch = address\nquery = CHANGED '%s'\n");
    event_base_loop(base, EVLOOP_NONBLOCK);
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    expect_quiet_database();
    asker = ask("mailboxes", "user@example.com");
    expect_sql("CHANGED 'user@example.com'");
    database_says("new");
    expect(asker, OUTCOME_OK, "new");
    expect(ask("aliases", "a@b"), OUTCOME_PERM, NULL);
}
END_TEST

START_TEST(reload_lets_lookups_finish)
{
    struct asker *asker = ask("aliases", "user@example.com");

    configure("[server]\nlisten = unix:/tmp/unused\n"
              "[database]\ndbname = mail\n"
              "[map exact]\nquery = E '%s'\n");
    event_base_loop(base, EVLOOP_NONBLOCK);
    database_has_none();
    expect_sql("I 'user@example.com'");
    database_says("there");
    expect(asker, OUTCOME_OK, "there");
}
END_TEST

/* --- long keys ------------------------------------------------------------------------------- */

/* "Aaa...+Ext"@example.com, so long that a lookup that waits puts away what it can derive again. */
static const char *long_key(size_t len)
{
    static char key[LOOKUP_KEY_MAX + 1];

    memset(key, 'A', len);
    strcpy(key + len, " b+Ext@example.com");
    key[0] = '"';
    memmove(strchr(key, '@') + 1, strchr(key, '@'), strlen(strchr(key, '@')) + 1);
    *strchr(key, '@') = '"';
    return key;
}

START_TEST(a_long_key_that_waits_is_there_twice)
{
    const char *key = long_key(9000);
    struct asker *asker = ask("aliases", key);

    for (int i = 0; i < 4; i++) {
        ck_assert_uint_lt(lookup_memory(asker->lookup), 2 * strlen(key) + 100);
        database_has_none();
        ck_assert_uint_eq(asker->answers, 0);
    }
    ck_assert_uint_lt(lookup_memory(asker->lookup), 2 * strlen(key) + 100);
}
END_TEST

/* The keys that are asked in each table, and the extension, are those of the key as it came. */
START_TEST(a_long_key_is_asked_and_answered_like_any)
{
    const char *key = long_key(400);
    struct asker *asker = ask("aliases", key);

    for (int i = 0; i < 4; i++) {
        ck_assert_uint_gt(asked[0]->statement.key.len, 400);
        ck_assert_int_eq(memchr(asked[0]->statement.key.data, '+', 420) != NULL, i < 2);
        if (i < 3)
            database_has_none();
    }
    database_says("joe@other.test");
    expect(asker, OUTCOME_OK, "joe+Ext@other.test");
    learn("exact", key, "value");
    expect(ask("exact", key), OUTCOME_OK, "value");
    expect_quiet_database();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lookup");
    TCase *t = tcase_create("lookup");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, asks_once_and_remembers);
    tcase_add_test(t, remembers_not_found_and_asks_again);
    tcase_add_test(t, expired_not_found_is_never_served);
    tcase_add_test(t, failures_are_told_and_not_kept);
    tcase_add_test(t, tells_what_cannot_be);
    tcase_add_test(t, uncached_tables_ask_each_time);
    tcase_add_test(t, asks_the_keys_in_order);
    tcase_add_test(t, asks_each_key_in_all_tables_first);
    tcase_add_test(t, first_failure_ends_the_walk);
    tcase_add_test(t, puts_the_extension_back);
    tcase_add_test(t, refuses_a_reply_that_does_not_fit);
    tcase_add_test(t, one_query_for_all_who_wait);
    tcase_add_test(t, nobody_waits_and_the_cache_learns);
    tcase_add_test(t, gives_up_at_the_deadline);
    tcase_add_test(t, flush_outdates_what_is_in_flight);
    tcase_add_test(t, flush_counts_what_it_forgets);
    tcase_add_test(t, reload_keeps_what_did_not_change);
    tcase_add_test(t, a_long_key_that_waits_is_there_twice);
    tcase_add_test(t, a_long_key_is_asked_and_answered_like_any);
    tcase_add_test(t, reload_lets_lookups_finish);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
