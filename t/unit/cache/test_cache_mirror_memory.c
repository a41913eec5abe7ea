/* What mirrors take, what they may take, and what becomes of rows for which there is no room. */
#include "inside.h"

#include "mirror_case.h"

static struct slice name(unsigned number)
{
    static char text[64];

    return (struct slice){text,
                          (size_t)snprintf(text, sizeof(text), "user%06u@example.com", number)};
}

static enum cache_mirror_result rows(unsigned first, unsigned end, const char *value)
{
    enum cache_mirror_result result = CACHE_MIRROR_OK;

    for (unsigned i = first; i < end && result == CACHE_MIRROR_OK; i++)
        result = cache_mirror_row(cache, mirror, name(i), slice_of(value));
    return result;
}

static void expect_rows(unsigned first, unsigned end, const char *value)
{
    for (unsigned i = first; i < end; i++) {
        struct cache_mirror_answer answer = cache_mirror_find(cache, mirror, name(i), 100);

        ck_assert_int_eq(answer.said, CACHE_MIRROR_FOUND);
        ck_assert(slice_equal(answer.value, slice_of(value)));
    }
}

START_TEST(rows_are_never_evicted)
{
    cache_table table = cache_table_add(cache, &policy);
    char key[40];

    cache_mirror_begin(cache, mirror, 1);
    ck_assert_int_eq(rows(0, 50000, "x"), CACHE_MIRROR_OK);
    commit(2);
    for (unsigned i = 0; i < 400000; i++) {
        snprintf(key, sizeof(key), "k%u", i / 2);
        if (cache_get(cache, table, slice_of(key), 3).state == CACHE_NOTHING)
            cache_store(cache, table, slice_of(key), slice_of("value"), 3);
        ck_assert_uint_le(cache_counts(cache).bytes, 8 * MB);
    }
    ck_assert_uint_gt(cache_counts(cache).evictions, 10000);
    expect_rows(0, 50000, "x");
    expect("nobody", 3, CACHE_MIRROR_MISSING, NULL);
}
END_TEST

/* The ordinary entries make room, up to half of it. */
START_TEST(half_of_the_budget_and_no_more)
{
    cache_table table = cache_table_add(cache, &policy), other = cache_mirror_add(cache, &policy);
    unsigned most = 0, kept = 0;

    for (unsigned i = 0; i < 200000; i++)
        cache_store(cache, table, name(i), slice_of("value"), 3);
    cache_mirror_begin(cache, other, 1);
    for (unsigned i = 0; i < 20000; i++)
        cache_mirror_row(cache, other, name(i), slice_of("x"));
    ck_assert(cache_mirror_commit(cache, other, 2, NULL));
    cache_mirror_begin(cache, mirror, 1);
    while (cache_mirror_row(cache, mirror, name(most), slice_of("x")) == CACHE_MIRROR_OK)
        most++;
    ck_assert_uint_ge((most + 20000) * (size_t)(16 + 22 + 1 + 12), 4 * MB / 10 * 9);
    ck_assert_uint_le((most + 20000) * (size_t)(16 + 22 + 1), 4 * MB);
    ck_assert_int_eq(row("a", "x"), CACHE_MIRROR_ENDED);
    ck_assert_uint_eq(cache_mirror_counts(cache, mirror, 3).rows, 0);
    expect("a", 3, CACHE_MIRROR_UNKNOWN, NULL);
    ck_assert_int_eq(cache_mirror_find(cache, other, name(5), 3).said, CACHE_MIRROR_FOUND);
    for (unsigned i = 0; i < 200000; i++)
        kept += cache_peek(cache, table, name(i), 3).state == CACHE_FRESH;
    ck_assert_uint_gt(kept, 20000);
    ck_assert_uint_le(cache_counts(cache).bytes, 8 * MB);
}
END_TEST

/* All rows change: for the time of a pass there are two of each. */
START_TEST(no_room_for_a_change_leaves_what_was)
{
    cache_mirror_begin(cache, mirror, 1);
    ck_assert_int_eq(rows(0, 50000, "old"), CACHE_MIRROR_OK);
    commit(2);
    cache_mirror_begin(cache, mirror, 3);
    ck_assert_int_eq(rows(0, 50000, "new"), CACHE_MIRROR_FULL);
    expect_rows(0, 50000, "old");
    cache_flush_table(cache, mirror);
    cache_mirror_begin(cache, mirror, 4);
    ck_assert_int_eq(rows(0, 50000, "new"), CACHE_MIRROR_OK);
    expect_change(commit(5), 50000, 50000, 0);
    expect_rows(0, 50000, "new");
}
END_TEST

