/* How old an answer may be: "not found" is told for negative_ttl after the database was asked, whatever
 * took its time since then. */
#include "lookup_case.h"

#include <sys/time.h>

#include "walk.h"

#define TTL_MS 3000

static const char two[] = "[server]\n"
                          "listen = unix:/tmp/unused\n"
                          "lookup_timeout = 10s\n"
                          "[database]\n"
                          "dbname = mail\n"
                          "[cache]\n"
                          "negative_ttl = 3s\n"
                          "[map two]\n"
                          "tables = first second\n"
                          "[table first]\n"
                          "query = 1 '%s'\n"
                          "[table second]\n"
                          "query = 2 '%s'\n"
                          "[map short]\n"
                          "negative_ttl = 0\n"
                          "query = S '%s'\n"
                          "[map fresh]\n"
                          "cache = no\n"
                          "query = F '%s'\n";

static void start_two(void)
{
    start();
    configure(two);
}

/* There is nothing; it was asked so long ago. */
static void database_had_none(uint64_t age_ms)
{
    database_ends((struct db_result){.has_rows_set = true, .sent_ms = now_ms - age_ms});
}

START_TEST(a_slow_second_table_makes_the_first_be_asked_again)
{
    struct asker *asker = ask("two", "k");

    database_has_none();
    now_ms += TTL_MS + 1;
    expect_sql("2 'k'");
    database_has_none();
    expect_sql("1 'k'");
    database_says("new");
    expect(asker, OUTCOME_OK, "new");
}
END_TEST

static void forget(const char *table, const char *key)
{
    size_t i = 0;

    while (strcmp(lookup_table_def(service, i)->name, table) != 0)
        i++;
    cache_flush_key(cache, lookup_table_cache(service, i), slice_of(key));
}

START_TEST(what_is_known_for_long_is_asked_again)
{
    struct asker *asker;

    ask("two", "k");
    database_has_none();
    database_says("value");
    forget("second", "k");
    now_ms += TTL_MS - 100;
    asker = ask("two", "k");
    expect_sql("2 'k'");
    now_ms += 100;
    database_has_none();
    expect(asker, OUTCOME_NOTFOUND, ""); /* just in time */
    forget("second", "k");
    asker = ask("two", "k");
    expect_sql("1 'k'");
    database_has_none();
    expect_sql("2 'k'");
    now_ms += TTL_MS + 1;
    database_has_none();
    expect_sql("1 'k'");
    database_has_none();
    expect(asker, OUTCOME_NOTFOUND, "");
}
END_TEST

START_TEST(what_is_nearly_over_is_not_told_later)
{
    struct asker *asker;

    ask("two", "k");
    database_has_none();
    database_says("value");
    forget("second", "k");
    now_ms += TTL_MS - 100;
    asker = ask("two", "k");
    expect_sql("2 'k'"); /* the first is known still */
    now_ms += 101;
    database_has_none();
    expect_sql("1 'k'");
    database_says("new");
    expect(asker, OUTCOME_OK, "new");
}
END_TEST

/* A table that takes longer than that can't say it in time. */
START_TEST(an_answer_that_is_too_old_when_it_comes)
{
    struct asker *asker = ask("two", "k");

    database_has_none();
    now_ms += TTL_MS + 1;
    database_had_none(TTL_MS + 1);
    expect_sql("1 'k'");
    database_has_none();
    expect_sql("2 'k'");
    now_ms += TTL_MS + 1;
    database_had_none(TTL_MS + 1);
    expect(asker, OUTCOME_TIMEOUT, "the database took longer than negative_ttl for \"not found\"");
    expect_quiet_database();
}
END_TEST

START_TEST(who_joins_late_gets_no_older_answer)
{
    struct asker *first = ask_with(0, "two", "k"), *second;

    now_ms += TTL_MS;
    second = ask_with(1, "two", "k");
    ck_assert_uint_eq(asked_count, 1);
    now_ms += 1;
    database_had_none(TTL_MS + 1);
    expect_sql("2 'k'");
    database_has_none();
    expect_sql("1 'k'");
    database_has_none();
    expect(first, OUTCOME_NOTFOUND, "");
    expect(second, OUTCOME_NOTFOUND, "");
}
END_TEST

/* Without a time to live, what the database has just said is told all the same. */
START_TEST(a_short_life_is_long_enough_to_tell)
{
    struct asker *asker = ask("short", "k");

    now_ms += 900;
    database_had_none(900);
    expect(asker, OUTCOME_NOTFOUND, "");
    asker = ask("short", "k");
    database_had_none(1001);
    database_had_none(1001);
    expect(asker, OUTCOME_TIMEOUT, NULL);
    asker = ask("fresh", "k");
    database_had_none(TTL_MS + 1);
    expect_sql("F 'k'");
    database_has_none();
    expect(asker, OUTCOME_NOTFOUND, "");
}
END_TEST

START_TEST(a_value_may_take_longer)
{
    struct asker *asker = ask("two", "k");

    database_has_none();
    now_ms += TTL_MS + 1;
    database_says("value");
    expect(asker, OUTCOME_OK, "value");
}
END_TEST

/* When the wait of the lookup ends, in ms from now on. */
static long waits_ms(const struct asker *asker)
{
    struct timeval at, now, left;

    ck_assert(evtimer_pending(asker->lookup->timer, &at));
    gettimeofday(&now, NULL);
    timersub(&at, &now, &left);
    return left.tv_sec * 1000 + left.tv_usec / 1000;
}

START_TEST(waits_as_long_as_it_may)
{
    struct asker *asker = ask("two", "k");
    long ms = waits_ms(asker);

    ck_assert_msg(ms > 500 && ms < 10200, "%ld", ms);
    database_says("value");
    now_ms += 300001; /* past its ttl */
    asker = ask("two", "k");
    ms = waits_ms(asker);
    ck_assert_msg(ms < 700, "%ld", ms); /* stale_answer_timeout */
}
END_TEST

/* Who joins has the whole of lookup_timeout. */
START_TEST(who_joins_has_a_deadline_of_his_own)
{
    uint64_t deadline_ms = now_ms + 10000;

    ask_with(0, "two", "k");
    ck_assert_uint_eq(asked[0]->deadline_ms, deadline_ms);
    now_ms += 9000;
    ask_with(1, "two", "k");
    ck_assert_uint_eq(asked_count, 1);
    ck_assert_uint_eq(asked[0]->deadline_ms, deadline_ms + 9000);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lookup_age");
    TCase *t = tcase_create("lookup_age");

    tcase_add_checked_fixture(t, start_two, stop);
    tcase_add_test(t, a_slow_second_table_makes_the_first_be_asked_again);
    tcase_add_test(t, what_is_known_for_long_is_asked_again);
    tcase_add_test(t, what_is_nearly_over_is_not_told_later);
    tcase_add_test(t, an_answer_that_is_too_old_when_it_comes);
    tcase_add_test(t, who_joins_late_gets_no_older_answer);
    tcase_add_test(t, a_short_life_is_long_enough_to_tell);
    tcase_add_test(t, a_value_may_take_longer);
    tcase_add_test(t, waits_as_long_as_it_may);
    tcase_add_test(t, who_joins_has_a_deadline_of_his_own);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
