/*
 * References are found under their hash whatever the index grows and shrinks through, a single
 * operation never moves much, and a walk misses nobody. Entries are bare headers with hashes that
 * the test chooses, and their number as their time.
 */
#include "index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#define ENTRIES  60000
#define PER_PAGE 2000

static struct pages pages;
static struct index ix;
static entry_ref refs[ENTRIES];
static bool present[ENTRIES];

static uint32_t mix(uint32_t x)
{
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) * 0x846ca68bu;
    return x ^ x >> 16;
}

static void setup(void)
{
    page_id page = 0;

    ck_assert(index_init(&ix, &pages));
    memset(present, 0, sizeof(present));
    for (uint32_t i = 0; i < ENTRIES; i++) {
        if (i % PER_PAGE == 0)
            page = pages_take(&pages);
        refs[i] = entry_ref_of(page, (i % PER_PAGE) * sizeof(struct entry));
        entry_at(&pages, refs[i])->hash = mix(i);
        entry_at(&pages, refs[i])->stored_ms = i;
    }
}

static void teardown(void)
{
    index_free(&ix);
    pages_free(&pages);
}

static bool found_under(uint32_t hash, entry_ref wanted)
{
    struct index_search search = index_search(&ix, hash);
    entry_ref ref;

    while ((ref = index_next(&ix, &search)) != 0)
        if (ref == wanted)
            return true;
    return false;
}

static bool found(uint32_t i)
{
    return found_under(mix(i), refs[i]);
}

static void add(uint32_t i)
{
    uint32_t buckets = ix.home.count;

    ck_assert(index_add(&ix, mix(i), refs[i]));
    ck_assert_uint_le(ix.home.count - buckets, 2);
    present[i] = true;
}

static void drop(uint32_t i)
{
    uint32_t buckets = ix.home.count;

    index_remove(&ix, mix(i), refs[i]);
    ck_assert_uint_le(buckets - ix.home.count, 1);
    present[i] = false;
}

static void check_all(void)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < ENTRIES; i++) {
        ck_assert_msg(found(i) == present[i], "entry %u", i);
        count += present[i];
    }
    ck_assert_uint_eq(ix.entries, count);
}

START_TEST(grows_and_shrinks)
{
    size_t full;

    for (uint32_t i = 0; i < ENTRIES; i++)
        add(i);
    check_all();
    full = pages_bytes(&pages);
    ck_assert_uint_le((ix.home.count + ix.overflow.count) * sizeof(struct bucket),
                      ENTRIES * (size_t)11);
    for (uint32_t i = 0; i < ENTRIES; i++)
        if (i % 20 != 0)
            drop(i);
    check_all();
    ck_assert_uint_lt(pages_bytes(&pages), full - full / 5);
    for (uint32_t i = 0; i < ENTRIES; i += 20)
        drop(i);
    check_all();
    ck_assert_uint_eq(ix.home.count, BUCKETS_PER_PAGE);
    ck_assert_uint_eq(ix.overflow.count, 0);
}
END_TEST

START_TEST(survives_random_use)
{
    unsigned seed = (unsigned)getpid();

    printf("index: seed %u\n", seed);
    srandom(seed);
    for (int phase = 0; phase < 12; phase++) {
        unsigned share = (unsigned)random() % 100; /* of additions */

        for (int step = 0; step < 40000; step++) {
            uint32_t i = (uint32_t)random() % ENTRIES;

            if ((unsigned)random() % 100 < share) {
                if (!present[i])
                    add(i);
            } else if (present[i]) {
                drop(i);
            }
        }
        check_all();
    }
}
END_TEST

START_TEST(takes_equal_hashes)
{
    for (uint32_t i = 0; i < ENTRIES; i++)
        entry_at(&pages, refs[i])->hash = i < 1000 ? 0xabcdef01 : mix(i);
    for (uint32_t i = 0; i < 1000; i++)
        ck_assert(index_add(&ix, 0xabcdef01, refs[i]));
    for (uint32_t i = 1000; i < ENTRIES; i++)
        ck_assert(index_add(&ix, mix(i), refs[i]));
    for (uint32_t i = 1000; i < ENTRIES; i++)
        index_remove(&ix, mix(i), refs[i]);
    for (uint32_t i = 0; i < 1000; i++)
        index_remove(&ix, 0xabcdef01, refs[i]);
    ck_assert_uint_eq(ix.entries, 0);
    ck_assert_uint_eq(ix.overflow.count, 0);
}
END_TEST

