/*
 * The cache against a naive model of it, everything at once at random. With a budget that is large
 * enough every answer and every count is the same; with one that is too small the cache may have
 * forgotten, but what it answers is still the same. VMAPD_SEED=N runs one again.
 */
#include "cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

#define TABLES 4
#define KEYS   400

static const struct hash_secret secret = {{3, 4}};

struct said {
    bool there;
    bool negative;
    bool old; /* its table was expired since */
    uint64_t stored_ms;
    unsigned value; /* which of the values */
};

struct model {
    struct cache *cache;
    cache_table table[TABLES];
    struct cache_policy policy[TABLES];
    struct said said[TABLES][KEYS];
    uint64_t now_ms;
    bool forgets; /* the budget is small */
};

static struct model model;
static char *keys[KEYS];
static char value_bytes[120000];

static unsigned below(unsigned limit)
{
    return (unsigned)random() % limit;
}

static struct slice key_of(unsigned k)
{
    return slice_of(keys[k]);
}

/* Mostly short; some as long as they get. */
static struct slice value_of(unsigned value)
{
    size_t len = value % 50 == 0 ? value * 37 % 100001 : value % 7 == 0 ? value % 5000 : value % 60;

    return (struct slice){value_bytes + value % 1000, len};
}

static void make_keys(void)
{
    for (unsigned k = 0; k < KEYS; k++) {
        size_t len = k % 40 == 0 ? 900 : 5 + k % 60;

        keys[k] = malloc(len + 1);
        for (size_t i = 0; i < len; i++)
            keys[k][i] = (char)('a' + (k + i) % 26);
        keys[k][len] = '\0';
        snprintf(keys[k], 5, "%04u", k);
        keys[k][4] = '-';
    }
    for (size_t i = 0; i < sizeof(value_bytes); i++)
        value_bytes[i] = (char)(i * 131 >> 3);
}

static enum cache_state expected_state(unsigned t, const struct said *said)
{
    const struct cache_policy *policy = &model.policy[t];
    uint64_t age = model.now_ms - said->stored_ms;

    if (!said->there)
        return CACHE_NOTHING;
    if (said->negative)
        return !said->old && age < policy->negative_ttl_ms ? CACHE_FRESH : CACHE_NOTHING;
    if (!said->old && age < policy->ttl_ms)
        return CACHE_FRESH;
    return age < policy->ttl_ms + policy->stale_ttl_ms ? CACHE_STALE : CACHE_NOTHING;
}

static bool has_lapsed(unsigned t, const struct said *said)
{
    const struct cache_policy *policy = &model.policy[t];

    return said->there && said->negative &&
           model.now_ms - said->stored_ms < policy->negative_ttl_ms + policy->stale_ttl_ms;
}

static bool has_use(unsigned t, const struct said *said)
{
    return expected_state(t, said) != CACHE_NOTHING || has_lapsed(t, said);
}

static void check(unsigned t, unsigned k, bool peek)
{
    struct said *said = &model.said[t][k];
    enum cache_state state = expected_state(t, said);
    struct cache_answer answer =
        peek ? cache_peek(model.cache, model.table[t], key_of(k), model.now_ms)
             : cache_get(model.cache, model.table[t], key_of(k), model.now_ms);
    uint64_t age = model.now_ms - said->stored_ms;

    if (model.forgets && answer.state == CACHE_NOTHING)
        return;
    if (answer.state == CACHE_REFRESH) {
        ck_assert(!said->negative);
        ck_assert_uint_ge(age, model.policy[t].ttl_ms / 10 * 9);
        answer.state = CACHE_FRESH;
    }
    ck_assert_int_eq(answer.state, state);
    if (state == CACHE_NOTHING) {
        ck_assert_int_eq(answer.negative, has_lapsed(t, said));
        return;
    }
    ck_assert_int_eq(answer.negative, said->negative);
    ck_assert_uint_eq(answer.age_ms, age);
    if (!said->negative)
        ck_assert(slice_equal(answer.value, value_of(said->value)));
}

static bool counted(const struct said *said)
{
    return said->there;
}

static void check_all(void)
{
    struct cache_counts counts = cache_counts(model.cache);
    uint64_t entries = 0, negatives = 0;

    for (unsigned t = 0; t < TABLES; t++)
        for (unsigned k = 0; k < KEYS; k++) {
            check(t, k, true);
            entries += counted(&model.said[t][k]);
            negatives += counted(&model.said[t][k]) && model.said[t][k].negative;
        }
    if (model.forgets) {
        ck_assert_uint_le(counts.entries, entries);
        ck_assert_uint_le(counts.negative_entries, negatives);
    } else {
        ck_assert_uint_eq(counts.entries, entries);
        ck_assert_uint_eq(counts.negative_entries, negatives);
        ck_assert_uint_eq(counts.evictions, 0);
    }
}

static void store(unsigned t, unsigned k)
{
    struct said *said = &model.said[t][k];
    bool negative = below(3) == 0, same = said->there && below(3) == 0;

    *said = (struct said){true, negative, false, model.now_ms, same ? said->value : below(5000)};
    if (negative)
        cache_store_negative(model.cache, model.table[t], key_of(k), model.now_ms);
    else
        cache_store(model.cache, model.table[t], key_of(k), value_of(said->value), model.now_ms);
}

