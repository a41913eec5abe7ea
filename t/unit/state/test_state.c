/*
 * What comes back from a state file is what was saved, never younger, and nothing at all from a file
 * in which one byte is not as it was. No save that fails costs the last one.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define MB ((size_t)1 << 20)

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

static const struct hash_secret secret = {{7, 8}};
static const struct cache_policy policy = {
    .ttl_ms = 300000, .negative_ttl_ms = 30000, .stale_ttl_ms = 86400000};
static const struct state_clock saved_at = {{11, 12}, 1000000, 1700000000000};

static char directory[64];
static char path[100], bad[110], temporary[110];
static struct cache *cache, *fresh;
static struct state_table tables[2], fresh_tables[2];

static void setup(void)
{
    snprintf(directory, sizeof(directory), "/tmp/test_state.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/cache", directory);
    snprintf(bad, sizeof(bad), "%s.bad", path);
    snprintf(temporary, sizeof(temporary), "%s.tmp", path);
    cache = cache_new(64 * MB, &secret);
    fresh = cache_new(64 * MB, &secret);
    cache_table_add(fresh, &policy); /* numbers are not the same after a restart */
    for (uint64_t i = 0; i < 2; i++) {
        tables[i] = (struct state_table){{100 + i, 200 + i}, cache_table_add(cache, &policy)};
        fresh_tables[1 - i] =
            (struct state_table){{100 + i, 200 + i}, cache_table_add(fresh, &policy)};
    }
}

static void teardown(void)
{
    cache_free(cache);
    cache_free(fresh);
    unlink(path);
    unlink(bad);
    unlink(temporary);
    rmdir(directory);
}

static cache_table fresh_table(unsigned number)
{
    return fresh_tables[1 - number].table;
}

/* The two tables, a value, a negative, no value, any bytes, a long one. The cache's time is 50000. */
static void fill_small(void)
{
    static char value[3000];

    cache_store(cache, tables[0].table, slice_of("a@example.com"), slice_of("b@example.com"),
                40000);
    cache_store(cache, tables[1].table, slice_of("a@example.com"), slice_of("1"), 45000);
    cache_store_negative(cache, tables[1].table, slice_of("n@example.com"), 46000);
    cache_store(cache, tables[0].table, (struct slice){"\0k", 2}, (struct slice){"\n\0", 2}, 50000);
    cache_store(cache, tables[0].table, slice_of("long"), (struct slice){value, 3000}, 1);
}

static void save(void)
{
    ck_assert(state_save(path, cache, tables, 2, &saved_at, 50000));
}

static struct state_clock later(uint64_t ms)
{
    return (struct state_clock){
        {11, 12}, saved_at.boot_ms + ms, saved_at.wall_ms + 12345678 /* a step */};
}

static enum state_result load(const struct state_clock *clock, struct state_loaded *loaded)
{
    return state_load(path, fresh, fresh_tables, 2, clock, 777, loaded);
}

static struct cache_answer get(unsigned table, const char *key)
{
    return cache_get(fresh, fresh_table(table), slice_of(key), 777);
}

static bool exists(const char *name)
{
    return access(name, F_OK) == 0;
}

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

/* Damage. */

static char content[20000];
static size_t content_len;

static void read_file(void)
{
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    content_len = fread(content, 1, sizeof(content), file);
    ck_assert_uint_lt(content_len, sizeof(content));
    fclose(file);
}

static void write_file(const char *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
    close(fd);
}

static void expect_refused(const char *what, size_t at)
{
    struct state_clock clock = later(100);

    ck_assert_msg(load(&clock, NULL) == STATE_REFUSED, "%s %zu was taken", what, at);
    ck_assert_uint_eq(cache_counts(fresh).entries, 0);
    ck_assert(!exists(path));
    ck_assert(exists(bad));
}

/* Several hundred KiB of log lines are for nobody. */
static void silence(void)
{
    int fd = open("/dev/null", O_WRONLY);

    ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
    close(fd);
}

START_TEST(no_byte_can_change)
{
    silence();
    fill_small();
    save();
    read_file();
    for (size_t at = 0; at < content_len; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            content[at] = (char)(content[at] ^ 1 << bit);
            write_file(content, content_len);
            expect_refused("byte", at);
            content[at] = (char)(content[at] ^ 1 << bit);
        }
    write_file(content, content_len);
    ck_assert_int_eq(load(&(struct state_clock){{11, 12}, 1000000, 0}, NULL), STATE_LOADED);
}
END_TEST