/* Chains of several overflow buckets, taken apart and put together again. */
START_TEST(splits_long_chains)
{
    for (uint32_t i = 0; i < ENTRIES; i++)
        entry_at(&pages, refs[i])->hash = i % 3 == 0 ? mix(i) : mix(i / 150) & 0xff00ffff;
    for (uint32_t i = 0; i < ENTRIES; i++)
        ck_assert(index_add(&ix, entry_at(&pages, refs[i])->hash, refs[i]));
    for (uint32_t i = 0; i < ENTRIES; i++)
        ck_assert(found_under(entry_at(&pages, refs[i])->hash, refs[i]));
    for (uint32_t i = 0; i < ENTRIES; i++)
        index_remove(&ix, entry_at(&pages, refs[i])->hash, refs[i]);
    ck_assert_uint_eq(ix.entries, 0);
    ck_assert_uint_eq(ix.overflow.count, 0);
    ck_assert_uint_eq(ix.home.count, BUCKETS_PER_PAGE);
}
END_TEST

/* Two keys with very many rows, in one bucket at first, then in two, then in one again. */
START_TEST(merges_long_chains)
{
    const uint32_t each = 3000, parent = 1900, child = parent + 2048;

    for (uint32_t i = 0; i < ENTRIES; i++)
        entry_at(&pages, refs[i])->hash = i < each ? parent : i < 2 * each ? child : mix(i);
    for (uint32_t i = 0; i < ENTRIES; i++)
        ck_assert(index_add(&ix, entry_at(&pages, refs[i])->hash, refs[i]));
    ck_assert_uint_gt(ix.home.count, child);
    for (uint32_t i = 0; i < ENTRIES; i++)
        ck_assert(found_under(entry_at(&pages, refs[i])->hash, refs[i]));
    for (uint32_t i = 2 * each; i < ENTRIES; i++)
        index_remove(&ix, mix(i), refs[i]);
    ck_assert_uint_lt(ix.home.count, child);
    for (uint32_t i = 0; i < 2 * each; i++)
        ck_assert(found_under(i < each ? parent : child, refs[i]));
    for (uint32_t i = 0; i < 2 * each; i++)
        index_remove(&ix, entry_at(&pages, refs[i])->hash, refs[i]);
    ck_assert_uint_eq(ix.overflow.count, 0);
    ck_assert_uint_eq(ix.home.count, BUCKETS_PER_PAGE);
}
END_TEST

/* All pages there can be are taken, but for so many. */

static page_id hoard[PAGE_LARGE_FIRST];
static size_t hoarded;

static void leave(unsigned left)
{
    page_id page;

    while ((page = pages_take(&pages)) != 0)
        hoard[hoarded++] = page;
    while (left-- > 0)
        pages_give(&pages, hoard[--hoarded]);
}

/* What there is no page for is not added, and nothing else is lost: the next page may be missing at any
 * point. */
START_TEST(goes_on_without_memory)
{
    for (unsigned left = 0; left < 9; left++) {
        unsigned failed = 0;

        leave(left);
        for (uint32_t i = 0; i < ENTRIES; i++) {
            present[i] = index_add(&ix, mix(i), refs[i]);
            failed += !present[i];
            if (i % 3 == 0 && present[i / 2])
                drop(i / 2);
        }
        check_all();
        ck_assert_uint_gt(failed, 0);
        for (uint32_t i = 0; i < ENTRIES; i++)
            if (present[i])
                drop(i);
        ck_assert_uint_eq(ix.entries, 0);
        ck_assert_uint_eq(ix.overflow.count, 0);
    }
    hoarded -= 100;
    for (size_t i = 0; i < 100; i++)
        pages_give(&pages, hoard[hoarded + i]);
    for (uint32_t i = 0; i < ENTRIES; i++)
        add(i);
    check_all();
}
END_TEST

