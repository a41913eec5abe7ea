/* An explanation tells what the cache has of a key beside what the database says now. */
#include "explain_case.h"

START_TEST(tells_what_the_cache_has)
{
    remember("exact", "k", "value");
    now_ms += 10000;
    begin("exact", "K");
    database_says("value");
    expect_part("     cache: \"value\", 10s old, good for 4m 50s\n");
    expect_part("     found: value\n\nPostfix gets: OK value\n");
    ck_assert_ptr_null(strstr(explained.text, "differ"));
    ck_assert_uint_eq(asked_count, 0);
}
END_TEST

START_TEST(tells_when_cache_and_database_differ)
{
    remember("exact", "k", "old");
    now_ms += 10000;
    begin("exact", "k");
    database_says("new");
    expect_part("     found: new\n"
                "     The cache and the database differ. For 4m 50s more, lookups get what the "
                "cache has, unless it is flushed\n"
                "     (vmapctl flush MAP KEY).\n");
    expect_part("Postfix gets: OK old\n");
    begin("exact", "k");
    database_has_none();
    expect_part("     not found\n     The cache and the database differ.");
    remember("exact", "n", NULL);
    begin("exact", "n");
    database_says("new");
    expect_part("     cache: not found, 0s old, good for 30s\n");
    expect_part("differ. For 30s more");
    expect_part("Postfix gets: NOTFOUND \n");
    ck_assert_int_eq(explained.outcome, OUTCOME_NOTFOUND);
}
END_TEST

START_TEST(tells_of_stale_answers)
{
    remember("exact", "k", "old");
    now_ms += 301000;
    database_reachable = false;
    begin("exact", "k");
    database_fails(DB_TABLE_FAILED);
    expect_part("     cache: \"old\", 5m 1s old, stale: for 23h 59m more, if the database cannot "
                "answer\n");
    expect_part("     The cache has an answer though the database gives none.\n"
                "\nPostfix gets: OK old\n");
    ck_assert_int_eq(explained.outcome, OUTCOME_OK);
    database_reachable = true;
}
END_TEST

START_TEST(tells_of_old_not_founds)
{
    remember("exact", "k", NULL);
    now_ms += 30000;
    database_reachable = false;
    begin("exact", "k");
    database_fails(DB_TABLE_FAILED);
    ck_assert_uint_eq(asked_count, 1); /* the lookup's own */
    database_fails(DB_TABLE_FAILED);
    expect_part("     cache: not found, but past its time\n");
    expect_part("     A lookup looks for an old value under the next keys and tables.\n"
                "\nPostfix gets: TEMP gone fishing\n");
    database_reachable = true;
}
END_TEST

START_TEST(leaves_no_trace_in_the_cache_by_itself)
{
    struct cache_counts counts;

    begin("exact", "k");
    database_fails(DB_TABLE_FAILED);
    database_fails(DB_TABLE_FAILED);
    counts = cache_counts(cache);
    ck_assert_uint_eq(counts.entries, 0);
}
END_TEST
/* What ends with the answer that the explanation itself gets. */
START_TEST(tells_of_a_table_in_trouble)
{
    struct lookup_reply reply;

    begin("exact", "k");
    database_says("value");
    database_says("value");
    ck_assert_ptr_null(strstr(explained.text, "trouble"));
    ck_assert_ptr_null(strstr(explained.text, "slow"));
    lookup_start(service, slice_of("exact"), slice_of("x"), ignore_reply, NULL, &reply);
    database_fails(DB_TOO_LATE);
    now_ms += 7000;
    begin("exact", "k1");
    database_fails(DB_TIMED_OUT);
    database_fails(DB_NOT_ASKED); /* the reply's own question */
    expect_part("     slow for 7s, old answers are told at once: gone fishing\n");
    now_ms += 65000;
    begin("exact", "k1");
    database_fails(DB_NOT_ASKED);
    database_fails(DB_NOT_ASKED);
    expect_part("     in trouble for 1m 5s, lookups ask it once a second: gone fishing\n");
    now_ms += 1000;
    begin("exact", "k1");
    database_says("value");
    database_says("value");
    expect_part("     in trouble for 1m 6s");
    begin("exact", "k1");
    database_says("value");
    ck_assert_ptr_null(strstr(explained.text, "trouble"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("explain_cache");
    TCase *t = tcase_create("explain_cache");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, tells_what_the_cache_has);
    tcase_add_test(t, tells_when_cache_and_database_differ);
    tcase_add_test(t, tells_of_stale_answers);
    tcase_add_test(t, tells_of_old_not_founds);
    tcase_add_test(t, tells_of_a_table_in_trouble);
    tcase_add_test(t, leaves_no_trace_in_the_cache_by_itself);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
