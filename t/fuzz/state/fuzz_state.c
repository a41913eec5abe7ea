/*
 * State files. The first byte chooses: the rest is a whole file; or it is the entries of a block, or
 * of two, in a file that is right otherwise, so that what the checks keep out is tried, too. A file
 * is taken whole or not at all.
 */
#include "state.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache_mirror.h"
#include "fuzz.h"
#include "log.h"
#include "format.h"

static const struct hash_secret secret = {{1, 2}};
static const struct cache_policy policy = {1000000, 1000000, 1000000};
static const struct state_clock now = {{1, 2}, 1000, 1000};

static void add_check(struct buffer *file, size_t from, uint64_t part)
{
    state_add_u64(file, state_check(part, file->data + from, file->len - from));
}

static void add_head(struct buffer *file)
{
    buffer_add(file, STATE_MAGIC, STATE_MAGIC_BYTES);
    state_add_u32(file, STATE_VERSION);
    state_add_u32(file, 1);
    state_add_u64(file, now.boot[0]);
    state_add_u64(file, now.boot[1]);
    state_add_u64(file, 500);
    state_add_u64(file, 500);
    state_add_u64(file, 7);
    state_add_u64(file, 8);
    add_check(file, 0, 0);
}

static void add_block(struct buffer *file, uint64_t part, uint32_t entries, struct slice content)
{
    size_t from = file->len;

    state_add_u32(file, (uint32_t)content.len);
    state_add_u32(file, entries);
    buffer_add(file, content.data, content.len);
    add_check(file, from, part);
}

static void add_end(struct buffer *file, uint64_t part, uint64_t entries)
{
    struct buffer content = BUFFER_EMPTY;

    state_add_u64(&content, entries);
    state_add_u64(&content, 0);
    add_block(file, part, 0, buffer_slice(&content));
    buffer_free(&content);
}

static void make_file(struct buffer *file, uint8_t kind, struct slice rest)
{
    uint32_t entries = kind >> 1;
    uint64_t blocks = 1 + (kind & 1);

    if (kind == 0) {
        buffer_add(file, rest.data, rest.len);
        return;
    }
    add_head(file);
    for (uint64_t part = 1; part <= blocks; part++)
        add_block(file, part, entries, rest);
    add_end(file, blocks + 1, entries * blocks);
}

static void check_entry(void *arg, const struct cache_entry *entry)
{
    FUZZ_CHECK(entry->table == *(const cache_table *)arg);
    FUZZ_CHECK(entry->key.len <= 1000 && entry->value.len <= 100000);
    FUZZ_CHECK(!entry->negative || entry->value.len == 0);
}

static void load(const char *path, bool is_mirror)
{
    struct cache *cache = cache_new(1, &secret);
    struct state_table table = {
        {7, 8}, is_mirror ? cache_mirror_add(cache, &policy) : cache_table_add(cache, &policy)};
    struct state_loaded loaded = {0, 0};
    enum state_result result = state_load(path, cache, &table, 1, &now, 5000, &loaded);
    uint64_t cursor = 0;

    FUZZ_CHECK(result != STATE_ABSENT);
    FUZZ_CHECK(result == STATE_LOADED || cache_counts(cache).entries == 0);
    FUZZ_CHECK(loaded.entries == cache_counts(cache).entries);
    FUZZ_CHECK(!is_mirror || cache_counts(cache).negative_entries == 0);
    do
        cache_walk(cache, &cursor, 100, 5000, check_entry, &table.table);
    while (cursor != 0);
    cache_free(cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer file = BUFFER_EMPTY;
    char path[64];
    int fd;

    log_open("fuzz", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    if (size == 0)
        return 0;
    make_file(&file, data[0], (struct slice){(const char *)data + 1, size - 1});
    fd = memfd_create("state", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && fchmod(fd, 0600) == 0);
    FUZZ_CHECK(write(fd, buffer_text(&file), file.len) == (ssize_t)file.len);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    load(path, false);
    FUZZ_CHECK(lseek(fd, 0, SEEK_SET) == 0);
    load(path, true);
    close(fd);
    buffer_free(&file);
    return 0;
}
