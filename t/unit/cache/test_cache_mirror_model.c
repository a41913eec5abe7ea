/*
 * Mirrors against a naive model of them, everything at once at random: tables that change, passes over
 * them in any order, given up in the middle or not, flushes, floods in the ordinary tables beside them,
 * budgets that are too small. What a mirror says is at every moment what the last complete pass read, all
 * of it and nothing else. VMAPD_SEED=N runs one again.
 */
#include "cache_mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

#define MIRRORS 3
#define KEYS    80
#define VALUES  9
#define MB      ((size_t)1 << 20)

static const struct hash_secret secret = {{3, 4}};
static const struct cache_policy policy = {1000, 500, 4000};

/* How often a row is there. */
struct content {
    unsigned char times[KEYS][VALUES];
};

struct mirror {
    cache_table table;
    struct content database, reading, said;
    unsigned unread; /* rows of the reading that the pass has not come to */
    bool under_way, whole;
    uint64_t asked_ms, confirmed_ms, changed_ms;
};

static struct cache *cache;
static cache_table ordinary;
static struct mirror mirrors[MIRRORS];
static uint64_t now_ms;
static unsigned commits, refused;
static bool many_are_large;
static char bytes[20000];

static unsigned below(unsigned limit)
{
    return (unsigned)random() % limit;
}

static struct slice key_of(unsigned k)
{
    static char text[40];

    return (struct slice){text, (size_t)snprintf(text, sizeof(text), "key%u@example.com", k)};
}

/* Most are short and of one length; one has a page for itself. */
static struct slice value_of(unsigned v)
{
    return (struct slice){bytes + v * 100, v == 0 ? 0 : v == 1 ? 6000 : v == 2 ? 700 : 12};
}

static unsigned rows_in(const struct content *content)
{
    unsigned rows = 0;

    for (unsigned k = 0; k < KEYS; k++)
        for (unsigned v = 0; v < VALUES; v++)
            rows += content->times[k][v];
    return rows;
}

/* What a mirror says of a key. */

struct values {
    unsigned char times[VALUES];
};

static void take_value(void *arg, struct slice value)
{
    struct values *values = arg;
    unsigned v = 0;

    while (v < VALUES && !slice_equal(value_of(v), value))
        v++;
    ck_assert_uint_lt(v, VALUES);
    values->times[v]++;
}

static void check_key(const struct mirror *mirror, unsigned k)
{
    struct values values = {{0}};
    size_t rows = cache_mirror_rows(cache, mirror->table, key_of(k), take_value, &values);
    struct cache_mirror_answer answer = cache_mirror_find(cache, mirror->table, key_of(k), now_ms);

    ck_assert_mem_eq(values.times, mirror->said.times[k], sizeof(values.times));
    ck_assert_int_eq(answer.whole, mirror->whole);
    ck_assert_int_eq(answer.said, rows > 1        ? CACHE_MIRROR_SEVERAL
                                  : rows == 1     ? CACHE_MIRROR_FOUND
                                  : mirror->whole ? CACHE_MIRROR_MISSING
                                                  : CACHE_MIRROR_UNKNOWN);
    if (rows == 1) {
        unsigned v = 0;

        while (mirror->said.times[k][v] == 0)
            v++;
        ck_assert(slice_equal(answer.value, value_of(v)));
    }
    if (mirror->whole) {
        ck_assert_uint_eq(answer.age_ms, now_ms - mirror->confirmed_ms);
        ck_assert_uint_eq(answer.unchanged_ms, now_ms - mirror->changed_ms);
    }
}

static void check_all(const struct mirror *mirror)
{
    struct cache_mirror_counts counts = cache_mirror_counts(cache, mirror->table, now_ms);

    for (unsigned k = 0; k < KEYS; k++)
        check_key(mirror, k);
    ck_assert_int_eq(counts.whole, mirror->whole);
    ck_assert_uint_eq(counts.rows, rows_in(&mirror->said));
}

/* The table changes. */
static void change(struct mirror *mirror)
{
    unsigned k = below(KEYS),
             v = many_are_large || below(4) == 0 ? below(VALUES) : 3 + below(VALUES - 3);

    switch (below(4)) {
    case 0:
        memset(mirror->database.times[k], 0, VALUES);
        break;
    case 1:
        memset(mirror->database.times[k], 0, VALUES);
        mirror->database.times[k][v] = 1;
        break;
    case 2:
        if (mirror->database.times[k][v] < 3)
            mirror->database.times[k][v]++;
        break;
    default:
        if (below(200) == 0)
            memset(&mirror->database, 0, sizeof(mirror->database));
        break;
    }
}

