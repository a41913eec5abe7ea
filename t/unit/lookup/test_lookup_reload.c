/* What a reload leaves of what is known. */
#include "lookup_case.h"

/* The same with another host beside. */
static struct lookup_carried add_host(void)
{
    const char *rest = strstr(standard, "dbname");
    struct buffer text = BUFFER_EMPTY;
    struct lookup_carried carried;

    buffer_add(&text, standard, (size_t)(rest - standard));
    buffer_printf(&text, "hosts = localhost other.example\n%s", rest);
    carried = configure(buffer_text(&text));
    buffer_free(&text);
    return carried;
}

START_TEST(other_hosts_have_the_word_but_old_answers_go_on)
{
    struct lookup_carried carried;
    struct asker *asker;

    learn("exact", "key", "value");
    learn("exact", "gone", "value");
    ask("exact", "nobody");
    database_has_none();
    carried = add_host();
    ck_assert_uint_eq(carried.kept, 3);
    ck_assert_uint_eq(carried.old, 3);
    ck_assert_uint_eq(carried.forgotten, 0);
    asker = ask("exact", "gone");
    expect_sql("E 'gone'");
    database_has_none();
    expect(asker, OUTCOME_NOTFOUND, "");
    database_reachable = false;
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    configure(standard); /* and back again */
    expect(ask("exact", "key"), OUTCOME_OK, "value");
    asker = ask("exact", "nobody");
    database_fails(DB_NOT_ASKED);
    expect(asker, OUTCOME_TEMP, "gone fishing");
}
END_TEST

START_TEST(old_not_founds_of_other_hosts_lead_on)
{
    ask("aliases", "user@example.com");
    database_has_none();
    database_says("box");
    add_host();
    database_reachable = false;
    expect(ask("aliases", "user@example.com"), OUTCOME_OK, "box");
    expect_quiet_database();
}
END_TEST

/* What an old host says after the reload is for those who asked it, and for nobody else. */
START_TEST(an_old_host_that_answers_late_is_not_believed)
{
    struct asker *before = ask_with(0, "exact", "key"), *after;

    add_host();
    after = ask_with(1, "exact", "key");
    ck_assert_uint_eq(asked_count, 2);
    database_says("old");
    expect(before, OUTCOME_OK, "old");
    ck_assert_uint_eq(after->answers, 0);
    database_says("new");
    expect(after, OUTCOME_OK, "new");
    expect(ask("exact", "key"), OUTCOME_OK, "new");
}
END_TEST

START_TEST(another_query_forgets)
{
    struct lookup_carried carried;

    learn("exact", "key", "value");
    learn("mailboxes", "key", "value");
    carried = configure("[server]\n"
                        "listen = unix:/tmp/unused\n"
                        "[database]\n"
                        "dbname = mail\n"
                        "[map exact]\n"
                        "query = E2 '%s'\n"
                        "[map mailboxes]\n"
                        "search = address\n"
                        "query = M '%s'\n");
    ck_assert_uint_eq(carried.kept, 1);
    ck_assert_uint_eq(carried.old, 0);
    ck_assert_uint_eq(carried.forgotten, 1);
    expect(ask("mailboxes", "key"), OUTCOME_OK, "value");
    ask("exact", "key");
    expect_sql("E2 'key'");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("lookup_reload");
    TCase *t = tcase_create("lookup_reload");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, other_hosts_have_the_word_but_old_answers_go_on);
    tcase_add_test(t, old_not_founds_of_other_hosts_lead_on);
    tcase_add_test(t, an_old_host_that_answers_late_is_not_believed);
    tcase_add_test(t, another_query_forgets);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
