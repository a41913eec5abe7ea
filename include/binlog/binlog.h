/*
 * binlog - what a server's binary log says about tables, event by event: which may have changed, and
 * where the server must have come for the change to be visible. Pure: bytes in, one word out. Nothing is
 * allocated for an event, and nothing of it is kept.
 *
 * It knows tables, not rows. What always holds:
 *
 *   - No transaction ends without its tables named, or BINLOG_EVERYTHING.
 *   - What can't be told (DDL, statement format, XA COMMIT, compressed transactions, kinds of events that are not
 *     known) is BINLOG_EVERYTHING.
 *   - Bytes that can't be right (lengths, checksums, a log that goes backwards) are BINLOG_BROKEN. The
 *     stream has to be begun anew then, with a new decoder: nothing that this one says later is of use.
 *
 * An event may be told before its change is visible to others. So a table is not to be read again at
 * once, but when the server has come to the place of the commit: see binlog_place.h.
 */
#ifndef VMAPD_BINLOG_BINLOG_H
#define VMAPD_BINLOG_BINLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "binlog_place.h"
#include "buffer.h"

enum binlog_vendor {
    BINLOG_MARIADB, /* followed by file and position */
    BINLOG_MYSQL,   /* followed by GTID; needs gtid_mode=ON */
};

enum binlog_said {
    BINLOG_NOTHING, /* about tables: heartbeats, rotation, begins, rows of a table that was named */
    BINLOG_TABLE,   /* rows of this table change in the transaction under way */
    BINLOG_EVERYTHING, /* any table may have changed, or be another one now */
    BINLOG_COMMIT,     /* the transaction under way ends here */
    BINLOG_BROKEN,     /* why stands in reason */
};

struct binlog_event {
    enum binlog_said said;
    /*
     * A transaction ends with this event, and binlog_place() is where: with each BINLOG_COMMIT, and with an
     * EVERYTHING that has no commit of its own to come, such as DDL.
     */
    bool is_commit;
    struct slice database; /* of BINLOG_TABLE; as the server has them, borrowed from the event */
    struct slice table;
    const char *reason; /* of BINLOG_BROKEN: a sentence without a full stop; constant */
};

struct binlog;

/* Never NULL. The first event that it is given has to be the first of the dump. */
struct binlog *binlog_new(enum binlog_vendor vendor);
void binlog_free(struct binlog *binlog); /* NULL is fine */

/* Take one event whole: what a packet of the dump has behind its status byte. Borrowed. */
struct binlog_event binlog_take(struct binlog *binlog, struct slice event);

/*
 * The same for an event of this many bytes that is too large to be held: its beginning, at least
 * BINLOG_BEGINNING bytes, stands for it, and the rest may be thrown away. Rows of a table that was named
 * are nothing new, all else is EVERYTHING and a commit, or BROKEN.
 */
#define BINLOG_BEGINNING 27
struct binlog_event binlog_take_long(struct binlog *binlog, struct slice beginning,
                                     uint64_t length);

/*
 * Behind the last event; of the last commit, if asked right after it. MariaDB: the file and the position where
 * the event ends. MySQL: the GTID of the transaction; without one so far its name is empty.
 */
struct binlog_place binlog_place(const struct binlog *binlog);

#endif