/* Together they would need an overflow bucket, for which there is no page: they stay two. */
START_TEST(merges_what_there_is_room_for)
{
    for (uint32_t i = 0; i < 4000; i++)
        entry_at(&pages, refs[i])->hash = i < 16 ? i * 512 : i;
    for (uint32_t i = 16; i < 3800; i++)
        if (i % 512 != 0)
            ck_assert(index_add(&ix, i, refs[i]));
    for (uint32_t i = 0; i < 16; i++)
        ck_assert(index_add(&ix, i * 512, refs[i]));
    ck_assert_uint_gt(ix.home.count, 513);
    ck_assert_uint_eq(ix.overflow.pages, 0);
    leave(0);
    for (uint32_t i = 16; i < 3790; i++)
        if (i % 512 != 0)
            index_remove(&ix, i, refs[i]);
    ck_assert_uint_eq(ix.home.count, 513);
    for (uint32_t i = 0; i < 16; i++)
        ck_assert(found_under(i * 512, refs[i]));
    for (uint32_t i = 12; i < 16; i++)
        index_remove(&ix, i * 512, refs[i]);
    ck_assert_uint_eq(ix.home.count, 512);
    for (uint32_t i = 0; i < 12; i++)
        ck_assert(found_under(i * 512, refs[i]));
}
END_TEST

START_TEST(moves_a_reference)
{
    page_id page = pages_take(&pages);
    entry_ref there = entry_ref_of(page, 0);

    for (uint32_t i = 0; i < 5000; i++)
        add(i);
    *entry_at(&pages, there) = *entry_at(&pages, refs[77]);
    index_move(&ix, mix(77), refs[77], there);
    ck_assert(!found(77));
    refs[77] = there;
    ck_assert(found(77));
    check_all();
}
END_TEST

struct seen {
    unsigned char times[ENTRIES];
};

static void see(void *arg, entry_ref ref)
{
    struct seen *seen = arg;
    seen->times[entry_at(&pages, ref)->stored_ms]++;
}

/* Some entries stay; the others come or go in masses, so that the index doubles or halves. */
static void walk_while(bool growing)
{
    static struct seen seen;
    uint64_t position = 0;
    uint32_t next = 0, staying = growing ? 1000 : 3000;

    memset(&seen, 0, sizeof(seen));
    for (uint32_t i = 0; i < ENTRIES; i++)
        if (growing ? i < staying : true)
            add(i);
    next = staying;
    do {
        index_walk(&ix, &position, see, &seen);
        for (int i = 0; i < 100 && next < ENTRIES; i++, next++)
            growing ? add(next) : drop(next);
    } while (position != 0);
    for (uint32_t i = 0; i < staying; i++)
        ck_assert_msg(seen.times[i] == 1, "entry %u seen %u times", i, seen.times[i]);
}

START_TEST(walk_sees_all_while_growing)
{
    walk_while(true);
}
END_TEST

START_TEST(walk_sees_all_while_shrinking)
{
    walk_while(false);
}
END_TEST

/* At each size: half of the buckets have been split, or one, or all but one. Small hashes are the very first
 * of their buckets. */
START_TEST(walk_sees_all_at_each_size)
{
    static struct seen seen;

    for (uint32_t count = 1; count <= 1200; count++) {
        uint64_t position = 0;

        entry_at(&pages, refs[count - 1])->hash = count - 1;
        ck_assert(index_add(&ix, count - 1, refs[count - 1]));
        memset(&seen, 0, sizeof(seen));
        do
            index_walk(&ix, &position, see, &seen);
        while (position != 0);
        for (uint32_t i = 0; i < count; i++)
            ck_assert_msg(seen.times[i] == 1, "%u of %u seen %u times", i, count, seen.times[i]);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("index");
    TCase *t = tcase_create("index");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, grows_and_shrinks);
    tcase_add_test(t, survives_random_use);
    tcase_add_test(t, takes_equal_hashes);
    tcase_add_test(t, splits_long_chains);
    tcase_add_test(t, merges_long_chains);
    tcase_add_test(t, goes_on_without_memory);
    tcase_add_test(t, merges_what_there_is_room_for);
    tcase_add_test(t, moves_a_reference);
    tcase_add_test(t, walk_sees_all_at_each_size);
    tcase_add_test(t, walk_sees_all_while_growing);
    tcase_add_test(t, walk_sees_all_while_shrinking);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