/* A pass over it. */

static void begin(struct mirror *mirror)
{
    mirror->asked_ms = now_ms - below(3);
    mirror->reading = mirror->database;
    mirror->unread = rows_in(&mirror->reading);
    mirror->under_way = true;
    cache_mirror_begin(cache, mirror->table, mirror->asked_ms);
}

static void give_up(struct mirror *mirror)
{
    mirror->under_way = false;
    cache_mirror_abort(cache, mirror->table);
}

/* Any row of the reading that was not said yet. */
static void say_row(struct mirror *mirror)
{
    unsigned at = below(KEYS * VALUES);
    enum cache_mirror_result result;
    unsigned k, v;

    while (mirror->reading.times[at / VALUES][at % VALUES] == 0)
        at = (at + 1) % (KEYS * VALUES);
    k = at / VALUES;
    v = at % VALUES;
    result = cache_mirror_row(cache, mirror->table, key_of(k), value_of(v));
    if (!mirror->under_way) {
        ck_assert_int_eq(result, CACHE_MIRROR_ENDED);
    } else if (result == CACHE_MIRROR_FULL) {
        refused++;
        mirror->under_way = false;
    } else {
        ck_assert_int_eq(result, CACHE_MIRROR_OK);
        mirror->reading.times[k][v]--;
        mirror->unread--;
    }
}

static unsigned more_in(const struct content *a, const struct content *b)
{
    unsigned more = 0;

    for (unsigned k = 0; k < KEYS; k++)
        for (unsigned v = 0; v < VALUES; v++)
            if (a->times[k][v] > b->times[k][v])
                more += a->times[k][v] - b->times[k][v];
    return more;
}

static void commit(struct mirror *mirror, const struct content *read)
{
    struct cache_mirror_change done;

    ck_assert(cache_mirror_commit(cache, mirror->table, now_ms, &done));
    ck_assert_uint_eq(done.rows, rows_in(read));
    ck_assert_uint_eq(done.added, more_in(read, &mirror->said));
    ck_assert_uint_eq(done.removed, more_in(&mirror->said, read));
    if (!mirror->whole || done.added != 0 || done.removed != 0)
        mirror->changed_ms = now_ms;
    mirror->said = *read;
    mirror->whole = true;
    mirror->confirmed_ms = mirror->asked_ms;
    mirror->under_way = false;
    commits++;
}

static void go_on(struct mirror *mirror)
{
    struct content read = mirror->database;

    if (!mirror->under_way) {
        ck_assert(!cache_mirror_commit(cache, mirror->table, now_ms, NULL));
        begin(mirror);
        return;
    }
    if (below(20) == 0) {
        give_up(mirror);
        return;
    }
    if (below(3) != 0) {
        for (unsigned i = below(60); i > 0 && mirror->under_way && mirror->unread > 0; i--)
            say_row(mirror);
        return;
    }
    begin(mirror); /* anew, and this time to its end */
    while (mirror->under_way && mirror->unread > 0)
        say_row(mirror);
    if (mirror->under_way)
        commit(mirror, &read);
}

static void confirm(struct mirror *mirror)
{
    uint64_t asked_ms = now_ms - below(4);

    ck_assert_int_eq(cache_mirror_confirm(cache, mirror->table, asked_ms), mirror->whole);
    if (mirror->whole && asked_ms > mirror->confirmed_ms)
        mirror->confirmed_ms = asked_ms;
}

/* What else happens to a mirror. */

static void forget(struct mirror *mirror)
{
    memset(&mirror->said, 0, sizeof(mirror->said));
    mirror->whole = mirror->under_way = false;
}

static void flush_key(struct mirror *mirror)
{
    unsigned k = below(KEYS), rows = 0;

    for (unsigned v = 0; v < VALUES; v++)
        rows += mirror->said.times[k][v];
    ck_assert_uint_eq(cache_flush_key(cache, mirror->table, key_of(k)), rows);
    memset(mirror->said.times[k], 0, VALUES);
    mirror->whole = mirror->under_way = false;
}

static void flush_table(struct mirror *mirror)
{
    give_up(mirror);
    ck_assert_uint_eq(cache_flush_table(cache, mirror->table), rows_in(&mirror->said));
    forget(mirror);
}

static void replace(struct mirror *mirror)
{
    cache_table_drop(cache, mirror->table);
    mirror->table = cache_mirror_add(cache, &policy);
    forget(mirror);
}

