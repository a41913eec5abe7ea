/* What a lookup comes to while the database is down, slow or failing, and how little it is asked then. */
#include "lookup_case.h"

#include "log.h"

START_TEST(old_answer_when_the_database_fails)
{
    struct asker *asker;

    learn("exact", "key", "value");
    now_ms += 300001;
    asker = ask("exact", "key");
    ck_assert_uint_eq(asker->answers, 0);
    database_fails(DB_TABLE_FAILED);
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
    database_fails(DB_TABLE_FAILED);
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
    database_fails(DB_TABLE_FAILED);
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
    database_fails(DB_TABLE_FAILED);
    for (int i = 0; i < 10; i++)
        expect(ask("exact", "key"), OUTCOME_OK, "value");
    expect_quiet_database();
}
END_TEST

/* So many rows of 1000 bytes. */
static void database_says_much(unsigned rows)
{
    char text[1000];

    database_says_rows(memset(text, 'x', sizeof(text)), sizeof(text), rows);
}

/* What is wrong with one key says nothing about the others: for them the database has the word. */
START_TEST(the_fault_of_one_key_is_no_trouble)
{
    struct asker *asker;

    learn("exact", "key", "value");
    now_ms += 300001;
    ask("exact", "list");
    database_says_much(101);
    expect(&askers[0], OUTCOME_TEMP, NULL);
    ask("exact", "unlike");
    database_fails(DB_KEY_FAILED);
    expect(&askers[0], OUTCOME_TEMP, "gone fishing");
    asker = ask("exact", "key");
    ck_assert_uint_eq(asker->answers, 0);
    expect_sql("E 'key'");
    database_has_none();
    expect(asker, OUTCOME_NOTFOUND, "");
}
END_TEST

/* The database has spoken: what it said before is not true any more, and is told no longer. */
START_TEST(a_value_that_became_unusable_is_a_failure)
{
    learn("exact", "list", "value");
    now_ms += 300001;
    ask("exact", "list");
    database_says_much(101);
    expect(&askers[0], OUTCOME_TEMP, "the value is too long for a reply");
    database_reachable = false;
    ask("exact", "list");
    database_fails(DB_TABLE_FAILED);
    expect(&askers[0], OUTCOME_TEMP, "gone fishing");
    ck_assert_uint_eq(stats.cache.stale_served, 0);
}
END_TEST

START_TEST(a_refresh_that_fails_so_ends_the_value)
{
    learn("exact", "list", "value");
    now_ms += 299999;
    expect(ask("exact", "list"), OUTCOME_OK, "value");
    database_says_much(101);
    ask("exact", "list");
    database_says_much(101);
    expect(&askers[0], OUTCOME_TEMP, "the value is too long for a reply");
}
END_TEST

/* In the first table there is nothing, in the second a value; then both answers grow old. */
static void learn_in_second_table(void)
{
    ask("aliases", "user@example.com");
    database_has_none();
    database_says("box");
    now_ms += 300001;
}

START_TEST(old_not_found_leads_to_an_old_value)
{
    learn_in_second_table();
    database_reachable = false;
    expect(ask("aliases", "user@example.com"), OUTCOME_OK, "box");
    expect_quiet_database();
    ck_assert_uint_eq(stats.cache.stale_served, 1);
    ck_assert_uint_eq(stats_map("aliases")->stale_served, 1);
}
END_TEST

START_TEST(old_not_found_leads_on_when_queries_fail)
{
    struct asker *asker;

    learn_in_second_table();
    asker = ask("aliases", "user@example.com");
    expect_sql("A 'user@example.com'");
    database_fails(DB_TABLE_FAILED);
    expect_sql("I 'user@example.com'"); /* another table: it may be well */
    database_says("new");
    expect(asker, OUTCOME_OK, "new");
}
END_TEST

START_TEST(old_not_found_leads_on_when_the_database_is_slow)
{
    struct asker *asker;

    learn_in_second_table();
    asker = ask("aliases", "user@example.com");
    wait_for(asker);
    expect(asker, OUTCOME_OK, "box");
    /* The queries went on, and what they bring counts. */
    database_says("alias");
    expect(ask("aliases", "user@example.com"), OUTCOME_OK, "alias");
}
END_TEST

START_TEST(old_not_found_leads_on_to_the_key_without_extension)
{
    ask("aliases", "user+ext@example.com");
    database_has_none();
    database_has_none();
    database_has_none();
    database_says("box@example.com");
    now_ms += 300001;
    database_reachable = false;
    expect(ask("aliases", "user+ext@example.com"), OUTCOME_OK, "box+ext@example.com");
    expect_quiet_database();
}
END_TEST

/* The address may exist by now: its mail must not go to whoever has the rest of the domain. */
START_TEST(old_not_found_never_leads_to_the_catch_all)
{
    struct asker *asker = ask("aliases", "user@example.com");

    database_has_none();
    database_has_none();
    database_says("@elsewhere"); /* of the first table: the catch-all */
    expect(asker, OUTCOME_OK, "@elsewhere");
    now_ms += 31000; /* the catch-all is good still */
    database_reachable = false;
    asker = ask("aliases", "user@example.com");
    expect_sql("A 'user@example.com'");
    database_fails(DB_TABLE_FAILED);
    expect(asker, OUTCOME_TEMP, "gone fishing");
    expect_quiet_database();
    database_reachable = true;
    asker = ask("aliases", "user@example.com");
    database_says("new@example.com");
    expect(asker, OUTCOME_OK, "new@example.com");
}
END_TEST

static void learn_nothing(void)
{
    ask("aliases", "nobody@example.com");
    for (int i = 0; i < 4; i++)
        database_has_none();
    expect(&askers[0], OUTCOME_NOTFOUND, "");
    now_ms += 30000;
}

