/*
 * state - the cache in a file, so that a restart does not begin with an empty one. Written to
 * FILE.tmp and renamed when it is complete and on disk; read only if every byte of it is as it was
 * written. Ages go on while vmapd is away, and never the other way: in the same boot they are taken
 * from a clock that nobody sets; after another boot positives go by the wall clock and negatives,
 * whose time is short and whose lie bounces mail, are left out; if the wall clock has gone back,
 * positives come back as stale.
 */
#ifndef VMAPD_STATE_STATE_H
#define VMAPD_STATE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache.h"
#include "table_def.h"

/* A table of the cache and what its answers depend on. */
struct state_table {
    uint64_t fingerprint[2];
    cache_table table;
};

/* The same for two definitions of one name that table_def_equal() holds for; for others it differs. */
void state_fingerprint(const struct table_def *def, uint64_t fingerprint[2]);

/* The clocks that outlive the process. */
struct state_clock {
    uint64_t boot[2]; /* which boot of the machine */
    uint64_t boot_ms; /* since then, times of suspension included */
    uint64_t wall_ms;
};

void state_clock_read(struct state_clock *clock);

enum state_result {
    STATE_LOADED,
    STATE_ABSENT, /* no such file */
    STATE_REFUSED /* damaged, of another version, or not ours alone: the cache is as it was */
};

struct state_loaded {
    size_t entries; /* more in the cache than before */
    size_t other;   /* of tables that are not there, or are defined otherwise now: left out */
};

/*
 * Put a file's entries into the cache. now_ms is the cache's time, clock that of the same moment.
 * What came of it is logged; a file that is refused is renamed to PATH.bad. Blocks: about half a
 * second for a million entries. loaded may be NULL.
 */
enum state_result state_load(const char *path, struct cache *cache,
                             const struct state_table *tables, size_t count,
                             const struct state_clock *clock, uint64_t now_ms,
                             struct state_loaded *loaded);

/*
 * Saving, in steps from the event loop; a thread of its own does what can wait for a disk. tables
 * are copied. The cache is borrowed, and the tables must stay what they are: free the writer before
 * a table is dropped or added. NULL: the file cannot be made (logged).
 */
struct state_writer;
struct state_writer *state_writer_new(const char *path, const struct cache *cache,
                                      const struct state_table *tables, size_t count,
                                      const struct state_clock *clock, uint64_t now_ms);

enum state_step {
    STATE_MORE,  /* call again, soon */
    STATE_SAVED, /* in place of the last one, on disk */
    STATE_FAILED /* logged; the last one is as it was */
};

/* Take up to about most entries, at most some 100 KiB unless values are huge. Never blocks. */
enum state_step state_writer_step(struct state_writer *writer, size_t most, uint64_t now_ms);

/*
 * Give the save up without a wait for the disk: the file is not put in place any more, and the cache is
 * no longer looked at. Steps return STATE_MORE until the thread has ended its work, then
 * STATE_FAILED; nothing is logged.
 */
void state_writer_abandon(struct state_writer *writer);

/* Wait until the thread has nothing to do: between steps when there is nothing else to do. */
void state_writer_wait(struct state_writer *writer);

/* Also ends a save that is not complete: the last one stays. May wait for the disk. */
void state_writer_free(struct state_writer *writer);

/* All of it at once, when stopping. False: logged. */
bool state_save(const char *path, const struct cache *cache, const struct state_table *tables,
                size_t count, const struct state_clock *clock, uint64_t now_ms);

/* What was saved shall not come back: after a flush. Free the writer first. */
void state_discard(const char *path);

#endif
