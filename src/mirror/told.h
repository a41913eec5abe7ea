/*
 * told - how far a stream has told a server's log, and how far the server says that it is, in one measure:
 * a place. MariaDB's is that of its log. MySQL says which transactions it has executed, in any order; there a
 * place counts what the stream has told, and all before it is visible (binlog_gtids.h).
 */
#ifndef VMAPD_MIRROR_TOLD_H
#define VMAPD_MIRROR_TOLD_H

#include <stdbool.h>

#include "binlog.h"
#include "epoch.h"

struct binlog_gtids;

/* Zero-initialise; end it with told_clear(). */
struct told {
    struct binlog_place at;
    struct binlog_place seen,
        awaited;                /* of MariaDB: versions, the last one and one that was ahead */
    struct binlog_gtids *gtids; /* of MySQL */
};

/* A stream of this number, from this sound version on. False: none can begin there. */
bool told_begin(struct told *told, const struct epoch *epoch, uint64_t number);
void told_clear(struct told *told);

/* The last event. False: the log repeats itself, or it is too much. */
bool told_take(struct told *told, const struct binlog *binlog, bool is_commit);

/*
 * Where the server is by this version, which is written to the version's place; and whether the stream has told
 * all up to there. False: its log is another one, or was begun anew: a version never goes back.
 */
bool told_look(struct told *told, struct epoch *epoch, bool *is_told);

/* The version of that look said more than was told; and whether that has come meanwhile. */
void told_await(struct told *told, const struct epoch *epoch);
bool told_has_come(const struct told *told);

#endif
