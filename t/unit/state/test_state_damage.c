/*
 * Nothing at all comes back from a file in which one byte is not as it was, that is not ours, or that
 * cannot be read to its end.
 */
/* read() is ours below; the checked form of the C library would be inline. */
#undef _FORTIFY_SOURCE

#include "state_case.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "format.h"

/* The C library's read(2), which gives at most so many bytes, and fails once, when a test says so. */
static struct {
    size_t most; /* 0 = as many as wanted */
    unsigned count, fail_at;
} reads;

ssize_t read(int fd, void *data, size_t len)
{
    if (++reads.count == reads.fail_at) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_read, fd, data, reads.most != 0 && len > reads.most ? reads.most : len);
}

static char content[4000];
static size_t content_len;

static void read_file(void)
{
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    content_len = fread(content, 1, sizeof(content), file);
    ck_assert_uint_lt(content_len, sizeof(content));
    fclose(file);
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

/* A few entries of each kind: one block of them. */
static void save_little(void)
{
    cache_store(cache, tables[0].table, slice_of("a@example.com"), slice_of("b@example.com"),
                40000);
    cache_store(cache, tables[1].table, slice_of("a@example.com"), slice_of("1"), 45000);
    cache_store_negative(cache, tables[1].table, slice_of("n@example.com"), 46000);
    save();
    read_file();
}

START_TEST(no_byte_can_change)
{
    silence();
    save_little();
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
    save_little();
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
    save_little();
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

/* Of another kind although each check is right, as a later version or somebody's own program has it. */

#define BLOCK (STATE_HEAD_BYTES + 2 * STATE_TABLE_BYTES + STATE_CHECK_BYTES)

static void set_u32(size_t at, uint32_t value)
{
    struct buffer bytes = BUFFER_EMPTY;

    state_add_u32(&bytes, value);
    memcpy(content + at, bytes.data, bytes.len);
    buffer_free(&bytes);
}

/* A part of so many bytes begins there. */
static void seal(uint64_t part, size_t at, size_t len)
{
    struct buffer check = BUFFER_EMPTY;

    state_add_u64(&check, state_check(part, content + at, len));
    memcpy(content + at + len, check.data, check.len);
    buffer_free(&check);
}

START_TEST(of_another_version)
{
    silence();
    save_little();
    set_u32(STATE_MAGIC_BYTES, STATE_VERSION + 1);
    seal(0, 0, BLOCK - STATE_CHECK_BYTES);
    write_file(content, content_len);
    expect_refused("version", STATE_VERSION + 1);
    set_u32(STATE_MAGIC_BYTES, STATE_VERSION);
    seal(0, 0, BLOCK - STATE_CHECK_BYTES);
    write_file(content, content_len);
    ck_assert_int_eq(load(&saved_at, NULL), STATE_LOADED);
}
END_TEST

/* Lengths and numbers of the first entry, and how many entries there are. */
START_TEST(entries_that_cannot_be)
{
    static const struct {
        size_t at;
        uint32_t value;
    } changes[] = {
        {BLOCK + STATE_BLOCK_ENTRIES, 2},
        {BLOCK + STATE_BLOCK_ENTRIES, 4},
        {BLOCK + STATE_BLOCK_BYTES, 0x000d0002},     /* the third of two tables */
        {BLOCK + STATE_BLOCK_BYTES, 0xffff0000},     /* its key */
        {BLOCK + STATE_BLOCK_BYTES + 4, 0x7fffffff}, /* its value */
        {BLOCK + STATE_BLOCK_BYTES + 4, 0xffffffff},
        {BLOCK + STATE_BLOCK_BYTES + 12, 0x7fffffff}, /* its time */
        {BLOCK + STATE_BLOCK_BYTES + 12, 0x80000000},
    };
    size_t len;

    silence();
    save_little();
    len = STATE_BLOCK_BYTES + state_u32(content + BLOCK);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint32_t before = state_u32(content + changes[i].at);

        ck_assert_uint_ne(before, changes[i].value);
        set_u32(changes[i].at, changes[i].value);
        seal(1, BLOCK, len);
        write_file(content, content_len);
        expect_refused("change", i);
        set_u32(changes[i].at, before);
    }
    seal(1, BLOCK, len);
    write_file(content, content_len);
    ck_assert_int_eq(load(&saved_at, NULL), STATE_LOADED);
}
END_TEST

/* For the rest of this test, which is a process of its own. */
static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__ /* which takes more addresses than that */
    const struct rlimit limit = {(rlim_t)1 << 30, (rlim_t)1 << 30};

    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
#endif
}

/* What a length asks for is not taken before it is believed. */
START_TEST(lengths_are_doubted_first)
{
    silence();
    save_little();
    limit_memory();
    set_u32(BLOCK, 0xffffffff);
    write_file(content, content_len);
    expect_refused("length of a block", 0xffffffff);
    set_u32(STATE_MAGIC_BYTES + 4, 0xffffffff);
    write_file(content, content_len);
    expect_refused("number of tables", 0xffffffff);
}
END_TEST

/* A disk that reads a few bytes at a time, and fails once. */

START_TEST(read_in_small_pieces)
{
    struct state_clock clock = later(5000);

    save_little();
    for (reads.most = 1; reads.most <= 7; reads.most++) {
        ck_assert_int_eq(load(&clock, NULL), STATE_LOADED);
        ck_assert_uint_eq(cache_counts(fresh).entries, 3);
        ck_assert(slice_equal(get(0, "a@example.com").value, slice_of("b@example.com")));
        ck_assert_uint_eq(get(0, "a@example.com").age_ms, 15000);
        cache_flush(fresh);
    }
}
END_TEST

/* Failing before all of it was seen to be right, nothing is used; later, what comes before that. */
START_TEST(read_errors)
{
    struct state_clock clock = later(5000);
    unsigned refused = 0;
    enum state_result result;

    silence();
    save_little();
    reads.most = 7;
    reads.fail_at = 1;
    do {
        write_file(content, content_len);
        reads.count = 0;
        result = load(&clock, NULL);
        refused += result == STATE_REFUSED;
        if (result == STATE_REFUSED)
            ck_assert_uint_eq(cache_counts(fresh).entries, 0);
        else
            ck_assert_uint_le(cache_counts(fresh).entries, 3);
        if (cache_counts(fresh).entries > 0)
            ck_assert(slice_equal(get(0, "a@example.com").value, slice_of("b@example.com")));
        cache_flush(fresh);
    } while (reads.count >= reads.fail_at++);
    ck_assert_int_eq(result, STATE_LOADED);
    ck_assert_uint_ge(refused, content_len / 7);
    ck_assert_uint_lt(refused, content_len / 7 + 40);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("state_damage");
    TCase *t = tcase_create("state_damage");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, no_byte_can_change);
    tcase_add_test(t, no_length_but_its_own);
    tcase_add_test(t, no_part_can_move);
    tcase_add_test(t, other_files_are_refused);
    tcase_add_test(t, of_another_version);
    tcase_add_test(t, entries_that_cannot_be);
    tcase_add_test(t, lengths_are_doubted_first);
    tcase_add_test(t, read_in_small_pieces);
    tcase_add_test(t, read_errors);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