START_TEST(a_smaller_budget_forgets_the_largest)
{
    cache_table large = mirror;

    cache_mirror_begin(cache, mirror, 1);
    ck_assert_int_eq(rows(0, 40000, "x"), CACHE_MIRROR_OK);
    commit(2);
    mirror = cache_mirror_add(cache, &policy);
    cache_mirror_begin(cache, mirror, 1);
    ck_assert_int_eq(rows(0, 5000, "x"), CACHE_MIRROR_OK);
    commit(2);
    cache_resize(cache, 2 * MB);
    expect_rows(0, 5000, "x");
    ck_assert(cache_mirror_confirm(cache, mirror, 3));
    ck_assert(!cache_mirror_confirm(cache, large, 3));
    ck_assert_int_eq(cache_mirror_find(cache, large, name(7), 3).said, CACHE_MIRROR_UNKNOWN);
    while (cache_tidy(cache))
        ;
    ck_assert_uint_le(cache_counts(cache).bytes, 2 * MB);
    mirror = large;
    cache_mirror_begin(cache, mirror, 4);
    ck_assert_int_eq(rows(0, 40000, "x"), CACHE_MIRROR_FULL);
}
END_TEST

START_TEST(rows_of_a_key_have_a_limit)
{
    static char big[100001];
    char value[20];

    memset(big, 'k', sizeof(big));
    for (unsigned pass = 0; pass < 3; pass++) { /* other values each time */
        cache_mirror_begin(cache, mirror, 1);
        for (unsigned i = 0; i < CACHE_MIRROR_ROWS_MAX; i++) {
            snprintf(value, sizeof(value), "%u", pass * 700 + i);
            ck_assert_int_eq(row("a", value), CACHE_MIRROR_OK);
        }
        commit(2);
        expect("a", 3, CACHE_MIRROR_SEVERAL, NULL);
    }
    cache_mirror_begin(cache, mirror, 4);
    for (unsigned i = 0; i < CACHE_MIRROR_ROWS_MAX; i++) {
        snprintf(value, sizeof(value), "%u", i);
        ck_assert_int_eq(row("a", value), CACHE_MIRROR_OK);
    }
    ck_assert_int_eq(row("a", "one more"), CACHE_MIRROR_CROWDED);
    ck_assert_int_eq(row("b", "x"), CACHE_MIRROR_ENDED);
    cache_mirror_begin(cache, mirror, 5);
    ck_assert_int_eq(cache_mirror_row(cache, mirror, (struct slice){big, 1000}, slice_of("x")),
                     CACHE_MIRROR_OK);
    ck_assert_int_eq(cache_mirror_row(cache, mirror, slice_of("x"), (struct slice){big, 100000}),
                     CACHE_MIRROR_OK);
    ck_assert_int_eq(cache_mirror_row(cache, mirror, (struct slice){big, 1001}, slice_of("x")),
                     CACHE_MIRROR_CROWDED);
    cache_mirror_begin(cache, mirror, 6);
    ck_assert_int_eq(cache_mirror_row(cache, mirror, slice_of("x"), (struct slice){big, 100001}),
                     CACHE_MIRROR_CROWDED);
    expect("a", 7, CACHE_MIRROR_SEVERAL, NULL);
}
END_TEST

/* One that changes with each pass must not make a lookup longer and longer. */
START_TEST(a_key_that_changes_has_no_tail)
{
    char value[20];

    cache_mirror_begin(cache, mirror, 1);
    rows(0, 10000, "x");
    row("a", "first");
    commit(1);
    for (unsigned i = 0; i < 5000; i++) {
        cache_mirror_begin(cache, mirror, i);
        snprintf(value, sizeof(value), "%u", i);
        row("a", value);
        cache_mirror_abort(cache, mirror);
        ck_assert_uint_le(cache->store.index.entries, 10003);
    }
    for (unsigned i = 0; i < 100; i++) {
        cache_mirror_begin(cache, mirror, i);
        rows(0, 10000, "x");
        snprintf(value, sizeof(value), "%u", i);
        row("a", value);
        commit(i);
        ck_assert_uint_le(cache->store.index.entries, 10003);
    }
}
END_TEST

