/* No save that fails costs the last one, none waits for a disk, and large ones go in steps. */
#include "state_case.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* The C library's fsync(2), on a disk that hangs as long as a test says. */
static atomic_bool disk_hangs, disk_is_waited_for;

int fsync(int fd)
{
    while (disk_hangs) {
        disk_is_waited_for = true;
        usleep(1000);
    }
    return fdatasync(fd);
}

/* Trouble while saving. */

static void expect_last_one(void)
{
    struct state_clock clock = later(0);

    ck_assert(!exists(temporary));
    ck_assert_int_eq(load(&clock, NULL), STATE_LOADED);
    ck_assert_uint_eq(cache_counts(fresh).entries, 5);
}

static void fill_large(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char key[32];

        snprintf(key, sizeof(key), "user%u@example.com", i);
        cache_store(cache, tables[i % 2].table, slice_of(key), slice_of(key), 49000);
    }
}

START_TEST(full_disk_keeps_the_last_one)
{
    struct rlimit before, limit;

    fill_small();
    save();
    fill_large(10000);
    signal(SIGXFSZ, SIG_IGN); /* as vmapd does */
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){100000, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert(!state_save(path, cache, tables, 2, &saved_at, 50000));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    expect_last_one();
}
END_TEST

START_TEST(no_place_to_save)
{
    rmdir(directory);
    ck_assert(!state_save(path, cache, tables, 2, &saved_at, 50000));
}
END_TEST

START_TEST(save_that_is_given_up_keeps_the_last_one)
{
    for (unsigned steps = 0; steps < 12; steps += 3) {
        struct state_writer *writer;

        cache_flush(cache);
        fill_small();
        save();
        fill_large(10000);
        writer = state_writer_new(path, cache, tables, 2, &saved_at, 50000);
        for (unsigned i = 0; i < steps; i++) {
            state_writer_wait(writer);
            ck_assert_int_eq(state_writer_step(writer, 100, 50000), STATE_MORE);
        }
        state_writer_free(writer);
        cache_flush(fresh);
        expect_last_one();
    }
}
END_TEST

/* Nobody waits for the disk, and what was flushed does not come back by the end of a save. */
START_TEST(given_up_while_the_disk_hangs)
{
    struct state_writer *writer;

    fill_small();
    save();
    disk_is_waited_for = false;
    disk_hangs = true;
    writer = state_writer_new(path, cache, tables, 2, &saved_at, 50000);
    while (!disk_is_waited_for)
        ck_assert_int_eq(state_writer_step(writer, 1000, 50000), STATE_MORE);
    state_writer_abandon(writer);
    state_discard(path);
    ck_assert_int_eq(state_writer_step(writer, 1000, 50000), STATE_MORE);
    disk_hangs = false;
    state_writer_wait(writer);
    ck_assert_int_eq(state_writer_step(writer, 1000, 50000), STATE_FAILED);
    state_writer_free(writer);
    ck_assert(!exists(path));
    ck_assert(!exists(temporary));
}
END_TEST

START_TEST(nothing_is_written_through_a_link)
{
    char other[110];
    struct stat info;

    snprintf(other, sizeof(other), "%s/other", directory);
    write_file("keep", 4);
    ck_assert_int_eq(rename(path, other), 0);
    ck_assert_int_eq(symlink(other, temporary), 0);
    fill_small();
    save();
    ck_assert_int_eq(stat(other, &info), 0);
    ck_assert_int_eq(info.st_size, 4);
    ck_assert_int_eq(lstat(path, &info), 0);
    ck_assert(S_ISREG(info.st_mode));
    unlink(other);
}
END_TEST

START_TEST(discarded)
{
    struct state_clock clock = later(0);

    save();
    state_discard(path);
    ck_assert_int_eq(load(&clock, NULL), STATE_ABSENT);
    state_discard(path);
}
END_TEST

/* Much, in small steps, while the cache goes on. */

START_TEST(saves_in_small_steps)
{
    struct state_writer *writer;
    struct state_clock clock = later(0);
    enum state_step step;
    unsigned steps = 0, missing = 0;
    char key[32];

    fill_large(100000);
    writer = state_writer_new(path, cache, tables, 2, &saved_at, 50000);
    do {
        snprintf(key, sizeof(key), "more%u", steps);
        cache_store(cache, tables[0].table, slice_of(key), slice_of(key), 50000);
        snprintf(key, sizeof(key), "user%u@example.com", steps);
        cache_store(cache, tables[steps % 2].table, slice_of(key), slice_of("longer than before"),
                    50000);
        state_writer_wait(writer);
        step = state_writer_step(writer, 64, 50000);
        steps++;
    } while (step == STATE_MORE);
    ck_assert_int_eq(step, STATE_SAVED);
    ck_assert_uint_ge(steps, 100000 / 128);
    state_writer_free(writer);
    ck_assert_int_eq(load(&clock, NULL), STATE_LOADED);
    for (unsigned i = 0; i < 100000; i++) {
        struct cache_answer answer;

        snprintf(key, sizeof(key), "user%u@example.com", i);
        answer = get(i % 2, key);
        missing += answer.state == CACHE_NOTHING;
        if (answer.state != CACHE_NOTHING && i >= steps)
            ck_assert(slice_equal(answer.value, slice_of(key)));
    }
    ck_assert_uint_eq(missing, 0);
}
END_TEST

START_TEST(longest_values)
{
    static char value[100000];
    struct state_clock clock = later(0);
    struct state_loaded loaded;

    memset(value, 'v', sizeof(value));
    for (unsigned i = 0; i < 200; i++) {
        char key[32];

        snprintf(key, sizeof(key), "list%u", i);
        cache_store(cache, tables[0].table, slice_of(key), (struct slice){value, sizeof(value)},
                    50000);
    }
    save();
    ck_assert_int_eq(load(&clock, &loaded), STATE_LOADED);
    ck_assert_uint_eq(loaded.entries, 200);
    ck_assert_uint_eq(get(0, "list199").value.len, sizeof(value));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("state_save");
    TCase *t = tcase_create("state_save");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, full_disk_keeps_the_last_one);
    tcase_add_test(t, no_place_to_save);
    tcase_add_test(t, save_that_is_given_up_keeps_the_last_one);
    tcase_add_test(t, given_up_while_the_disk_hangs);
    tcase_add_test(t, nothing_is_written_through_a_link);
    tcase_add_test(t, discarded);
    tcase_add_test(t, saves_in_small_steps);
    tcase_add_test(t, longest_values);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
