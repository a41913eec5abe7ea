/*
 * load - reading a state file; see state.h. Twice: to see that all of it is there and right,
 * then to put it into the cache, so that no half of a file is ever used. What the file says about
 * lengths is believed only as far as its bytes go.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "format.h"
#include "xmalloc.h"

/* Times are sums and differences of some of these at most. */
#define TIME_MAX ((int64_t)1 << 60)

struct reader {
    int fd;
    const char *trouble; /* why the file is of no use; NULL = good so far */
    struct state_clock saved;
    size_t tables;
    cache_table *table; /* by the file's numbers; 0 = not there */
    uint64_t blocks;    /* read so far */
    uint64_t entries;
    uint64_t took_ms;
    bool ended;
    struct buffer part;
};

static bool refuse(struct reader *reader, const char *why)
{
    if (reader->trouble == NULL)
        reader->trouble = why;
    return false;
}

/* Append exactly so many bytes to the part. */
static bool read_more(struct reader *reader, size_t len)
{
    char *data = buffer_reserve(&reader->part, len);

    while (len > 0) {
        ssize_t got = read(reader->fd, data, len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return refuse(reader, strerror(errno));
        if (got == 0)
            return refuse(reader, "it is cut short");
        data += got;
        len -= (size_t)got;
        reader->part.len += (size_t)got;
    }
    return true;
}

static bool check_part(struct reader *reader, uint64_t number)
{
    size_t len = reader->part.len;

    if (!read_more(reader, STATE_CHECK_BYTES))
        return false;
    if (state_u64(reader->part.data + len) != state_check(number, reader->part.data, len))
        return refuse(reader, "it is damaged");
    reader->part.len = len;
    return true;
}

static void map_table(struct reader *reader, size_t number, const struct state_table *tables,
                      size_t count)
{
    const char *data = reader->part.data + STATE_HEAD_BYTES + number * STATE_TABLE_BYTES;

    for (size_t i = 0; i < count; i++)
        if (tables[i].fingerprint[0] == state_u64(data) &&
            tables[i].fingerprint[1] == state_u64(data + 8))
            reader->table[number] = tables[i].table;
}

static bool read_head(struct reader *reader, const struct state_table *tables, size_t count)
{
    const char *data;

    if (!read_more(reader, STATE_HEAD_BYTES))
        return false;
    data = reader->part.data;
    if (memcmp(data, STATE_MAGIC, STATE_MAGIC_BYTES) != 0)
        return refuse(reader, "it is not a state file");
    if (state_u32(data + 8) != STATE_VERSION)
        return refuse(reader, "it is of another version");
    reader->tables = state_u32(data + 12);
    if (reader->tables > STATE_TABLES_MAX)
        return refuse(reader, "it is damaged");
    reader->saved.boot[0] = state_u64(data + 16);
    reader->saved.boot[1] = state_u64(data + 24);
    reader->saved.boot_ms = state_u64(data + 32);
    reader->saved.wall_ms = state_u64(data + 40);
    if (!read_more(reader, reader->tables * STATE_TABLE_BYTES) || !check_part(reader, 0))
        return false;
    reader->table = xcalloc(reader->tables, sizeof(*reader->table));
    for (size_t i = 0; i < reader->tables; i++)
        map_table(reader, i, tables, count);
    return true;
}

/* Split the first entry off; false: it does not end where its block ends. */
static bool take_entry(const struct reader *reader, struct slice *rest, struct cache_entry *entry,
                       size_t *table, int64_t *said_ms)
{
    const char *data = rest->data;
    uint32_t value_len;

    if (rest->len < STATE_ENTRY_BYTES)
        return false;
    *table = state_u16(data);
    entry->key = (struct slice){data + STATE_ENTRY_BYTES, state_u16(data + 2)};
    value_len = state_u32(data + 4);
    entry->negative = (value_len & STATE_NEGATIVE) != 0;
    entry->value = (struct slice){entry->key.data + entry->key.len, value_len & ~STATE_NEGATIVE};
    *said_ms = (int64_t)state_u64(data + 8);
    if (*table >= reader->tables || *said_ms > TIME_MAX || *said_ms < -TIME_MAX ||
        rest->len - STATE_ENTRY_BYTES < entry->key.len + entry->value.len)
        return false;
    rest->data = entry->value.data + entry->value.len;
    rest->len -= STATE_ENTRY_BYTES + entry->key.len + entry->value.len;
    return true;
}

/* The entries of the block that was read; valid until the next one. */
static struct slice block_entries(const struct reader *reader)
{
    return (struct slice){reader->part.data + STATE_BLOCK_BYTES,
                          reader->part.len - STATE_BLOCK_BYTES};
}

static bool entries_are_whole(const struct reader *reader, uint32_t expected)
{
    struct slice rest = block_entries(reader);
    struct cache_entry entry;
    size_t table;
    int64_t said_ms;

    while (rest.len > 0) {
        if (expected-- == 0 || !take_entry(reader, &rest, &entry, &table, &said_ms))
            return false;
    }
    return expected == 0;
}

/* The next block, or the end. */
static bool read_block(struct reader *reader)
{
    uint32_t bytes, entries;

    buffer_clear(&reader->part);
    if (!read_more(reader, STATE_BLOCK_BYTES))
        return false;
    bytes = state_u32(reader->part.data);
    entries = state_u32(reader->part.data + STATE_BLOCK_ENTRIES);
    if (bytes > STATE_BLOCK_MAX)
        return refuse(reader, "it is damaged");
    if (!read_more(reader, bytes) || !check_part(reader, ++reader->blocks))
        return false;
    if (entries == 0) {
        reader->ended = true;
        if (bytes != STATE_END_BYTES ||
            state_u64(reader->part.data + STATE_BLOCK_BYTES) != reader->entries)
            return refuse(reader, "it is damaged");
        reader->took_ms = state_u64(reader->part.data + STATE_BLOCK_BYTES + 8);
        return reader->took_ms <= TIME_MAX || refuse(reader, "it is damaged");
    }
    reader->entries += entries;
    return entries_are_whole(reader, entries) || refuse(reader, "it is damaged");
}

static bool nothing_follows(struct reader *reader)
{
    char byte;
    ssize_t got = read(reader->fd, &byte, 1);

    if (got < 0)
        return refuse(reader, strerror(errno));
    return got == 0 || refuse(reader, "something follows its end");
}

/* Everything there and right? Leaves the file at the first block. */
static bool verify(struct reader *reader, const struct state_table *tables, size_t count)
{
    off_t start;

    if (!read_head(reader, tables, count))
        return false;
    start = lseek(reader->fd, 0, SEEK_CUR);
    while (!reader->ended)
        if (!read_block(reader))
            return false;
    if (!nothing_follows(reader))
        return false;
    reader->ended = false;
    reader->blocks = 0;
    reader->entries = 0;
    return lseek(reader->fd, start, SEEK_SET) == start || refuse(reader, strerror(errno));
}

/* How much older than in the file everything is. */
struct ageing {
    uint64_t by_ms;
    bool negatives; /* can be trusted to be no older */
    bool positives;
};

static struct ageing ageing_since(const struct reader *reader, const struct state_clock *clock)
{
    const struct state_clock *saved = &reader->saved;
    bool same_boot = saved->boot[0] == clock->boot[0] && saved->boot[1] == clock->boot[1] &&
                     (clock->boot[0] | clock->boot[1]) != 0;
    uint64_t then = same_boot ? saved->boot_ms : saved->wall_ms;
    uint64_t now = same_boot ? clock->boot_ms : clock->wall_ms;

    if (now >= then && now - then >= reader->took_ms && now - then <= TIME_MAX)
        return (struct ageing){now - then, same_boot, true};
    return (struct ageing){reader->took_ms, false, false};
}

static void restore_block(const struct reader *reader, struct cache *cache,
                          const struct ageing *ageing, uint64_t now_ms, struct state_loaded *loaded)
{
    struct slice rest = block_entries(reader);
    struct cache_entry entry;
    size_t table;
    int64_t said_ms;

    while (take_entry(reader, &rest, &entry, &table, &said_ms)) {
        int64_t age_ms = (int64_t)ageing->by_ms - said_ms;

        entry.table = reader->table[table];
        entry.age_ms = age_ms > 0 ? (uint64_t)age_ms : 0;
        if (entry.table == 0) {
            loaded->other++;
        } else if (!entry.negative || ageing->negatives) {
            cache_restore(cache, &entry, now_ms);
        }
    }
}

/* All was right a moment ago; should the disk fail now, what comes before that is right still. */
static void restore(struct reader *reader, const char *path, struct cache *cache,
                    const struct ageing *ageing, uint64_t now_ms, struct state_loaded *loaded)
{
    while (read_block(reader) && !reader->ended)
        restore_block(reader, cache, ageing, now_ms, loaded);
    if (reader->trouble != NULL)
        log_warning("state file %s is only read in part: %s", path, reader->trouble);
    for (size_t i = 0; !ageing->positives && i < reader->tables; i++)
        if (reader->table[i] != 0)
            cache_table_expire(cache, reader->table[i]);
}

/* Whoever can write to the file can say where mail goes. */
static bool is_ours_alone(struct reader *reader)
{
    struct stat info;

    if (fstat(reader->fd, &info) != 0)
        return refuse(reader, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return refuse(reader, "it is not a regular file");
    if ((info.st_uid != geteuid() && info.st_uid != 0) || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return refuse(reader, "others can write to it");
    return true;
}

static void leave_aside(const char *path, const char *why)
{
    char *aside = xasprintf("%s.bad", path);

    if (rename(path, aside) == 0)
        log_warning("state file %s is not used: %s; it is now %s", path, why, aside);
    else
        log_warning("state file %s is not used: %s", path, why);
    free(aside);
}

static void say_loaded(const char *path, const struct state_loaded *loaded,
                       const struct ageing *ageing)
{
    if (!ageing->positives)
        log_warning("state file %s: the clock has gone back, its entries are taken as stale", path);
    log_info("state file %s: %zu entries loaded", path, loaded->entries);
    if (loaded->other > 0)
        log_info("state file %s: %zu entries of other table definitions are left out", path,
                 loaded->other);
}

enum state_result state_load(const char *path, struct cache *cache,
                             const struct state_table *tables, size_t count,
                             const struct state_clock *clock, uint64_t now_ms,
                             struct state_loaded *loaded)
{
    struct reader reader = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    enum state_result result = STATE_REFUSED;
    uint64_t before = cache_counts(cache).entries;
    struct state_loaded sum = {0, 0};
    struct ageing ageing;

    if (reader.fd < 0 && errno == ENOENT)
        return STATE_ABSENT;
    if (reader.fd < 0) {
        log_warning("state file %s is not used: %s", path, strerror(errno));
        return STATE_REFUSED;
    }
    if (is_ours_alone(&reader) && verify(&reader, tables, count)) {
        ageing = ageing_since(&reader, clock);
        restore(&reader, path, cache, &ageing, now_ms, &sum);
        sum.entries = cache_counts(cache).entries - before;
        say_loaded(path, &sum, &ageing);
        result = STATE_LOADED;
    } else {
        leave_aside(path, reader.trouble);
    }
    close(reader.fd);
    free(reader.table);
    buffer_free(&reader.part);
    if (loaded != NULL)
        *loaded = sum;
    return result;
}
