/* Queries under way: each key has its own, and what is older than a flush is kept by nobody. */
#include "lookup_case.h"

#define MANY 2000

static struct asker many[MANY];

static struct asker *ask_for(size_t i, const char *map, const char *key)
{
    struct asker *asker = &many[i];
    struct lookup_reply reply;

    *asker = (struct asker){.lookup = NULL};
    asker->lookup = lookup_start(service, slice_of(map), slice_of(key), on_reply, asker, &reply);
    if (asker->lookup == NULL)
        take_reply(asker, &reply);
    return asker;
}

static void forget_many(void)
{
    for (size_t i = 0; i < MANY; i++)
        if (many[i].lookup != NULL)
            lookup_cancel(many[i].lookup);
    memset(many, 0, sizeof(many));
    stop();
}

/* The buckets of the index are fewer. */
START_TEST(each_of_many_gets_its_own_answer)
{
    char key[40];

    for (unsigned i = 0; i < MANY; i++) {
        snprintf(key, sizeof(key), "key%u", i);
        ask_for(i, "exact", key);
    }
    ck_assert_uint_eq(asked_count, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        struct slice of = asked[0]->statement.key;

        snprintf(key, sizeof(key), "%.*s", (int)of.len, of.data);
        database_says(key);
    }
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(key, sizeof(key), "key%u", i);
        expect(&many[i], OUTCOME_OK, key);
    }
}
END_TEST

START_TEST(the_same_key_of_two_tables_is_two_questions)
{
    struct asker *first = ask_for(0, "exact", "k"), *second = ask_for(1, "mailboxes", "k");

    ck_assert_uint_eq(asked_count, 2);
    database_says("first");
    database_says("second");
    expect(first, OUTCOME_OK, "first");
    expect(second, OUTCOME_OK, "second");
}
END_TEST

/* Who waits gets it; who comes after the flush asks anew, and that is what is kept. */
static void flushed_under_way(const char *map, const char *key)
{
    const struct slice map_slice = slice_of(map != NULL ? map : "");
    const struct slice key_slice = slice_of(key != NULL ? key : "");
    struct asker *before = ask_for(0, "exact", "k"), *after;
    size_t entries;

    ck_assert(lookup_flush(service, map != NULL ? &map_slice : NULL,
                           key != NULL ? &key_slice : NULL, &entries));
    after = ask_for(1, "exact", "k");
    ck_assert_uint_eq(asked_count, 2);
    database_says("before");
    expect(before, OUTCOME_OK, "before");
    ck_assert_uint_eq(after->answers, 0);
    database_says("after");
    expect(after, OUTCOME_OK, "after");
    expect(ask_for(2, "exact", "k"), OUTCOME_OK, "after");
}

START_TEST(a_flush_of_all_outdates)
{
    flushed_under_way(NULL, NULL);
}
END_TEST

START_TEST(a_flush_of_the_map_outdates)
{
    flushed_under_way("exact", NULL);
}
END_TEST

START_TEST(a_flush_of_the_key_outdates)
{
    flushed_under_way("exact", "k");
}
END_TEST

static size_t flush(const char *map)
{
    const struct slice name = slice_of(map);
    size_t entries;

    ck_assert(lookup_flush(service, &name, NULL, &entries));
    return entries;
}

/* One table after the other; what is not cached has nothing to flush, and is not all. */
START_TEST(a_flush_is_of_that_map)
{
    static const char *const maps[] = {"exact", "mailboxes", "aliases"};

    for (size_t i = 0; i < 3; i++) {
        ask_for(0, maps[i], "k");
        database_says("v");
    }
    ck_assert_uint_eq(flush("fresh"), 0);
    ask_for(1, "exact", "under way");
    flush("fresh");
    flush("mailboxes");
    ask_for(2, "exact", "under way");
    ck_assert_uint_eq(asked_count, 1);
    database_says("v");
    ask_for(0, "mailboxes", "k");
    database_says("v");
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(flush(maps[i]), i == 0 ? 2 : 1);
        ck_assert_uint_eq(flush(maps[i]), 0);
    }
}
END_TEST

