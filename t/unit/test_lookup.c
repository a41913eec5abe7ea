/*
 * The straight path of a lookup, with the real cache, the real configuration and a database that the
 * test plays itself: it sees each SQL and says what comes back, or that nothing does.
 */
#include "lookup.h"

#include <event2/event.h>
#include <stdio.h>
#include <unistd.h>

#include "fake_database.h"
#include "stats.h"
#include "unit.h"

/* --- what the lookups come to ---------------------------------------------------------------- */

struct asker {
    struct lookup *lookup; /* while waiting */
    unsigned answers;
    enum outcome outcome;
    char text[2000];
};

static struct event_base *base;
static struct cache *cache;
static struct lookup_service *service;
static struct asker askers[4];

static void take_reply(struct asker *asker, const struct lookup_reply *reply)
{
    asker->lookup = NULL;
    asker->answers++;
    asker->outcome = reply->outcome;
    snprintf(asker->text, sizeof(asker->text), "%.*s", (int)reply->text.len, reply->text.data);
}

static void on_reply(void *arg, const struct lookup_reply *reply)
{
    take_reply(arg, reply);
}

static struct asker *ask_with(size_t index, const char *map, const char *key)
{
    struct asker *asker = &askers[index];
    struct lookup_reply reply;

    memset(asker, 0, sizeof(*asker));
    asker->lookup = lookup_start(service, slice_of(map), slice_of(key), on_reply, asker, &reply);
    if (asker->lookup == NULL)
        take_reply(asker, &reply);
    return asker;
}

static struct asker *ask(const char *map, const char *key)
{
    return ask_with(0, map, key);
}

static void expect(const struct asker *asker, enum outcome outcome, const char *text)
{
    ck_assert_msg(asker->answers == 1, "%u answers", asker->answers);
    ck_assert_msg(asker->outcome == outcome, "outcome %d (%s)", (int)asker->outcome, asker->text);
    if (text != NULL)
        ck_assert_str_eq(asker->text, text);
}

static void expect_sql(const char *sql)
{
    ck_assert_str_eq(database_is_asked(), sql);
}

static void expect_quiet_database(void)
{
    ck_assert_msg(asked_count == 0, "unexpected query: %s", database_is_asked());
}

/* Let the event loop's timers run until the asker has its answer. */
static void wait_for(const struct asker *asker)
{
    while (asker->answers == 0)
        event_base_loop(base, EVLOOP_ONCE);
}

static const char standard[] = "[server]\n"
                               "listen = unix:/tmp/unused\n"
                               "lookup_timeout = 100ms\n"
                               "local_domains = local.test\n"
                               "[database]\n"
                               "dbname = mail\n"
                               "[cache]\n"
                               "ttl = 5m\n"
                               "negative_ttl = 30s\n"
                               "stale_ttl = 1d\n"
                               "stale_answer_timeout = 10ms\n"
                               "[map exact]\n"
                               "query = E '%s'\n"
                               "[map mailboxes]\n"
                               "search = address\n"
                               "query = M '%s'\n"
                               "[map aliases]\n"
                               "search = alias\n"
                               "tables = alias identity\n"
                               "[table alias]\n"
                               "query = A '%s'\n"
                               "[table identity]\n"
                               "query = I '%s'\n"
                               "[map fresh]\n"
                               "cache = no\n"
                               "query = F '%s'\n"
                               "[map domains]\n"
                               "query = D '%d'\n";

static void configure(const char *text)
{
    char path[] = "/tmp/test_lookup.XXXXXX";
    struct buffer error = BUFFER_EMPTY;
    struct config *config;
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    config = config_load(path, &error);
    unlink(path);
    ck_assert_msg(config != NULL, "%s", buffer_text(&error));
    lookup_service_configure(service, config);
    config_unref(config);
}

static void start(void)
{
    struct hash_secret secret = {{1, 2}};

    base = event_base_new();
    cache = cache_new(4 << 20, &secret);
    service = lookup_service_new(base, cache);
    configure(standard);
}

static void stop(void)
{
    for (size_t i = 0; i < sizeof(askers) / sizeof(askers[0]); i++)
        if (askers[i].lookup != NULL)
            lookup_cancel(askers[i].lookup);
    lookup_service_free(service);
    cache_free(cache);
    event_base_free(base);
    stats_free();
}

