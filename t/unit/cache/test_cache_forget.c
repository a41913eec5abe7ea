/* What was said is forgotten or old from one moment to the next: keys, tables, all. */
#include "cache_case.h"

START_TEST(tables_are_apart)
{
    cache_table other = cache_table_add(cache, &policy);

    put("a", "x", 0);
    ck_assert_int_eq(cache_get(cache, other, slice_of("a"), 0).state, CACHE_NOTHING);
    cache_store_negative(cache, other, slice_of("a"), 0);
    expect("a", 0, CACHE_FRESH, "x");
    ck_assert_uint_eq(cache_flush_table(cache, other), 1);
    expect("a", 0, CACHE_FRESH, "x");
    expect_counts(1, 0);
}
END_TEST

START_TEST(expire_makes_stale)
{
    struct cache_answer answer;

    put("a", "x", 0);
    put_negative("n", 0);
    cache_table_expire(cache, table);
    expect("a", 1, CACHE_STALE, "x");
    ck_assert_int_eq(state("n", 1), CACHE_NOTHING);
    expect_counts(2, 1);
    put("a", "x", 2);
    put_negative("n", 2);
    expect("a", 2, CACHE_FRESH, "x");
    ck_assert_int_eq(state("n", 2), CACHE_FRESH);
    expect_counts(2, 1);
    cache_table_expire(cache, table);
    cache_table_expire(cache, table);
    answer = cache_get(cache, table, slice_of("a"), 2 + 300000 + 86399999);
    ck_assert_int_eq(answer.state, CACHE_STALE);
    ck_assert_int_eq(state("a", 2 + 300000 + 86400000), CACHE_NOTHING);
    ck_assert_uint_eq(cache_flush_key(cache, table, slice_of("n")), 1);
}
END_TEST

/* However often in the same millisecond, each time with entries left behind. */
START_TEST(expired_stays_expired)
{
    char key[20];

    for (unsigned i = 0; i < 3000; i++) {
        snprintf(key, sizeof(key), "%u", i);
        put(key, "x", 0);
        expect(key, 0, CACHE_FRESH, "x");
        snprintf(key, sizeof(key), "n%u", i % 500);
        put_negative(key, 0);
        ck_assert_int_eq(state(key, 0), CACHE_FRESH);
        cache_table_expire(cache, table);
        snprintf(key, sizeof(key), "%u", i * 31 % (i + 1));
        expect(key, 0, CACHE_STALE, "x");
        snprintf(key, sizeof(key), "n%u", i * 31 % 500);
        ck_assert_int_eq(state(key, 0), CACHE_NOTHING);
    }
    expect_counts(3500, 500);
}
END_TEST

START_TEST(flushed_stays_flushed)
{
    char key[20];

    for (unsigned i = 0; i < 3000; i++) {
        snprintf(key, sizeof(key), "%u", i);
        put(key, "x", 0);
        ck_assert_uint_ge(cache_flush_table(cache, table), 1);
        ck_assert_int_eq(state(key, 0), CACHE_NOTHING);
        put(key, "y", 0);
        expect(key, 0, CACHE_FRESH, "y");
    }
    expect_counts(1, 0);
}
END_TEST

START_TEST(dropped_tables_stay_dropped)
{
    char key[20];

    for (unsigned i = 0; i < 3000; i++) {
        snprintf(key, sizeof(key), "%u", i % 10);
        ck_assert_int_eq(state(key, 0), CACHE_NOTHING);
        put(key, "x", 0);
        put_negative("n", 0);
        expect_counts(2, 1);
        cache_table_drop(cache, table);
        expect_counts(0, 0);
        table = cache_table_add(cache, &policy);
        ck_assert_int_eq(state(key, 0), CACHE_NOTHING);
        ck_assert_int_eq(state("n", 0), CACHE_NOTHING);
    }
}
END_TEST

START_TEST(tables_have_a_limit)
{
    unsigned count = 1;

    while ((table = cache_table_add(cache, &policy)) != 0)
        count++;
    ck_assert_uint_eq(count, 32000);
    for (unsigned i = 1; i <= 50; i++)
        cache_table_drop(cache, (cache_table)i);
    ck_assert_uint_ne(cache_table_add(cache, &policy), 0);
}
END_TEST

START_TEST(flushes_count)
{
    char key[20];
    cache_table other = cache_table_add(cache, &policy);

    for (unsigned i = 0; i < 20000; i++) {
        snprintf(key, sizeof(key), "%u", i);
        if (i % 10 == 0)
            cache_store(cache, other, slice_of(key), slice_of("y"), 0);
        else if (i % 10 == 1)
            put_negative(key, 0);
        else
            put(key, "x", 0);
    }
    expect_counts(20000, 2000);
    ck_assert_uint_eq(cache_flush_key(cache, table, slice_of("2")), 1);
    ck_assert_uint_eq(cache_flush_key(cache, table, slice_of("2")), 0);
    ck_assert_uint_eq(cache_flush_key(cache, table, slice_of("10")), 0);
    expect_counts(19999, 2000);
    ck_assert_int_eq(state("2", 0), CACHE_NOTHING);
    ck_assert_uint_eq(cache_flush_table(cache, table), 17999);
    ck_assert_uint_eq(cache_flush_table(cache, table), 0);
    ck_assert_int_eq(state("3", 0), CACHE_NOTHING);
    expect_counts(2000, 0);
    put("3", "z", 0);
    expect("3", 0, CACHE_FRESH, "z");
    ck_assert_uint_eq(cache_flush(cache), 2001);
    ck_assert_uint_eq(cache_flush(cache), 0);
    expect_counts(0, 0);
    put("3", "z", 0);
    expect("3", 0, CACHE_FRESH, "z");
    ck_assert_uint_eq(cache_counts(cache).evictions, 0);
}
END_TEST

/* Too much to be given back at once, so table by table: all of them. */
START_TEST(a_large_flush_is_of_all_tables)
{
    static char text[8000];
    cache_table others[3];
    char key[20];

    cache_resize(cache, 64 * MB);
    for (unsigned t = 0; t < 3; t++)
        others[t] = cache_table_add(cache, &policy);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "%u", i);
        put(key, "x", 5);
        for (unsigned t = 0; t < 3; t++)
            cache_store(cache, others[t], slice_of(key), (struct slice){text, 8000}, 5);
    }
    ck_assert_uint_gt(cache_counts(cache).bytes, 20 * MB);
    ck_assert_uint_eq(cache_flush(cache), 4000);
    ck_assert_uint_gt(cache_counts(cache).bytes, 16 * MB);
    expect_counts(0, 0);
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(key, sizeof(key), "%u", i);
        ck_assert_int_eq(state(key, 5), CACHE_NOTHING);
        for (unsigned t = 0; t < 3; t++)
            ck_assert_int_eq(cache_get(cache, others[t], slice_of(key), 5).state, CACHE_NOTHING);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cache_forget");
    TCase *t = tcase_create("cache_forget");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, tables_are_apart);
    tcase_add_test(t, expire_makes_stale);
    tcase_add_test(t, expired_stays_expired);
    tcase_add_test(t, flushed_stays_flushed);
    tcase_add_test(t, dropped_tables_stay_dropped);
    tcase_add_test(t, tables_have_a_limit);
    tcase_add_test(t, flushes_count);
    tcase_add_test(t, a_large_flush_is_of_all_tables);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