/* Beyond key and value; also while a tenth of the rows changes with each pass. */
START_TEST(rows_are_cheap)
{
    enum { ROWS = 50000, TENTH = ROWS / 10 };
    const size_t data = (22 + 4) * (size_t)ROWS;
    size_t empty;

    cache_resize(cache, 32 * MB);
    empty = cache_counts(cache).bytes;
    cache_mirror_begin(cache, mirror, 1);
    ck_assert_int_eq(rows(0, ROWS, "0000"), CACHE_MIRROR_OK);
    commit(2);
    ck_assert_uint_le((cache_counts(cache).bytes - empty - data) / ROWS, 34);
    for (unsigned pass = 0; pass < 13; pass++) {
        cache_mirror_begin(cache, mirror, 3 + pass);
        for (unsigned i = 0; i < ROWS; i++) {
            char value[12];

            snprintf(value, sizeof(value), "%04u", pass / 10 + (i / TENTH <= pass % 10));
            ck_assert_int_eq(cache_mirror_row(cache, mirror, name(i), slice_of(value)),
                             CACHE_MIRROR_OK);
        }
        expect_change(commit(4 + pass), ROWS, TENTH, TENTH);
        ck_assert_uint_le((cache_counts(cache).bytes - empty - data) / ROWS, 64);
    }
    cache_flush_table(cache, mirror);
    while (cache_tidy(cache))
        ;
    ck_assert_uint_le(cache_counts(cache).bytes, empty + MB / 2);
}
END_TEST

/* Some of a key's rows would be a wrong answer. */
START_TEST(restored_all_or_none)
{
    static char value[100000];
    struct cache_entry saved = {.table = mirror, .value = {value, sizeof(value)}, .age_ms = 5};

    for (unsigned i = 0; i < 100; i++) { /* for more than half of 8 MB */
        saved.key = name(i);
        cache_restore(cache, &saved, 10);
    }
    restore("a", "x", 1, 10);
    ck_assert_uint_eq(cache_counts(cache).entries, 0);
    READ(11, 12, "a", "x");
    expect("a", 13, CACHE_MIRROR_FOUND, "x");
}
END_TEST

/* As only a file could say that vmapd did not write. */
START_TEST(nothing_restored_that_cannot_be)
{
    static char big[200000];
    const struct cache_entry impossible[] = {
        {.table = mirror, .key = {big, 1001}, .value = {"x", 1}},
        {.table = mirror, .key = {"k", 1}, .value = {big, 131073}},
        {.table = mirror, .key = {"k", 1}, .value = {big, sizeof(big)}},
        {.table = mirror, .key = {"k", 1}, .negative = true},
    };

    for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
        restore("a", "x", 5, 10 + i * 100);
        expect("a", 11 + i * 100, CACHE_MIRROR_FOUND, "x");
        cache_restore(cache, &impossible[i], 10 + i * 100);
        ck_assert_uint_eq(cache_counts(cache).entries, 0);
        expect("k", 11 + i * 100, CACHE_MIRROR_UNKNOWN, NULL);
        expect("a", 11 + i * 100, CACHE_MIRROR_UNKNOWN, NULL);
        cache_table_drop(cache, mirror);
        mirror = cache_mirror_add(cache, &policy);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cache_mirror_memory");
    TCase *t = tcase_create("cache_mirror_memory");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, rows_are_never_evicted);
    tcase_add_test(t, half_of_the_budget_and_no_more);
    tcase_add_test(t, no_room_for_a_change_leaves_what_was);
    tcase_add_test(t, a_smaller_budget_forgets_the_largest);
    tcase_add_test(t, rows_of_a_key_have_a_limit);
    tcase_add_test(t, a_key_that_changes_has_no_tail);
    tcase_add_test(t, rows_are_cheap);
    tcase_add_test(t, restored_all_or_none);
    tcase_add_test(t, nothing_restored_that_cannot_be);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