/* --- answers and the cache -------------------------------------------------------------------- */

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
    struct asker *asker = ask("exact", "key");

    database_has_none();
    now_ms += 31000;
    asker = ask("exact", "key");
    database_fails(OUTCOME_TEMP);
    expect(asker, OUTCOME_TEMP, "gone fishing");
    database_reachable = false;
    asker = ask("exact", "key");
    database_fails(OUTCOME_TIMEOUT);
    expect(asker, OUTCOME_TIMEOUT, "gone fishing");
}
END_TEST

START_TEST(failures_are_told_and_not_kept)
{
    struct asker *asker = ask("exact", "key");

    database_fails(OUTCOME_TEMP);
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
    database_fails(OUTCOME_TEMP);
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

/* --- when the database is in trouble --------------------------------------------------------------- */

static void learn(const char *map, const char *key, const char *value)
{
    ask(map, key);
    database_says(value);
}

START_TEST(old_answer_when_the_database_fails)
{
    struct asker *asker;

    learn("exact", "key", "value");
    now_ms += 300001;
    asker = ask("exact", "key");
    ck_assert_uint_eq(asker->answers, 0);
    database_fails(OUTCOME_TEMP);
    expect(asker, OUTCOME_OK, "value");
    ck_assert_uint_eq(stats.cache.stale_served, 1);
    /* Known to be in trouble: at once. */
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    expect_quiet_database();
    /* After a while one query in the background finds out that all is well. */
    now_ms += 1001;
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    expect_sql("E 'key'");
    database_says("changed");
    expect(ask("exact", "key"), OUTCOME_OK, "changed");
}
END_TEST

START_TEST(old_answer_when_the_database_is_slow)
{
    struct asker *asker;

    learn("exact", "key", "value");
    now_ms += 300001;
    asker = ask("exact", "key");
    wait_for(asker);
    expect(asker, OUTCOME_OK, "value");
    database_says("changed"); /* the query went on */
    expect(ask("exact", "key"), OUTCOME_OK, "changed");
}
END_TEST

START_TEST(old_answer_at_once_when_no_host_is_up)
{
    learn("exact", "key", "value");
    now_ms += 300001;
    database_reachable = false;
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    expect_quiet_database();
    now_ms += 86400000;
    ask("exact", "key");
    database_fails(OUTCOME_TEMP);
    expect(&askers[0], OUTCOME_TEMP, NULL); /* past stale_ttl */
}
END_TEST

START_TEST(not_found_removes_the_old_answer)
{
    struct asker *asker;

    learn("exact", "key", "value");
    now_ms += 300001;
    asker = ask("exact", "key");
    database_has_none();
    expect(asker, OUTCOME_NOTFOUND, "");
    now_ms += 30001;
    database_reachable = false;
    asker = ask("exact", "key");
    database_fails(OUTCOME_TEMP);
    expect(asker, OUTCOME_TEMP, "gone fishing");
}
END_TEST

START_TEST(refreshes_ahead_of_time)
{
    learn("exact", "key", "value");
    now_ms += 299000;
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    expect_sql("E 'key'");
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    ck_assert_uint_eq(asked_count, 1);
    ck_assert_uint_eq(stats.cache.prefetches, 1);
    database_says("value2");
    now_ms += 200000;
    expect(ask("exact", "key"), OUTCOME_OK, "value2");
}
END_TEST

START_TEST(failed_refresh_does_not_hammer)
{
    learn("exact", "key", "value");
    now_ms += 299000;
    ask("exact", "key");
    database_fails(OUTCOME_TEMP);
    for (int i = 0; i < 10; i++)
        expect(ask("exact", "key"), OUTCOME_OK, "value");
    expect_quiet_database();
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
    tcase_add_test(t, old_answer_when_the_database_fails);
    tcase_add_test(t, old_answer_when_the_database_is_slow);
    tcase_add_test(t, old_answer_at_once_when_no_host_is_up);
    tcase_add_test(t, not_found_removes_the_old_answer);
    tcase_add_test(t, refreshes_ahead_of_time);
    tcase_add_test(t, failed_refresh_does_not_hammer);
    tcase_add_test(t, reload_keeps_what_did_not_change);
    tcase_add_test(t, reload_lets_lookups_finish);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
