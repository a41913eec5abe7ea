/*
 * save - writing a state file; see state.h. The event loop's thread copies entries into a
 * block; when it is full it changes hands with the one that a thread writes meanwhile. The two share
 * the job (under the mutex) and, while a job is set, nothing but the thread touches the file or the
 * block in its hands.
 */
#include "state.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "format.h"
#include "thread.h"
#include "write_all.h"
#include "xmalloc.h"

#define BLOCK_FULL 65536u
#define WALK_PIECE 32u /* entries between looks at the block; of the longest values 3 MiB */

enum job { JOB_NONE, JOB_WRITE, JOB_FINISH, JOB_STOP };

/* What the next step does. */
enum stage { STAGE_ENTRIES, STAGE_END, STAGE_SYNC, STAGE_SYNCING, STAGE_SAVED };

struct state_writer {
    char *path, *temporary;
    const struct cache *cache;
    uint16_t *number; /* a table's place in the file, by cache_table; NO_TABLE = not in it */
    uint32_t numbers;
    uint64_t began_ms;
    enum stage stage;
    uint64_t cursor;
    uint64_t now_ms; /* of the step under way */
    uint32_t block_entries;
    uint64_t entries, parts;
    struct buffer block;

    bool has_thread;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    enum job job;
    bool is_abandoned, is_renaming;
    const char *failed; /* what could not be done */
    int error;
    int fd;
    struct buffer writing;
};

#define NO_TABLE UINT16_MAX

/* In the thread. */

/* So that the new name survives a power failure, too. Not every file system can; then it may not. */
static void sync_directory(const char *path)
{
    char *copy = xstrdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(copy);
}

/* The moment after which nobody can give the save up. */
static bool begin_rename(struct state_writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    writer->is_renaming = !writer->is_abandoned;
    pthread_mutex_unlock(&writer->mutex);
    return writer->is_renaming;
}

static void end_rename(struct state_writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    writer->is_renaming = false;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
}

/* Returns what failed, with errno set; NULL when all is well. */
static const char *do_job(struct state_writer *writer, enum job job)
{
    int renamed, error;

    if (job == JOB_WRITE)
        return write_all(writer->fd, buffer_slice(&writer->writing)) ? NULL : "write";
    if (fsync(writer->fd) != 0)
        return "sync";
    if (!begin_rename(writer))
        return NULL;
    renamed = rename(writer->temporary, writer->path);
    error = errno;
    end_rename(writer);
    errno = error;
    if (renamed != 0)
        return "rename";
    sync_directory(writer->path);
    return NULL;
}