static void flush_everything(void)
{
    cache_flush(cache);
    for (unsigned i = 0; i < MIRRORS; i++)
        forget(&mirrors[i]);
}

/* Lookups of the tables beside it, more than there is room for. */
static void flood(void)
{
    static unsigned next;
    char text[40];

    for (unsigned i = below(300); i > 0; i--) {
        struct slice key = {text, (size_t)snprintf(text, sizeof(text), "user%u", next++ % 50000)};

        if (cache_get(cache, ordinary, key, now_ms).state != CACHE_NOTHING)
            continue;
        if (below(2) == 0)
            cache_store(cache, ordinary, key, (struct slice){bytes, below(100)}, now_ms);
        else
            cache_store_negative(cache, ordinary, key, now_ms);
    }
}

/* A walk sees what is said, and nothing of what is coming. */

static struct content walked[MIRRORS];

static void see(void *arg, const struct cache_entry *entry)
{
    struct values values = {{0}};
    unsigned k = (unsigned)atoi(entry->key.data + 3);

    (void)arg;
    for (unsigned i = 0; i < MIRRORS; i++) {
        if (mirrors[i].table != entry->table)
            continue;
        take_value(&values, entry->value);
        for (unsigned v = 0; v < VALUES; v++)
            walked[i].times[k][v] = (unsigned char)(walked[i].times[k][v] + values.times[v]);
        if (mirrors[i].whole)
            ck_assert_uint_eq(entry->age_ms, now_ms - mirrors[i].confirmed_ms);
    }
}

static void walk(void)
{
    uint64_t cursor = 0;

    memset(walked, 0, sizeof(walked));
    do
        cache_walk(cache, &cursor, 1 + below(50), now_ms, see, NULL);
    while (cursor != 0);
    for (unsigned i = 0; i < MIRRORS; i++)
        if (mirrors[i].whole && now_ms - mirrors[i].confirmed_ms < policy.ttl_ms)
            ck_assert_mem_eq(&walked[i], &mirrors[i].said, sizeof(walked[i]));
}

static void step(void)
{
    struct mirror *mirror = &mirrors[below(MIRRORS)];
    unsigned what = below(1000);

    now_ms += below(10) == 0 ? below(30) : below(2);
    if (what < 300)
        change(mirror);
    else if (what < 600)
        go_on(mirror);
    else if (what < 850)
        check_key(mirror, below(KEYS));
    else if (what < 900)
        flood();
    else if (what < 940)
        confirm(mirror);
    else if (what < 950)
        cache_tidy(cache);
    else if (what < 960)
        walk();
    else if (what < 990)
        check_all(mirror);
    else if (what < 992)
        flush_key(mirror);
    else if (what < 993)
        flush_table(mirror);
    else if (what < 994)
        replace(mirror);
    else if (what < 995 && below(5) == 0)
        flush_everything();
}

static void run(size_t max_bytes)
{
    const char *wanted = getenv("VMAPD_SEED");
    unsigned seed = wanted != NULL ? (unsigned)atoi(wanted) : (unsigned)getpid();

    printf("mirror model: VMAPD_SEED=%u\n", seed);
    fflush(stdout);
    srandom(seed);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 131 >> 3);
    cache = cache_new(max_bytes, &secret);
    ordinary = cache_table_add(cache, &policy);
    memset(mirrors, 0, sizeof(mirrors));
    for (unsigned i = 0; i < MIRRORS; i++)
        mirrors[i].table = cache_mirror_add(cache, &policy);
    now_ms = 1000;
    commits = refused = 0;
    for (int i = 0; i < 40000; i++) {
        struct cache_counts counts;

        step();
        counts = cache_counts(cache);
        ck_assert_uint_le(counts.bytes, counts.max_bytes);
    }
    for (unsigned i = 0; i < MIRRORS; i++)
        check_all(&mirrors[i]);
    cache_free(cache);
}

START_TEST(says_what_was_read)
{
    many_are_large = false;
    run(64 * MB);
    ck_assert_uint_gt(commits, 1000);
    ck_assert_uint_eq(refused, 0);
}
END_TEST

START_TEST(says_nothing_else_where_there_is_no_room)
{
    many_are_large = true;
    run(MB / 2);
    ck_assert_uint_gt(commits, 100);
    ck_assert_uint_gt(refused, 100);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cache_mirror_model");
    TCase *t = tcase_create("cache_mirror_model");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, says_what_was_read);
    tcase_add_test(t, says_nothing_else_where_there_is_no_room);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
