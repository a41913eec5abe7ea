/* What a lookup comes to by what the tables' mirrors say: live, behind, and without a database. */
#include "mirror_case.h"

/* --- live ------------------------------------------------------------------------------------- */

START_TEST(found_is_told_without_a_query_whatever_its_age)
{
    says("exact", MIRROR_FOUND, "value", 1000);
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    now_ms += 86400000;
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    expect_quiet_database();
    ck_assert_uint_eq(stats.cache.mirror_hits, 2);
    ck_assert_uint_eq(stats.cache.stale_served, 0);
}
END_TEST

START_TEST(not_found_is_asked_before_it_is_told)
{
    struct asker *asker;

    says("exact", MIRROR_NOT_FOUND, "", 1000);
    asker = ask("exact", "key");
    expect_sql("E 'key'");
    database_says("new");
    expect(asker, OUTCOME_OK, "new"); /* committed since the last look */
    expect(ask("exact", "key"), OUTCOME_OK, "new");
    expect_quiet_database();
}
END_TEST

START_TEST(not_found_on_the_way_to_a_value_is_passed_over)
{
    says("alias", MIRROR_NOT_FOUND, "", 1000);
    says("identity", MIRROR_FOUND, "joe@e.org", 1000);
    expect(ask("aliases", "joe@e.org"), OUTCOME_OK, "joe@e.org");
    expect_quiet_database();
    ck_assert_uint_eq(stats.cache.mirror_negative_hits, 1);
    ck_assert_uint_eq(stats.cache.stale_served, 0);
}
END_TEST

START_TEST(not_found_before_a_catch_all_is_asked)
{
    struct asker *asker;

    says("mailboxes", MIRROR_NOT_FOUND, "", 1000);
    asker = ask("mailboxes", "joe@e.org");
    expect_sql("M 'joe@e.org'");
    database_has_none();
    expect_sql("M '@e.org'");
    database_says("catch-all");
    expect(asker, OUTCOME_OK, "catch-all");
}
END_TEST

START_TEST(what_is_not_certain_is_asked)
{
    struct asker *asker;

    says("exact", MIRROR_ASK, "", 1000);
    asker = ask("exact", "key");
    expect_sql("E 'key'");
    database_says("value");
    expect(asker, OUTCOME_OK, "value");
    expect(ask("exact", "key"), OUTCOME_OK, "value"); /* as without a mirror */
    expect_quiet_database();
}
END_TEST

START_TEST(an_uncertain_answer_ends_with_the_next_change)
{
    struct asker *asker;

    says("exact", MIRROR_ASK, "", 1000);
    learn("exact", "key", "value");
    now_ms += 5000;
    mirror_of("exact")->says.unchanged_ms = 2000;
    asker = ask("exact", "key");
    expect_sql("E 'key'");
    database_says("changed");
    expect(asker, OUTCOME_OK, "changed");
}
END_TEST

/* --- the database's own answers ---------------------------------------------------------------- */

START_TEST(a_told_not_found_ends_when_the_mirror_shows_otherwise)
{
    says("exact", MIRROR_NOT_FOUND, "", 1000);
    ask("exact", "key");
    database_has_none();
    expect(&askers[0], OUTCOME_NOTFOUND, "");
    now_ms += 2000;
    expect(ask("exact", "key"), OUTCOME_NOTFOUND, ""); /* for negative_ttl, as without a mirror */
    expect_quiet_database();
    says("exact", MIRROR_FOUND, "value", 1000);
    expect(ask("exact", "key"), OUTCOME_OK, "value");
}
END_TEST

START_TEST(a_value_ends_when_the_mirror_shows_otherwise)
{
    struct asker *asker;

    learn("exact", "key", "value");
    now_ms += 2000;
    says("exact", MIRROR_NOT_FOUND, "", 1000); /* looked at since */
    asker = ask("exact", "key");
    expect_sql("E 'key'");
    database_has_none();
    expect(asker, OUTCOME_NOTFOUND, "");
}
END_TEST

START_TEST(a_value_that_the_mirror_has_not_seen_yet_stays)
{
    learn("exact", "key", "value");
    now_ms += 500;
    says("exact", MIRROR_NOT_FOUND, "", 1000);
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    expect_quiet_database();
}
END_TEST

