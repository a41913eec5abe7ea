/* What a lookup comes to when a mirror is told of changes at once: before one, during one, and after it. */
#include "mirror_case.h"

/* It is the table at this moment. */
static void tells(const char *table, enum mirror_said said, const char *value)
{
    says(table, said, value, 500);
    mirror_of(table)->says.is_told = true;
}

/* It was read so long ago, and has changed since; for so long an answer of the database counts. */
static void has_changed(const char *table, enum mirror_said said, const char *value,
                        uint64_t age_ms, uint64_t unchanged_ms)
{
    says(table, said, value, age_ms);
    mirror_of(table)->says.is_live = false;
    mirror_of(table)->says.has_changed = true;
    mirror_of(table)->says.unchanged_ms = unchanged_ms;
}

/* --- told --------------------------------------------------------------------------------------- */

START_TEST(not_found_is_told_without_a_query)
{
    tells("exact", MIRROR_NOT_FOUND, "");
    expect(ask("exact", "key"), OUTCOME_NOTFOUND, "");
    tells("mailboxes", MIRROR_NOT_FOUND, "");
    expect(ask("mailboxes", "joe+x@e.org"), OUTCOME_NOTFOUND, ""); /* three keys */
    expect_quiet_database();
    ck_assert_uint_eq(stats.cache.mirror_negative_hits, 4);
}
END_TEST

START_TEST(it_lets_a_catch_all_have_what_is_nobodys)
{
    tells("alias", MIRROR_NOT_FOUND, "");
    says("identity", MIRROR_NOT_FOUND, "", 500); /* this one is asked */
    ask("aliases", "joe@e.org");
    expect_sql("I 'joe@e.org'");
    database_has_none();
    expect_sql("I '@e.org'");
    database_says("all@e.org");
    expect(&askers[0], OUTCOME_OK, "all@e.org");
}
END_TEST

START_TEST(what_the_database_said_before_is_refuted)
{
    learn("exact", "key", "old");
    now_ms += 1000;
    tells("exact", MIRROR_NOT_FOUND, "");
    expect(ask("exact", "key"), OUTCOME_NOTFOUND, "");
    ask("exact", "other");
    tells("exact", MIRROR_FOUND, "new");
    expect(ask("exact", "key"), OUTCOME_OK, "new");
    expect_quiet_database();
}
END_TEST

START_TEST(what_is_not_certain_is_asked)
{
    tells("exact", MIRROR_ASK, "");
    ask("exact", "key");
    expect_sql("E 'key'");
    database_says("value");
    expect(&askers[0], OUTCOME_OK, "value");
}
END_TEST

/* --- during a change ---------------------------------------------------------------------------- */

START_TEST(nothing_known_is_told_while_a_change_may_be_unseen)
{
    learn("exact", "key", "old");
    for (int i = 0; i < 3; i++) {
        has_changed("exact", MIRROR_FOUND, "old", 100, 0);
        ask("exact", "key");
        expect_sql("E 'key'"); /* nor is the answer to the last question */
        database_has_none();
        expect(&askers[0], OUTCOME_NOTFOUND, "");
    }
}
END_TEST

START_TEST(an_answer_of_after_the_change_counts)
{
    has_changed("exact", MIRROR_FOUND, "old", 100, 50);
    ask("exact", "key");
    database_says("new");
    expect(&askers[0], OUTCOME_OK, "new");
    now_ms += 1000;
    has_changed("exact", MIRROR_FOUND, "old", 1100, 1050);
    expect(ask("exact", "key"), OUTCOME_OK, "new");
    expect_quiet_database();
    has_changed("exact", MIRROR_FOUND, "old", 1100, 900); /* and again */
    ask("exact", "key");
    expect_sql("E 'key'");
    database_has_none();
    expect(&askers[0], OUTCOME_NOTFOUND, "");
}
END_TEST

START_TEST(an_old_not_found_is_not_told)
{
    has_changed("exact", MIRROR_LAPSED, "", 100, 50);
    ask("exact", "key");
    database_has_none();
    expect(&askers[0], OUTCOME_NOTFOUND, "");
    now_ms += 100;
    mirror_of("exact")->says.unchanged_ms = 20;
    ask("exact", "key");
    expect_sql("E 'key'");
    database_says("new");
    expect(&askers[0], OUTCOME_OK, "new");
}
END_TEST

/* --- without a database -------------------------------------------------------------------------- */

START_TEST(without_a_database_the_old_value_is_better_than_none)
{
    database_reachable = false;
    has_changed("exact", MIRROR_FOUND, "old", 100, 0);
    expect(ask("exact", "key"), OUTCOME_OK, "old");
    ck_assert_uint_eq(stats.cache.stale_served, 1);
}
END_TEST

START_TEST(without_a_database_an_old_not_found_is_told_to_nobody)
{
    database_reachable = false;
    has_changed("exact", MIRROR_LAPSED, "", 100, 0);
    ask("exact", "key");
    database_fails(DB_HOST_FAILED);
    expect(&askers[0], OUTCOME_TEMP, NULL);
    has_changed("alias", MIRROR_LAPSED, "", 100, 0); /* but is in no recipient's way */
    says("identity", MIRROR_FOUND, "joe@e.org", 100);
    expect(ask("aliases", "joe@e.org"), OUTCOME_OK, "joe@e.org");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lookup_stream");
    TCase *tc = tcase_create("lookup_stream");

    tcase_add_checked_fixture(tc, start_mirrored, stop);
    tcase_add_test(tc, not_found_is_told_without_a_query);
    tcase_add_test(tc, it_lets_a_catch_all_have_what_is_nobodys);
    tcase_add_test(tc, what_the_database_said_before_is_refuted);
    tcase_add_test(tc, what_is_not_certain_is_asked);
    tcase_add_test(tc, nothing_known_is_told_while_a_change_may_be_unseen);
    tcase_add_test(tc, an_answer_of_after_the_change_counts);
    tcase_add_test(tc, an_old_not_found_is_not_told);
    tcase_add_test(tc, without_a_database_the_old_value_is_better_than_none);
    tcase_add_test(tc, without_a_database_an_old_not_found_is_told_to_nobody);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