START_TEST(a_flush_of_another_map_or_key_does_not)
{
    const struct slice map = slice_of("exact"), other_map = slice_of("mailboxes"),
                       other_key = slice_of("other");
    size_t entries;

    ask_for(0, "exact", "k");
    lookup_flush(service, &other_map, NULL, &entries);
    lookup_flush(service, &map, &other_key, &entries);
    ask_for(1, "exact", "k");
    ck_assert_uint_eq(asked_count, 1);
    database_says("value");
    expect(&many[1], OUTCOME_OK, "value");
    expect(ask_for(2, "exact", "k"), OUTCOME_OK, "value");
}
END_TEST

/* --- nobody waits for it any more ------------------------------------------------------------ */

static void cancel(struct asker *asker)
{
    lookup_cancel(asker->lookup);
    asker->lookup = NULL;
}

START_TEST(what_waits_for_a_connection_and_for_nobody_is_not_asked)
{
    struct asker *first, *second;

    database_is_busy = true;
    first = ask_for(0, "exact", "k");
    second = ask_for(1, "exact", "k");
    ck_assert_uint_eq(asked_count, 1);
    cancel(first);
    ck_assert_uint_eq(asked_count, 1);
    cancel(second);
    ck_assert_uint_eq(asked_count, 0);
    /* Nor does anybody join what is gone. */
    first = ask_for(0, "exact", "k");
    database_says("value");
    expect(first, OUTCOME_OK, "value");
}
END_TEST

START_TEST(what_is_not_cached_is_not_asked_for_nobody_either)
{
    database_is_busy = true;
    cancel(ask_for(0, "fresh", "k"));
    ck_assert_uint_eq(asked_count, 0);
}
END_TEST

START_TEST(what_was_sent_is_kept_though_nobody_waits)
{
    cancel(ask_for(0, "exact", "k"));
    ck_assert_uint_eq(asked_count, 1);
    database_says("value");
    expect(ask_for(0, "exact", "k"), OUTCOME_OK, "value");
}
END_TEST

START_TEST(who_has_told_an_old_answer_asks_on_for_the_cache)
{
    struct asker *asker;

    learn("exact", "k", "old");
    now_ms += 301000;
    database_is_busy = true;
    asker = ask_for(0, "exact", "k");
    while (asker->answers == 0)
        event_base_loop(base, EVLOOP_ONCE);
    expect(asker, OUTCOME_OK, "old");
    ck_assert_uint_eq(asked_count, 1);
    database_says("new");
    expect(ask_for(0, "exact", "k"), OUTCOME_OK, "new");
}
END_TEST

START_TEST(a_refresh_that_a_flush_has_overtaken_is_not_asked)
{
    const struct slice map = slice_of("exact");
    size_t entries;

    learn("exact", "k", "value");
    now_ms += 295000; /* in the last tenth of its ttl */
    database_is_busy = true;
    expect(ask_for(0, "exact", "k"), OUTCOME_OK, "value");
    ck_assert_uint_eq(asked_count, 1);
    ck_assert(lookup_flush(service, &map, NULL, &entries));
    ck_assert_uint_eq(asked_count, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("flight");
    TCase *t = tcase_create("flight");

    tcase_add_checked_fixture(t, start, forget_many);
    tcase_add_test(t, each_of_many_gets_its_own_answer);
    tcase_add_test(t, the_same_key_of_two_tables_is_two_questions);
    tcase_add_test(t, a_flush_of_all_outdates);
    tcase_add_test(t, a_flush_of_the_map_outdates);
    tcase_add_test(t, a_flush_of_the_key_outdates);
    tcase_add_test(t, a_flush_is_of_that_map);
    tcase_add_test(t, a_flush_of_another_map_or_key_does_not);
    tcase_add_test(t, what_waits_for_a_connection_and_for_nobody_is_not_asked);
    tcase_add_test(t, what_is_not_cached_is_not_asked_for_nobody_either);
    tcase_add_test(t, what_was_sent_is_kept_though_nobody_waits);
    tcase_add_test(t, who_has_told_an_old_answer_asks_on_for_the_cache);
    tcase_add_test(t, a_refresh_that_a_flush_has_overtaken_is_not_asked);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
