/*
 * mirror - tables held whole: each is read, looked at whether it has changed, and read again when it
 * has. The rows are in the cache (cache_mirror.h); here is what they mean for a key.
 *
 * A mirror was confirmed when a question was sent whose answer gave its rows or showed that nothing had
 * changed since. It is live while that is no longer ago than 3 s or 3 intervals. All of one server's
 * mirrors share a connection, which is no connection of the pool's.
 */
#ifndef VMAPD_MIRROR_MIRROR_H
#define VMAPD_MIRROR_MIRROR_H

#include <stdbool.h>
#include <stdint.h>

#include "cache.h"
#include "config.h"

struct event_base;
struct mirror;
struct mirror_set;

/* All mirrors of a process. cache is borrowed; free all mirrors before their set. */
struct mirror_set *mirror_set_new(struct event_base *base, struct cache *cache);
void mirror_set_free(struct mirror_set *set);

/*
 * A mirror of this table, one of config's, which gets a reference. Where the table can't be mirrored
 * it is off, and says why.
 */
struct mirror *mirror_new(struct mirror_set *set, struct config *config,
                          const struct table_def *def);
void mirror_free(struct mirror *mirror); /* NULL is fine */

/*
 * Go on with an equal definition of a newer configuration. If its server is reached in another way, what
 * was found stays as old answers until the rows have been read anew. False: a new mirror is needed.
 */
bool mirror_adopt(struct mirror *mirror, struct config *config, const struct table_def *def);

enum mirror_said {
    MIRROR_SILENT,    /* it knows nothing */
    MIRROR_FOUND,     /* value */
    MIRROR_NOT_FOUND, /* certainly */
    MIRROR_LAPSED, /* not there when the rows were read that a state file had: no more than a "not
                         found" that is past its time */
    MIRROR_ASK     /* only the database can tell */
};

struct mirror_answer {
    enum mirror_said said;
    bool is_live;
    bool is_told; /* live, and the server itself would tell of a change: it holds at this moment */
    bool has_changed;   /* the table, since: never NOT_FOUND, and FOUND is an old value */
    bool has_several;   /* of ASK: rows whose order is not known; mirror_several() */
    struct slice value; /* borrowed until the next call that changes the cache */
    uint64_t age_ms;    /* since it was confirmed */
    uint64_t
        unchanged_ms; /* an answer of the database older than this may be refuted by a change */
};

/* What it says of a folded key that the table's template takes. No allocation but for keys that have
 * to be expanded. */
struct mirror_answer mirror_find(struct mirror *mirror, struct slice key, uint64_t now_ms);

/* Append what several rows come to, in an order of our own. False: not known. */
bool mirror_several(struct mirror *mirror, struct slice key, struct buffer *value);

/* Forget all rows, or those of one key, and read again. Returns how many rows those were. */
size_t mirror_flush(struct mirror *mirror);
size_t mirror_flush_key(struct mirror *mirror, struct slice key);

/*
 * The rows as a table of the cache that a state file may keep: values as old as they are, and what was not
 * there. Or 0.
 */
cache_table mirror_saved(const struct mirror *mirror);

/* The stream of changes of the mirror's server. BEHIND: it has not told all that it has to. */
enum mirror_stream_state {
    MIRROR_STREAM_OFF,
    MIRROR_STREAM_STARTING,
    MIRROR_STREAM_LIVE,
    MIRROR_STREAM_BEHIND
};

struct mirror_stream_status {
    enum mirror_stream_state state;
    const char *reason;     /* why it is not live, "" = nothing to say; borrowed */
    uint64_t events;        /* of the server's log */
    uint64_t dirty;         /* times that they named this table */
    uint64_t restarts;      /* times that it ended */
    uint64_t disagreements; /* of them: because it and the version said something else */
    uint64_t lag_ms;        /* since when the version says more than it */
};

enum mirror_state { MIRROR_OFF, MIRROR_LOADING, MIRROR_LIVE, MIRROR_BEHIND };

struct mirror_status {
    enum mirror_state state;
    const char *reason; /* why it is not live, "" = nothing to say; borrowed */
    uint64_t rows, bytes;
    uint64_t confirmed_age_ms; /* UINT64_MAX: never */
    uint64_t reads, read_ms;   /* how often it was read whole; how long the last took */
    uint64_t changes;          /* times that reading again showed something new */
    uint64_t differences;      /* of them: although the server said that nothing had changed */
    bool has_stream;           /* it is to have one: */
    struct mirror_stream_status stream;
};

struct mirror_status mirror_status(const struct mirror *mirror, uint64_t now_ms);

#endif
