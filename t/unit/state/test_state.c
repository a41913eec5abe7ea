/*
 * What comes back from a state file is what was saved, and never younger. Files that are not as they were
 * written are test_state_damage, trouble while saving is test_state_save.
 */
#include "state_case.h"

#include <sys/stat.h>

#include "cache_mirror.h"

/* Coming back. */

START_TEST(comes_back)
{
    struct state_clock clock = later(5000);
    struct state_loaded loaded;
    struct cache_answer answer;
    struct stat info;

    fill_small();
    save();
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
    ck_assert(!exists(temporary));
    ck_assert_int_eq(load(&clock, &loaded), STATE_LOADED);
    ck_assert_uint_eq(loaded.entries, 5);
    ck_assert_uint_eq(loaded.other, 0);
    ck_assert_uint_eq(cache_counts(fresh).entries, 5);
    answer = get(0, "a@example.com");
    ck_assert_int_eq(answer.state, CACHE_FRESH);
    ck_assert(slice_equal(answer.value, slice_of("b@example.com")));
    ck_assert_uint_eq(answer.age_ms, 15000);
    answer = get(1, "a@example.com");
    ck_assert(slice_equal(answer.value, slice_of("1")));
    ck_assert_uint_eq(answer.age_ms, 10000);
    answer = get(1, "n@example.com");
    ck_assert_int_eq(answer.state, CACHE_FRESH);
    ck_assert(answer.negative);
    ck_assert_uint_eq(answer.age_ms, 9000);
    answer = cache_get(fresh, fresh_table(0), (struct slice){"\0k", 2}, 777);
    ck_assert(slice_equal(answer.value, (struct slice){"\n\0", 2}));
    ck_assert_uint_eq(get(0, "long").value.len, 3000);
    ck_assert_uint_eq(get(0, "long").age_ms, 54999);
    ck_assert(exists(path));
}
END_TEST

START_TEST(nothing_to_load)
{
    struct state_clock clock = later(0);
    struct state_loaded loaded;

    ck_assert_int_eq(load(&clock, NULL), STATE_ABSENT);
    save(); /* an empty cache */
    ck_assert_int_eq(load(&clock, &loaded), STATE_LOADED);
    ck_assert_uint_eq(loaded.entries, 0);
}
END_TEST

START_TEST(lifetimes_go_on)
{
    struct state_clock clock = later(20000);

    fill_small();
    save();
    clock = later(26000);
    ck_assert_int_eq(load(&clock, NULL), STATE_LOADED);
    ck_assert_int_eq(get(1, "n@example.com").state, CACHE_NOTHING);
    cache_flush(fresh);
    clock = later(295000);
    ck_assert_int_eq(load(&clock, NULL), STATE_LOADED);
    ck_assert_int_eq(get(0, "a@example.com").state, CACHE_STALE);
    cache_flush(fresh);
    clock = later(300000 + 86400000);
    ck_assert_int_eq(load(&clock, NULL), STATE_LOADED);
    ck_assert_uint_eq(cache_counts(fresh).entries, 0);
}
END_TEST

START_TEST(expired_tables_come_back_stale)
{
    struct state_clock clock = later(0);

    fill_small();
    cache_table_expire(cache, tables[0].table);
    cache_table_expire(cache, tables[1].table);
    save();
    ck_assert_int_eq(load(&clock, NULL), STATE_LOADED);
    ck_assert_int_eq(get(0, "a@example.com").state, CACHE_STALE);
    ck_assert_int_eq(get(1, "n@example.com").state, CACHE_NOTHING);
}
END_TEST

/* Clocks. */

START_TEST(wall_clock_does_not_matter_in_the_same_boot)
{
    static const uint64_t walls[] = {0, 1, 1700000000000 - 1, 1700000000000, UINT64_MAX};

    fill_small();
    save();
    for (size_t i = 0; i < sizeof(walls) / sizeof(walls[0]); i++) {
        struct state_clock clock = later(7000);

        clock.wall_ms = walls[i];
        ck_assert_int_eq(load(&clock, NULL), STATE_LOADED);
        ck_assert_uint_eq(get(0, "a@example.com").age_ms, 17000);
        ck_assert_int_eq(get(0, "a@example.com").state, CACHE_FRESH);
        ck_assert_int_eq(get(1, "n@example.com").state, CACHE_FRESH);
        cache_flush(fresh);
    }
}
END_TEST