/* --- not live ---------------------------------------------------------------------------------- */

START_TEST(behind_found_is_as_old_as_the_last_confirmation)
{
    struct asker *asker;

    says("exact", MIRROR_FOUND, "value", 10000);
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    expect_quiet_database();
    says("exact", MIRROR_FOUND, "value", 300001);
    asker = ask("exact", "key");
    expect_sql("E 'key'");
    database_says("changed");
    expect(asker, OUTCOME_OK, "changed");
}
END_TEST

START_TEST(behind_not_found_is_asked)
{
    struct asker *asker;

    says("alias", MIRROR_NOT_FOUND, "", 10000);
    says("identity", MIRROR_FOUND, "joe@e.org", 10000);
    asker = ask("aliases", "joe@e.org");
    expect_sql("A 'joe@e.org'");
    database_says("jim@e.org");
    expect(asker, OUTCOME_OK, "jim@e.org");
}
END_TEST

/* --- no database -------------------------------------------------------------------------------- */

START_TEST(without_a_database_found_is_told_for_stale_ttl)
{
    database_reachable = false;
    says("exact", MIRROR_FOUND, "value", 86400000);
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    expect_quiet_database();
    says("exact", MIRROR_FOUND, "value", 86400000 + 300001);
    ask("exact", "key");
    database_fails(DB_HOST_FAILED);
    expect(&askers[0], OUTCOME_TEMP, NULL);
}
END_TEST

START_TEST(without_a_database_not_found_is_told_for_negative_ttl)
{
    database_reachable = false;
    says("exact", MIRROR_NOT_FOUND, "", 1000);
    expect(ask("exact", "key"), OUTCOME_NOTFOUND, "");
    says("exact", MIRROR_NOT_FOUND, "", 29999);
    expect(ask("exact", "key"), OUTCOME_NOTFOUND, "");
    expect_quiet_database();
    says("exact", MIRROR_NOT_FOUND, "", 30001);
    ask("exact", "key");
    database_fails(DB_HOST_FAILED);
    expect(&askers[0], OUTCOME_TEMP, NULL);
}
END_TEST

START_TEST(without_a_database_not_found_is_told_for_mirror_expire)
{
    database_reachable = false;
    says("long", MIRROR_NOT_FOUND, "", 3599999);
    expect(ask("long", "key"), OUTCOME_NOTFOUND, "");
    expect_quiet_database();
    says("long", MIRROR_NOT_FOUND, "", 3600001);
    ask("long", "key");
    database_fails(DB_HOST_FAILED);
    expect(&askers[0], OUTCOME_TEMP, NULL);
}
END_TEST

START_TEST(without_a_database_not_found_past_its_time_is_passed_over)
{
    database_reachable = false;
    says("alias", MIRROR_NOT_FOUND, "", 86400000);
    says("identity", MIRROR_FOUND, "joe@e.org", 86400000);
    expect(ask("aliases", "joe@e.org"), OUTCOME_OK, "joe@e.org");
    expect_quiet_database();
}
END_TEST

START_TEST(without_a_database_it_leads_to_no_catch_all_past_its_time)
{
    database_reachable = false;
    says("mailboxes", MIRROR_NOT_FOUND, "", 30001);
    ask("mailboxes", "joe@e.org");
    database_fails(DB_HOST_FAILED);
    expect(&askers[0], OUTCOME_TEMP, NULL);
}
END_TEST

START_TEST(a_database_that_fails_leaves_the_word_to_the_mirror)
{
    struct asker *asker;

    says("exact", MIRROR_NOT_FOUND, "", 1000);
    asker = ask("exact", "key");
    expect_sql("E 'key'");
    database_fails(DB_HOST_FAILED);
    expect(asker, OUTCOME_NOTFOUND, "");
}
END_TEST

START_TEST(what_a_mirror_told_is_not_told_for_longer_meanwhile)
{
    struct asker *asker;

    says("exact", MIRROR_NOT_FOUND, "", 29000);
    asker = ask("exact", "key");
    now_ms += 1500;
    says("exact", MIRROR_NOT_FOUND, "", 30500);
    database_fails(DB_HOST_FAILED);
    ck_assert_uint_eq(asker->answers, 0); /* asked once more, as nothing else is left */
    database_fails(DB_HOST_FAILED);
    expect(asker, OUTCOME_TEMP, NULL);
}
END_TEST