static void forget_if(unsigned t, unsigned k, size_t *count)
{
    *count += counted(&model.said[t][k]);
    model.said[t][k].there = false;
}

static void expect_flushed(size_t flushed, size_t expected)
{
    if (model.forgets)
        ck_assert_uint_le(flushed, expected);
    else
        ck_assert_uint_eq(flushed, expected);
}

static void flush_key(unsigned t, unsigned k)
{
    size_t expected = 0;

    forget_if(t, k, &expected);
    expect_flushed(cache_flush_key(model.cache, model.table[t], key_of(k)), expected);
}

/* What is stored in the millisecond of a flush is kept as if it were of the next. */
static void tick(void)
{
    model.now_ms++;
}

static void flush_table(unsigned t)
{
    size_t expected = 0;

    for (unsigned k = 0; k < KEYS; k++)
        forget_if(t, k, &expected);
    expect_flushed(cache_flush_table(model.cache, model.table[t]), expected);
    tick();
}

static void flush(void)
{
    size_t expected = 0;

    for (unsigned t = 0; t < TABLES; t++)
        for (unsigned k = 0; k < KEYS; k++)
            forget_if(t, k, &expected);
    expect_flushed(cache_flush(model.cache), expected);
    tick();
}

static void replace_table(unsigned t)
{
    cache_table_drop(model.cache, model.table[t]);
    model.table[t] = cache_table_add(model.cache, &model.policy[t]);
    memset(model.said[t], 0, sizeof(model.said[t]));
    tick();
}

static void expire(unsigned t)
{
    cache_table_expire(model.cache, model.table[t]);
    for (unsigned k = 0; k < KEYS; k++)
        model.said[t][k].old = true;
    tick();
}

static void set_policy(unsigned t)
{
    model.policy[t] = (struct cache_policy){below(20000), below(5000), below(40000)};
    cache_table_set_policy(model.cache, model.table[t], &model.policy[t]);
}

struct walk {
    unsigned char seen[TABLES][KEYS];
};

static void seen(void *arg, const struct cache_entry *entry)
{
    struct walk *walk = arg;
    unsigned t = 0, k = (unsigned)atoi(entry->key.data);

    while (t < TABLES && model.table[t] != entry->table)
        t++;
    ck_assert_uint_lt(t, TABLES);
    ck_assert(slice_equal(entry->key, key_of(k)));
    ck_assert_int_eq(entry->negative, model.said[t][k].negative);
    ck_assert(has_use(t, &model.said[t][k]));
    if (!entry->negative)
        ck_assert(slice_equal(entry->value, value_of(model.said[t][k].value)));
    walk->seen[t][k]++;
}

static void walk_all(void)
{
    struct walk walk = {0};
    uint64_t cursor = 0;

    do
        cache_walk(model.cache, &cursor, 1 + below(50), model.now_ms, seen, &walk);
    while (cursor != 0);
    for (unsigned t = 0; t < TABLES; t++)
        for (unsigned k = 0; k < KEYS; k++) {
            bool there = has_use(t, &model.said[t][k]);

            if (model.forgets)
                ck_assert_uint_le(walk.seen[t][k], there);
            else
                ck_assert_uint_eq(walk.seen[t][k], there);
        }
}

static void step(void)
{
    unsigned t = below(TABLES), k = below(KEYS), what = below(10000);

    model.now_ms += below(20) == 0 ? below(1000) : below(3);
    if (what < 4500)
        check(t, k, false);
    else if (what < 9000)
        store(t, k);
    else if (what < 9900)
        flush_key(t, k);
    else if (what < 9920)
        expire(t);
    else if (what < 9930)
        flush_table(t);
    else if (what < 9940)
        replace_table(t);
    else if (what < 9945)
        flush();
    else if (what < 9960)
        set_policy(t);
    else if (what < 9970)
        walk_all();
    else if (what < 9980)
        cache_tidy(model.cache);
    else if (model.forgets && what < 9985)
        cache_resize(model.cache, (1 + below(4)) << 19);
    else if (what < 9990)
        check_all();
}

static void run(size_t max_bytes, bool forgets)
{
    const char *wanted = getenv("VMAPD_SEED");
    unsigned seed = wanted != NULL ? (unsigned)atoi(wanted) : (unsigned)getpid();

    printf("cache model: VMAPD_SEED=%u\n", seed);
    fflush(stdout);
    srandom(seed);
    make_keys();
    model = (struct model){.cache = cache_new(max_bytes, &secret), .forgets = forgets};
    for (unsigned t = 0; t < TABLES; t++) {
        model.table[t] = cache_table_add(model.cache, &model.policy[t]);
        set_policy(t);
    }
    for (int i = 0; i < 300000; i++) {
        struct cache_counts counts;

        step();
        counts = cache_counts(model.cache);
        if (!forgets)
            ck_assert_uint_le(counts.bytes, counts.max_bytes);
    }
    check_all();
    ck_assert_int_eq(forgets, cache_counts(model.cache).evictions > 0);
    cache_free(model.cache);
    for (unsigned k = 0; k < KEYS; k++)
        free(keys[k]);
}

START_TEST(same_as_the_model)
{
    run((size_t)256 << 20, false);
}
END_TEST

START_TEST(never_other_than_the_model)
{
    run((size_t)1 << 20, true);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cache_model");
    TCase *t = tcase_create("cache_model");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, same_as_the_model);
    tcase_add_test(t, never_other_than_the_model);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
