/*
 * parts - what the files of a mirror share.
 *
 *   set.c      all mirrors of a process
 *   mirror.c   one table: its definition, how it is seen from outside
 *   find.c     what its rows say of a key
 *   pass.c     reading it whole: columns and rows on their way into the cache
 *   fresh.c    when a mirror was its table, and when to look and to read again
 *   pace.c     how long to leave it alone
 *   followed.c what the stream of changes has told of a mirror
 *   stream.c   that stream, of one server; audience.c has what it tells its mirrors
 *   reading.c  one mirror read on its reader's connection
 *   reader.c   one server's connection, and whose turn it is on it
 *
 * Calls go from mirror.c and find.c down to reader.c, reading.c, fresh.c, and pass.c.
 */
#ifndef VMAPD_MIRROR_PARTS_H
#define VMAPD_MIRROR_PARTS_H

#include <sys/queue.h>

#include "cache_mirror.h"
#include "collation.h"
#include "epoch.h"
#include "exotics.h"
#include "followed.h"
#include "log.h"
#include "mirror.h"
#include "pace.h"
#include "statement.h"
#include "table.h"
#include "turn.h"

struct reader;

TAILQ_HEAD(mirror_list, mirror);

struct mirror_set {
    struct event_base *base;
    struct cache *cache;
    struct event *tidy_timer;
    struct hash_secret secret;
    TAILQ_HEAD(, reader) readers;
};

struct mirror {
    TAILQ_ENTRY(mirror) entry; /* in its reader's list */
    struct mirror_set *set;
    struct reader *reader; /* NULL: off from the beginning */
    struct config *config; /* keeps def */
    const struct table_def *def;
    struct turned turned;
    struct table_rules rules; /* of one row: result_format and limits, without the query */
    cache_table table;
    struct buffer reason; /* why it is not live, if that is not only the time */
    bool has_failed;      /* the last reading has */
    bool is_given_up;     /* until it is flushed, or defined anew */

    /* What the rows in the cache mean. */
    enum collation_kind kinds[TURN_KEYS_MAX];
    bool has_exotics; /* or may have */
    bool is_known;    /* the two above are: this process has read the table */

    /* When to look and to read. */
    uint64_t next_look_ms, next_read_ms;
    uint64_t read_began_ms; /* the last complete reading */
    struct pace pace;
    struct epoch epoch; /* before that, on the reader's connection of this number: */
    uint64_t connection;
    bool wants_read;
    bool is_unmoved;  /* though the version says that the rows are what they were */
    bool is_doubtful; /* they were not: has the version moved since? */
    struct followed followed;
    uint64_t again_ms; /* how long to wait for a version that has to come */

    /* The reading under way. */
    struct {
        bool is_failed;
        bool has_made_room; /* so it failed; the next has room for more */
        enum collation_kind kinds[TURN_KEYS_MAX];
        struct exotics *exotics;
        uint64_t rows; /* so far */
        struct buffer key, value, marker;
    } pass;
    struct buffer expanded, folded; /* of the key that is asked */
    struct log_limit complaints;
    uint64_t reads, read_ms, changes, differences;
};

/* --- set.c ---------------------------------------------------------------------------------- */

/* Rows are gone: give their memory back, a little at a time. */
void mirror_tidy(struct mirror_set *set);

/* --- find.c --------------------------------------------------------------------------------- */

/* The key that the rows of a lookup's key have in the cache; borrowed until the next one. */
struct slice find_row_key(struct mirror *mirror, struct slice key);

/* --- pass.c --------------------------------------------------------------------------------- */

/* The answer to turned.collations_sql. False: the table can't be mirrored as it is; see reason. */
bool pass_take_collations(struct mirror *mirror, const struct epoch_server *server,
                          const struct db_result *result);
void pass_begin(struct mirror *mirror, uint64_t asked_ms);
void pass_columns(struct mirror *mirror, unsigned columns, uint64_t texts);
void pass_row(struct mirror *mirror, unsigned columns, const char *const *fields,
              const unsigned long *lengths);
/*
 * The last row of each reading is one of our own, which says how many there are and how their columns
 * compare. Found again with so many rows, out of a state file, it says that none is missing.
 */
#define PASS_OWN_ROWS 1
struct slice pass_own_key(void);
/* Whether this is such a row's value for so many rows, own ones included; the kinds are those of the columns. */
bool pass_own_read(struct slice value, uint64_t rows, enum collation_kind *kinds, size_t count);

/* All rows have come. False: it is not the whole table after all; see reason. */
bool pass_commit(struct mirror *mirror, uint64_t now_ms, struct cache_mirror_change *change);
void pass_abort(struct mirror *mirror);
void pass_free(struct mirror *mirror);

/* Note why it is not live; logged if it is news. */
void mirror_complain(struct mirror *mirror, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- fresh.c -------------------------------------------------------------------------------- */

/* A look at the server. */
struct look {
    struct epoch epoch;
    uint64_t connection; /* on which of the reader's connections */
    uint64_t asked_ms;
    bool has_asked_lock;       /* who holds the stream's lock: */
    unsigned long lock_holder; /* the connection of this number */
    uint64_t
        stream;   /* the number of the stream that has begun with this look or before; 0 = none */
    bool is_told; /* and it has told all that the version has come to */
};

/* A mirror is live while it was confirmed no longer ago. */
uint64_t fresh_live_ms(const struct mirror *mirror);
/* The look confirms the mirror, or its rows have to be read. */
void fresh_judge(struct mirror *mirror, const struct look *look);
/* The rows were read, after that look. */
void fresh_read(struct mirror *mirror, const struct look *look, uint64_t sent_ms, uint64_t now_ms,
                const struct cache_mirror_change *change);
/* They could not be read, or not all of them. */
void fresh_failed(struct mirror *mirror, const struct db_result *result, uint64_t now_ms);

/* --- reader.c ------------------------------------------------------------------------------- */

/* The reader of the mirror's server gets one more mirror, or loses it and goes with the last. */
void reader_add(struct mirror *mirror);
void reader_remove(struct mirror *mirror);

/* Look at once. */
void reader_wake(struct reader *reader);

/* What a mirror's definition says of the stream has changed. */
void reader_reconsider(struct reader *reader);
/* Whether the stream of changes says that the mirror is the table at this moment. */
bool reader_tells(const struct reader *reader, const struct mirror *mirror, uint64_t now_ms);
void reader_describe_stream(const struct reader *reader, uint64_t now_ms,
                            struct mirror_stream_status *status);

#endif