START_TEST(without_a_database_several_rows_are_better_than_none)
{
    database_reachable = false;
    says("exact", MIRROR_ASK, "", 1000);
    mirror_of("exact")->says.has_several = true;
    mirror_of("exact")->several = "a,b";
    expect(ask("exact", "key"), OUTCOME_OK, "a,b");
    mirror_of("exact")->several = NULL;
    ask("exact", "key");
    database_fails(DB_HOST_FAILED);
    expect(&askers[0], OUTCOME_TEMP, NULL);
}
END_TEST

START_TEST(without_a_database_what_is_not_certain_is_no_answer)
{
    database_reachable = false;
    says("exact", MIRROR_ASK, "", 1000);
    ask("exact", "key");
    database_fails(DB_HOST_FAILED);
    expect(&askers[0], OUTCOME_TEMP, NULL);
}
END_TEST

START_TEST(a_mirror_knows_what_is_local)
{
    struct asker *asker;

    says("local", MIRROR_NOT_FOUND, "", 100);
    says("dest", MIRROR_FOUND, "1", 100);
    asker = ask("local", "user@my.test");
    /* Nothing is there: the database has to say so, and by now it says something else. */
    expect_sql("B 'user@my.test'");
    database_has_none();
    expect_sql("B 'user'");
    database_says("box");
    expect(asker, OUTCOME_OK, "box");
    expect_quiet_database();
}
END_TEST

START_TEST(not_local_is_asked_before_a_catch_all)
{
    struct asker *asker;

    says("dest", MIRROR_NOT_FOUND, "", 100);
    learn("local", "@my.test", "all");
    asker = ask("local", "user@my.test");
    expect_sql("B 'user@my.test'");
    database_has_none();
    expect_sql("D 'my.test'");
    database_has_none();
    expect(asker, OUTCOME_OK, "all");
    expect_quiet_database();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lookup_mirror");
    TCase *tc = tcase_create("lookup_mirror");

    tcase_add_checked_fixture(tc, start_mirrored, stop);
    tcase_add_test(tc, found_is_told_without_a_query_whatever_its_age);
    tcase_add_test(tc, not_found_is_asked_before_it_is_told);
    tcase_add_test(tc, not_found_on_the_way_to_a_value_is_passed_over);
    tcase_add_test(tc, not_found_before_a_catch_all_is_asked);
    tcase_add_test(tc, what_is_not_certain_is_asked);
    tcase_add_test(tc, an_uncertain_answer_ends_with_the_next_change);
    tcase_add_test(tc, a_told_not_found_ends_when_the_mirror_shows_otherwise);
    tcase_add_test(tc, a_value_ends_when_the_mirror_shows_otherwise);
    tcase_add_test(tc, a_value_that_the_mirror_has_not_seen_yet_stays);
    tcase_add_test(tc, behind_found_is_as_old_as_the_last_confirmation);
    tcase_add_test(tc, behind_not_found_is_asked);
    tcase_add_test(tc, without_a_database_found_is_told_for_stale_ttl);
    tcase_add_test(tc, without_a_database_not_found_is_told_for_negative_ttl);
    tcase_add_test(tc, without_a_database_not_found_is_told_for_mirror_expire);
    tcase_add_test(tc, without_a_database_not_found_past_its_time_is_passed_over);
    tcase_add_test(tc, without_a_database_it_leads_to_no_catch_all_past_its_time);
    tcase_add_test(tc, a_database_that_fails_leaves_the_word_to_the_mirror);
    tcase_add_test(tc, what_a_mirror_told_is_not_told_for_longer_meanwhile);
    tcase_add_test(tc, without_a_database_several_rows_are_better_than_none);
    tcase_add_test(tc, without_a_database_what_is_not_certain_is_no_answer);
    tcase_add_test(tc, a_mirror_knows_what_is_local);
    tcase_add_test(tc, not_local_is_asked_before_a_catch_all);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