START_TEST(after_a_boot_negatives_are_left_out)
{
    struct state_clock clock = {{11, 13}, 50, saved_at.wall_ms + 8000};

    fill_small();
    save();
    ck_assert_int_eq(load(&clock, NULL), STATE_LOADED);
    ck_assert_uint_eq(get(0, "a@example.com").age_ms, 18000);
    ck_assert_int_eq(get(0, "a@example.com").state, CACHE_FRESH);
    ck_assert_int_eq(get(1, "n@example.com").state, CACHE_NOTHING);
}
END_TEST

START_TEST(unknown_boots_are_not_the_same)
{
    struct state_clock unknown = {{0, 0}, 1000000, 1700000000000}, clock = unknown;

    fill_small();
    ck_assert(state_save(path, cache, tables, 2, &unknown, 50000));
    clock.boot_ms += 1000;
    clock.wall_ms += 2000;
    ck_assert_int_eq(load(&clock, NULL), STATE_LOADED);
    ck_assert_uint_eq(get(0, "a@example.com").age_ms, 12000);
    ck_assert_int_eq(get(1, "n@example.com").state, CACHE_NOTHING);
}
END_TEST

START_TEST(clock_that_went_back_makes_stale)
{
    static const struct state_clock clocks[] = {
        {{11, 13}, 5000000, 1700000000000 - 1}, /* another boot */
        {{11, 13}, 5000000, 0},
        {{11, 12}, 999999, 1700000005000}, /* the same, which cannot be */
    };

    fill_small();
    save();
    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        ck_assert_int_eq(load(&clocks[i], NULL), STATE_LOADED);
        ck_assert_int_eq(get(0, "a@example.com").state, CACHE_STALE);
        ck_assert_uint_ge(get(0, "a@example.com").age_ms, 10000);
        ck_assert_int_eq(get(1, "n@example.com").state, CACHE_NOTHING);
        cache_flush(fresh);
    }
}
END_TEST

/* Saving takes a while; what is said meanwhile is as old as it is. */
START_TEST(ages_are_right_when_saving_takes_time)
{
    struct state_writer *writer;
    struct state_clock clock = later(60000);
    enum state_step step;
    uint64_t now = 50000;

    fill_small();
    writer = state_writer_new(path, cache, tables, 2, &saved_at, now);
    ck_assert_ptr_nonnull(writer);
    cache_store(cache, tables[0].table, slice_of("new"), slice_of("x"), 55000);
    now = 56000;
    do {
        state_writer_wait(writer);
        step = state_writer_step(writer, 1, now++);
    } while (step == STATE_MORE);
    ck_assert_int_eq(step, STATE_SAVED);
    state_writer_free(writer);
    ck_assert_int_eq(load(&clock, NULL), STATE_LOADED);
    ck_assert_uint_eq(get(0, "new").age_ms, 55000);
    ck_assert_uint_eq(get(0, "a@example.com").age_ms, 70000);
    cache_flush(fresh);
    clock = later(5000); /* less than the saving took */
    ck_assert_int_eq(load(&clock, NULL), STATE_LOADED);
    ck_assert_int_eq(get(0, "new").state, CACHE_STALE);
    ck_assert_int_eq(get(1, "n@example.com").state, CACHE_NOTHING);
}
END_TEST

START_TEST(clocks_are_read)
{
    struct state_clock a, b;

    state_clock_read(&a);
    state_clock_read(&b);
    ck_assert_mem_eq(a.boot, b.boot, sizeof(a.boot));
    ck_assert(a.boot[0] != 0 || a.boot[1] != 0);
    ck_assert_uint_ge(b.boot_ms, a.boot_ms);
    ck_assert_uint_gt(a.wall_ms, 1600000000000);
}
END_TEST

/* Other definitions. */

START_TEST(other_definitions_are_left_out)
{
    struct state_clock clock = later(0);
    struct state_loaded loaded;

    fill_small();
    save();
    fresh_tables[0].fingerprint[1]++; /* is the second of the file's */
    ck_assert_int_eq(load(&clock, &loaded), STATE_LOADED);
    ck_assert_uint_eq(loaded.entries, 3);
    ck_assert_uint_eq(loaded.other, 2);
    ck_assert_int_eq(get(0, "a@example.com").state, CACHE_FRESH);
    ck_assert_int_eq(get(1, "a@example.com").state, CACHE_NOTHING);
    ck_assert_int_eq(get(1, "n@example.com").state, CACHE_NOTHING);
}
END_TEST

/* Mirrors. */