START_TEST(no_length_but_its_own)
{
    silence();
    fill_small();
    save();
    read_file();
    for (size_t len = 0; len < content_len; len++) {
        write_file(content, len);
        expect_refused("length", len);
    }
    write_file(content, content_len + 1);
    expect_refused("length", content_len + 1);
}
END_TEST

/* Parts that are whole by themselves, but not where they belong. */
START_TEST(no_part_can_move)
{
    static char moved[sizeof(content)];
    size_t head = 48 + 2 * 16 + 8, end = 8 + 16 + 8, block;

    silence();
    fill_small();
    save();
    read_file();
    block = content_len - head - end;
    memcpy(moved, content, head); /* without the block */
    memcpy(moved + head, content + head + block, end);
    write_file(moved, head + end);
    expect_refused("without block", 0);
    memcpy(moved, content, head + block); /* with the block twice */
    memcpy(moved + head + block, content + head, block + end);
    write_file(moved, content_len + block);
    expect_refused("block twice", 0);
}
END_TEST

START_TEST(other_files_are_refused)
{
    struct state_clock clock = later(0);

    write_file("hosts = 127.0.0.1\n# and more of a file that was never meant to be one\n", 70);
    expect_refused("text", 0);
    fill_small();
    save();
    ck_assert_int_eq(chmod(path, 0660), 0);
    expect_refused("mode", 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_refused("fifo", 0);
    unlink(bad);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(load(&clock, NULL), STATE_REFUSED);
    rmdir(path);
    rmdir(bad);
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

/* Of a definition's own, as its members are. */
#define TEXT(literal) ((char[]){literal})

static struct db_host hosts[2] = {{.text = TEXT("one")}, {.text = TEXT("two")}};
static const struct table_def definition = {.name = TEXT("aliases"),
                                            .db = {.hosts = hosts,
                                                   .host_count = 2,
                                                   .user = TEXT("u"),
                                                   .dbname = TEXT("d"),
                                                   .charset = TEXT("utf8mb4"),
                                                   .option_group = TEXT("client")},
                                            .query = TEXT("SELECT x"),
                                            .result_format = TEXT("%s"),
                                            .domain = TEXT("")};

START_TEST(fingerprint_is_of_what_matters)
{
    struct table_def defs[20];
    size_t count = 0;
    uint64_t fingerprint[20][2], same[2];

    for (size_t i = 0; i < 20; i++)
        defs[i] = definition;
    count++; /* the first stays as it is */
    defs[count++].name = TEXT("other");
    defs[count++].db.host_count = 1;
    defs[count++].db.user = TEXT("v");
    defs[count++].db.dbname = TEXT("e");
    defs[count++].db.charset = TEXT("latin1");
    defs[count++].db.charset = NULL;
    defs[count++].db.option_file = TEXT("/etc/my.cnf");
    defs[count++].db.option_group = TEXT("");
    defs[count++].query = TEXT("SELECT y");
    defs[count++].result_format = TEXT("%u");
    defs[count++].domain = TEXT("example.com");
    defs[count++].rules.expansion_limit = 1;
    defs[count++].rules.require_result_set = true;
    defs[count].query = TEXT("SELECT x%s");
    defs[count++].result_format = TEXT("");
    for (size_t i = 0; i < count; i++) {
        ck_assert(i < 2 || !table_def_equal(&defs[i], &defs[0]));
        state_fingerprint(&defs[i], fingerprint[i]);
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(memcmp(fingerprint[i], fingerprint[j], 16) != 0, "%zu and %zu", i, j);
    }
    defs[0].ttl_ms = 77; /* of no matter: lifetimes are those of the asking */
    defs[0].origin = TEXT("elsewhere");
    defs[0].db.pool_size = 9;
    ck_assert(table_def_equal(&defs[0], &definition));
    state_fingerprint(&defs[0], same);
    ck_assert_mem_eq(same, fingerprint[0], sizeof(same));
}
END_TEST

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
    Suite *s = suite_create("state");
    TCase *t = tcase_create("state");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
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
    tcase_add_test(t, no_byte_can_change);
    tcase_add_test(t, no_length_but_its_own);
    tcase_add_test(t, no_part_can_move);
    tcase_add_test(t, other_files_are_refused);
    tcase_add_test(t, other_definitions_are_left_out);
    tcase_add_test(t, fingerprint_is_of_what_matters);
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