static void *run_thread(void *arg)
{
    struct state_writer *writer = arg;

    pthread_mutex_lock(&writer->mutex);
    while (writer->job != JOB_STOP) {
        if (writer->job != JOB_NONE) {
            enum job job = writer->job;
            const char *failed;

            pthread_mutex_unlock(&writer->mutex);
            failed = do_job(writer, job);
            pthread_mutex_lock(&writer->mutex);
            if (failed != NULL) {
                writer->failed = failed;
                writer->error = errno;
            }
            writer->job = JOB_NONE;
            pthread_cond_broadcast(&writer->changed);
        } else {
            pthread_cond_wait(&writer->changed, &writer->mutex);
        }
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

/* With signals blocked a file size limit is an error, too. */
static bool start_thread(struct state_writer *writer)
{
    errno = thread_start(&writer->thread, run_thread, writer);
    writer->has_thread = errno == 0;
    return writer->has_thread;
}

/* From the event loop. */

static void post(struct state_writer *writer, enum job job)
{
    pthread_mutex_lock(&writer->mutex);
    writer->job = job;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
}

void state_writer_wait(struct state_writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    while (writer->job != JOB_NONE)
        pthread_cond_wait(&writer->changed, &writer->mutex);
    pthread_mutex_unlock(&writer->mutex);
}

/* A rename under way is waited for: it is short, and afterwards the file is there or never will be. */
void state_writer_abandon(struct state_writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    writer->is_abandoned = true;
    while (writer->is_renaming)
        pthread_cond_wait(&writer->changed, &writer->mutex);
    pthread_mutex_unlock(&writer->mutex);
}

static bool is_busy(struct state_writer *writer)
{
    bool busy;

    pthread_mutex_lock(&writer->mutex);
    busy = writer->job != JOB_NONE;
    pthread_mutex_unlock(&writer->mutex);
    return busy;
}

/* A part is complete: close it with its check and give it to the thread, which is idle. */
static void hand_over(struct state_writer *writer)
{
    struct buffer written = writer->writing;

    state_add_u64(&writer->block,
                  state_check(writer->parts++, writer->block.data, writer->block.len));
    writer->writing = writer->block;
    writer->block = written;
    buffer_clear(&writer->block);
    post(writer, JOB_WRITE);
}

static void add_head(struct state_writer *writer, const struct state_table *tables, size_t count,
                     const struct state_clock *clock)
{
    struct buffer *out = &writer->block;

    buffer_add(out, STATE_MAGIC, STATE_MAGIC_BYTES);
    state_add_u32(out, STATE_VERSION);
    state_add_u32(out, (uint32_t)count);
    state_add_u64(out, clock->boot[0]);
    state_add_u64(out, clock->boot[1]);
    state_add_u64(out, clock->boot_ms);
    state_add_u64(out, clock->wall_ms);
    for (size_t i = 0; i < count; i++) {
        state_add_u64(out, tables[i].fingerprint[0]);
        state_add_u64(out, tables[i].fingerprint[1]);
    }
}

static void number_tables(struct state_writer *writer, const struct state_table *tables,
                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (tables[i].table >= writer->numbers)
            writer->numbers = tables[i].table + 1u;
    writer->number = xcalloc(writer->numbers, sizeof(*writer->number));
    for (uint32_t i = 0; i < writer->numbers; i++)
        writer->number[i] = NO_TABLE;
    for (size_t i = 0; i < count; i++)
        writer->number[tables[i].table] = (uint16_t)i;
}

static void add_entry(void *arg, const struct cache_entry *entry)
{
    struct state_writer *writer = arg;
    struct buffer *out = &writer->block;
    uint32_t value_len = (uint32_t)entry->value.len | (entry->negative ? STATE_NEGATIVE : 0);
    uint64_t said_ms = writer->now_ms - writer->began_ms - entry->age_ms; /* may be below 0 */

    if (entry->table >= writer->numbers || writer->number[entry->table] == NO_TABLE)
        return;
    state_add_u16(out, writer->number[entry->table]);
    state_add_u16(out, (uint16_t)entry->key.len);
    state_add_u32(out, value_len);
    state_add_u64(out, said_ms);
    buffer_add(out, entry->key.data, entry->key.len);
    buffer_add(out, entry->value.data, entry->value.len);
    writer->block_entries++;
}

static void begin_block(struct state_writer *writer)
{
    state_add_u32(&writer->block, 0);
    state_add_u32(&writer->block, 0);
    writer->block_entries = 0;
}

static void step_entries(struct state_writer *writer, size_t most)
{
    struct buffer *block = &writer->block;

    if (block->len == 0)
        begin_block(writer);
    do {
        cache_walk(writer->cache, &writer->cursor, WALK_PIECE, writer->now_ms, add_entry, writer);
        if (writer->cursor == 0)
            writer->stage = STAGE_END;
        most -= most < WALK_PIECE ? most : WALK_PIECE;
    } while (most > 0 && block->len < BLOCK_FULL && writer->stage == STAGE_ENTRIES);
    if (writer->block_entries > 0 && (block->len >= BLOCK_FULL || writer->stage != STAGE_ENTRIES)) {
        state_set_u32(block, 0, (uint32_t)(block->len - STATE_BLOCK_BYTES));
        state_set_u32(block, STATE_BLOCK_ENTRIES, writer->block_entries);
        writer->entries += writer->block_entries;
        hand_over(writer);
    }
}

static void step_end(struct state_writer *writer)
{
    struct buffer *out = &writer->block;

    buffer_clear(out);
    state_add_u32(out, STATE_END_BYTES);
    state_add_u32(out, 0);
    state_add_u64(out, writer->entries);
    state_add_u64(out, writer->now_ms - writer->began_ms);
    hand_over(writer);
    writer->stage = STAGE_SYNC;
}

static int create(const char *path)
{
    /* Left by a crash, or put there by somebody else: not to be written into. */
    if (unlink(path) != 0 && errno != ENOENT)
        return -1;
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
}

struct state_writer *state_writer_new(const char *path, const struct cache *cache,
                                      const struct state_table *tables, size_t count,
                                      const struct state_clock *clock, uint64_t now_ms)
{
    struct state_writer *writer = xcalloc(1, sizeof(*writer));

    assert(count < STATE_TABLES_MAX);
    writer->path = xstrdup(path);
    writer->temporary = xasprintf("%s.tmp", path);
    writer->cache = cache;
    writer->began_ms = now_ms;
    writer->fd = create(writer->temporary);
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->changed, NULL);
    if (writer->fd < 0 || !start_thread(writer)) {
        log_warning("cannot save the cache: %s: %s", writer->temporary, strerror(errno));
        state_writer_free(writer);
        return NULL;
    }
    number_tables(writer, tables, count);
    add_head(writer, tables, count, clock);
    hand_over(writer);
    return writer;
}

static enum state_step step_idle(struct state_writer *writer, size_t most)
{
    switch (writer->stage) {
    case STAGE_ENTRIES:
        step_entries(writer, most);
        break;
    case STAGE_END:
        step_end(writer);
        break;
    case STAGE_SYNC:
        post(writer, JOB_FINISH);
        writer->stage = STAGE_SYNCING;
        break;
    case STAGE_SYNCING:
        log_info("cache saved: %llu entries in %s", (unsigned long long)writer->entries,
                 writer->path);
        writer->stage = STAGE_SAVED;
        return STATE_SAVED;
    case STAGE_SAVED:
        return STATE_SAVED;
    }
    return STATE_MORE;
}

enum state_step state_writer_step(struct state_writer *writer, size_t most, uint64_t now_ms)
{
    if (is_busy(writer))
        return STATE_MORE;
    if (writer->is_abandoned)
        return STATE_FAILED;
    if (writer->failed != NULL) {
        log_warning("cannot save the cache: %s %s: %s; the last state file is kept", writer->failed,
                    writer->temporary, strerror(writer->error));
        return STATE_FAILED;
    }
    writer->now_ms = now_ms;
    return step_idle(writer, most);
}

void state_writer_free(struct state_writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->has_thread) {
        state_writer_wait(writer);
        post(writer, JOB_STOP);
        pthread_join(writer->thread, NULL);
    }
    if (writer->fd >= 0) {
        close(writer->fd);
        if (writer->stage != STAGE_SAVED)
            unlink(writer->temporary);
    }
    pthread_cond_destroy(&writer->changed);
    pthread_mutex_destroy(&writer->mutex);
    buffer_free(&writer->block);
    buffer_free(&writer->writing);
    free(writer->number);
    free(writer->temporary);
    free(writer->path);
    free(writer);
}

bool state_save(const char *path, const struct cache *cache, const struct state_table *tables,
                size_t count, const struct state_clock *clock, uint64_t now_ms)
{
    struct state_writer *writer = state_writer_new(path, cache, tables, count, clock, now_ms);
    enum state_step step;

    if (writer == NULL)
        return false;
    do {
        state_writer_wait(writer);
        step = state_writer_step(writer, SIZE_MAX, now_ms);
    } while (step == STATE_MORE);
    state_writer_free(writer);
    return step == STATE_SAVED;
}

void state_discard(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT)
        log_warning("cannot remove state file %s: %s", path, strerror(errno));
}