static void read_rows(struct cache *of, cache_table mirror, unsigned users, uint64_t asked_ms)
{
    char key[32];

    cache_mirror_begin(of, mirror, asked_ms);
    for (unsigned i = 0; i < users; i++) {
        struct slice user = {key, (size_t)snprintf(key, sizeof(key), "user%u@example.com", i)};

        ck_assert_int_eq(cache_mirror_row(of, mirror, user, user), CACHE_MIRROR_OK);
    }
    cache_mirror_row(of, mirror, slice_of("list@example.com"), slice_of("a@example.com"));
    cache_mirror_row(of, mirror, slice_of("list@example.com"), slice_of("b@example.com"));
}

static struct cache_mirror_answer find(cache_table mirror, const char *key)
{
    return cache_mirror_find(fresh, mirror, slice_of(key), 777);
}

/* As old answers, of which it is not known whether they are all. */
START_TEST(rows_of_a_mirror_come_back)
{
    struct state_table saved = {{7, 8}, cache_mirror_add(cache, &policy)};
    struct state_table loaded = {{7, 8}, cache_mirror_add(fresh, &policy)};
    struct state_clock clock = later(5000);
    struct cache_mirror_change change;

    read_rows(cache, saved.table, 3000, 40000);
    ck_assert(cache_mirror_commit(cache, saved.table, 41000, NULL));
    ck_assert(cache_mirror_confirm(cache, saved.table, 49000));
    read_rows(cache, saved.table, 5000, 49500); /* under way: nobody knows of it */
    ck_assert(state_save(path, cache, &saved, 1, &saved_at, 50000));
    ck_assert_int_eq(state_load(path, fresh, &loaded, 1, &clock, 777, NULL), STATE_LOADED);
    ck_assert_uint_eq(cache_counts(fresh).entries, 3002);
    ck_assert_int_eq(find(loaded.table, "user2999@example.com").said, CACHE_MIRROR_FOUND);
    ck_assert_uint_eq(find(loaded.table, "user2999@example.com").age_ms, 6000);
    ck_assert_int_eq(find(loaded.table, "list@example.com").said, CACHE_MIRROR_SEVERAL);
    ck_assert_int_eq(find(loaded.table, "user3000@example.com").said, CACHE_MIRROR_UNKNOWN);
    ck_assert(!find(loaded.table, "user3000@example.com").whole);
    read_rows(fresh, loaded.table, 2000, 700);
    ck_assert(cache_mirror_commit(fresh, loaded.table, 750, &change));
    ck_assert_uint_eq(change.added, 0);
    ck_assert_uint_eq(change.removed, 1000);
    ck_assert_int_eq(find(loaded.table, "user2999@example.com").said, CACHE_MIRROR_MISSING);
    ck_assert_uint_eq(find(loaded.table, "user1999@example.com").age_ms, 77);
}
END_TEST

/* Then what it says is past its time, as of other tables. */
START_TEST(rows_are_stale_when_the_clock_went_back)
{
    struct state_table saved = {{7, 8}, cache_mirror_add(cache, &policy)};
    struct state_table loaded = {{7, 8}, cache_mirror_add(fresh, &policy)};
    static const struct state_clock back = {{11, 13}, 5000000, 0};

    read_rows(cache, saved.table, 10, 40000);
    ck_assert(cache_mirror_commit(cache, saved.table, 41000, NULL));
    ck_assert(state_save(path, cache, &saved, 1, &saved_at, 50000));
    ck_assert_int_eq(state_load(path, fresh, &loaded, 1, &back, 777, NULL), STATE_LOADED);
    ck_assert_int_eq(find(loaded.table, "user9@example.com").said, CACHE_MIRROR_FOUND);
    ck_assert_uint_ge(find(loaded.table, "user9@example.com").age_ms, policy.ttl_ms);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("state");
    TCase *t = tcase_create("state");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, comes_back);
    tcase_add_test(t, nothing_to_load);
    tcase_add_test(t, lifetimes_go_on);
    tcase_add_test(t, expired_tables_come_back_stale);
    tcase_add_test(t, wall_clock_does_not_matter_in_the_same_boot);
    tcase_add_test(t, after_a_boot_negatives_are_left_out);
    tcase_add_test(t, unknown_boots_are_not_the_same);
    tcase_add_test(t, clock_that_went_back_makes_stale);
    tcase_add_test(t, ages_are_right_when_saving_takes_time);
    tcase_add_test(t, clocks_are_read);
    tcase_add_test(t, other_definitions_are_left_out);
    tcase_add_test(t, rows_of_a_mirror_come_back);
    tcase_add_test(t, rows_are_stale_when_the_clock_went_back);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
