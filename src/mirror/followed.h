/*
 * followed - what the stream of a server's changes has told of one mirror: whether its rows are the
 * table's last word. Pure.
 *
 *             changed            committed          the server has come there
 *     CLEAN ----------> CHANGING ----------> COMMITTED ----------> VISIBLE
 *       ^                  ^ changed (from any)                        |
 *       +---------- rows that were asked for after that were read -----+
 *
 * An event may come before its change is visible, so rows that are read at once may be old ones; and so
 * may what the database says of a key until then.
 */
#ifndef VMAPD_MIRROR_FOLLOWED_H
#define VMAPD_MIRROR_FOLLOWED_H

#include <stdbool.h>
#include <stdint.h>

#include "binlog_place.h"
#include "table_names.h"

enum followed_state { FOLLOWED_CLEAN, FOLLOWED_CHANGING, FOLLOWED_COMMITTED, FOLLOWED_VISIBLE };

/* Zero-initialise; free its names. */
struct followed {
    enum followed_state state;
    struct binlog_place place; /* of COMMITTED: where the server must have come */
    uint64_t stream;     /* the number of the stream that has told all since its rows; 0 = none */
    uint64_t visible_ms; /* when a change was known to be visible last; 0 = never */
    uint64_t changes;    /* times that it was CLEAN no more */
    struct table_names names;
};

/* A transaction under way changes it. */
void followed_change(struct followed *followed);
/* That has ended: its change is visible when the server has come to place. */
void followed_commit(struct followed *followed, const struct binlog_place *place);
/* The server has said that it has come so far. False: its log is another one. */
bool followed_look(struct followed *followed, const struct binlog_place *now, uint64_t now_ms);
/* Its rows were read, and before them the server said that it had come so far. */
void followed_read(struct followed *followed, const struct binlog_place *before, uint64_t now_ms);
/* The stream has ended: nobody tells when a change is visible. Rows that are read from now on will do, as they do
 * without a stream. */
void followed_end(struct followed *followed, uint64_t now_ms);

/* Whether its rows have to be read, or may have to, and what the database itself has said for less long may be
 * from before a change. 0: all of it may; UINT64_MAX: none. */
bool followed_is_dirty(const struct followed *followed);
uint64_t followed_unchanged_ms(const struct followed *followed, uint64_t now_ms);

#endif