START_TEST(old_not_founds_alone_are_no_answer)
{
    struct asker *asker;

    learn_nothing();
    asker = ask("aliases", "nobody@example.com");
    database_fails(DB_TABLE_FAILED);
    database_fails(DB_TABLE_FAILED);
    expect_quiet_database(); /* each table has failed once, that is enough */
    expect(asker, OUTCOME_TEMP, "gone fishing");
    database_reachable = false;
    asker = ask("aliases", "nobody@example.com");
    expect_sql("A 'nobody@example.com'");
    database_fails(DB_TIMED_OUT);
    expect(asker, OUTCOME_TIMEOUT, "gone fishing");
    ck_assert_uint_eq(stats.cache.stale_served, 0);
}
END_TEST

/* Impatience is for those who have an old value: others get what the database says in time. */
START_TEST(old_not_founds_wait_for_the_database)
{
    struct asker *asker;

    learn_nothing();
    asker = ask("aliases", "nobody@example.com");
    event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_eq(asker->answers, 0);
    ck_assert_uint_eq(asked_count, 1);
    for (int i = 0; i < 4; i++)
        database_has_none();
    expect(asker, OUTCOME_NOTFOUND, "");
    expect_quiet_database();
}
END_TEST

START_TEST(old_not_founds_end_in_a_deadline)
{
    struct asker *asker;

    learn_nothing();
    asker = ask("aliases", "nobody@example.com");
    wait_for(asker);
    expect(asker, OUTCOME_TIMEOUT, NULL);
}
END_TEST

START_TEST(the_oldest_not_found_leads_nowhere)
{
    struct asker *asker;

    learn_in_second_table();
    now_ms += 86400000 - 300001 + 30000;
    database_reachable = false;
    asker = ask("aliases", "user@example.com");
    expect_sql("A 'user@example.com'");
    database_fails(DB_TABLE_FAILED);
    expect(asker, OUTCOME_TEMP, "gone fishing");
}
END_TEST

static char logged[2000];

static void on_line(void *arg, enum log_level level, const char *text)
{
    size_t len = strlen(logged);

    (void)arg;
    (void)level;
    snprintf(logged + len, sizeof(logged) - len, "%s\n", text);
}

/* That one table fails without end does not hide that another one does. */
START_TEST(each_table_has_its_line)
{
    log_divert(on_line, NULL);
    for (unsigned i = 0; i < 5; i++) {
        ask("fresh", "k");
        database_fails(DB_TABLE_FAILED);
    }
    ask("exact", "other");
    database_fails(DB_TABLE_FAILED);
    log_divert(NULL, NULL);
    ck_assert_str_eq(logged, "table fresh: lookup of \"k\" failed: gone fishing\n"
                             "table exact: lookup of \"other\" failed: gone fishing\n");
}
END_TEST

/* Each of those who wait has a copy of the old value; together they have a few MB, the others wait without. */
START_TEST(old_values_do_not_take_all_memory)
{
    static struct asker many[200];
    static char value[90001];
    struct lookup_reply reply;
    unsigned told = 0;

    memset(value, 'v', sizeof(value) - 1);
    learn("exact", "key", value);
    now_ms += 301000;
    for (size_t i = 0; i < 200; i++) {
        many[i] = (struct asker){.lookup = NULL};
        many[i].lookup =
            lookup_start(service, slice_of("exact"), slice_of("key"), on_reply, &many[i], &reply);
        ck_assert_ptr_nonnull(many[i].lookup);
        ck_assert_uint_lt(lookup_memory(many[i].lookup), 200000);
    }
    for (size_t i = 0; i < 200; i++) {
        wait_for(&many[i]);
        ck_assert(many[i].outcome == OUTCOME_OK || many[i].outcome == OUTCOME_TIMEOUT);
        told += many[i].outcome == OUTCOME_OK;
    }
    ck_assert_uint_ge(told, 50);
    ck_assert_uint_lt(told, 100);
    database_says(value);
    now_ms += 301000; /* whoever comes later has one again */
    ask("exact", "key");
    wait_for(&askers[0]);
    expect(&askers[0], OUTCOME_OK, NULL);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lookup_trouble");
    TCase *t = tcase_create("lookup_trouble");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, old_answer_when_the_database_fails);
    tcase_add_test(t, old_answer_when_the_database_is_slow);
    tcase_add_test(t, old_answer_at_once_when_no_host_is_up);
    tcase_add_test(t, not_found_removes_the_old_answer);
    tcase_add_test(t, refreshes_ahead_of_time);
    tcase_add_test(t, failed_refresh_does_not_hammer);
    tcase_add_test(t, the_fault_of_one_key_is_no_trouble);
    tcase_add_test(t, a_value_that_became_unusable_is_a_failure);
    tcase_add_test(t, a_refresh_that_fails_so_ends_the_value);
    tcase_add_test(t, old_not_found_leads_to_an_old_value);
    tcase_add_test(t, old_not_found_leads_on_when_queries_fail);
    tcase_add_test(t, old_not_found_leads_on_when_the_database_is_slow);
    tcase_add_test(t, old_not_found_leads_on_to_the_key_without_extension);
    tcase_add_test(t, old_not_found_never_leads_to_the_catch_all);
    tcase_add_test(t, old_not_founds_alone_are_no_answer);
    tcase_add_test(t, old_not_founds_wait_for_the_database);
    tcase_add_test(t, old_not_founds_end_in_a_deadline);
    tcase_add_test(t, the_oldest_not_found_leads_nowhere);
    tcase_add_test(t, old_values_do_not_take_all_memory);
    tcase_add_test(t, each_table_has_its_line);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
