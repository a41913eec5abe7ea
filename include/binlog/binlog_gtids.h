/*
 * binlog_gtids - what the stream of a MySQL server has told, held against what the server says that it has executed
 * (@@GLOBAL.gtid_executed). Transactions need not become visible in the order in which they are told, so a
 * place in the stream is a number here: of all that were told before. Pure.
 */
#ifndef VMAPD_BINLOG_BINLOG_GTIDS_H
#define VMAPD_BINLOG_BINLOG_GTIDS_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

struct binlog_gtids;

/* For a stream that begins behind all that was executed then. NULL: it is no set of GTIDs, or one of too many pieces. */
struct binlog_gtids *binlog_gtids_new(struct slice executed);
void binlog_gtids_free(struct binlog_gtids *gtids); /* NULL is fine */

/*
 * A transaction was told whole ("UUID:17"). The last one may be told again. False: another one was told or
 * executed before, or there are too many pieces; the stream has to be begun anew.
 */
bool binlog_gtids_tell(struct binlog_gtids *gtids, const char *gtid);

/* How many transactions were told. */
uint64_t binlog_gtids_told(const struct binlog_gtids *gtids);

struct binlog_gtids_look {
    uint64_t visible; /* so many of those that were told first are visible now, at the least */
    bool is_told;     /* whatever is executed was told */
};

/* The server has said what is executed. False: it can't be the same log, or it is no set; begin anew. */
bool binlog_gtids_look(struct binlog_gtids *gtids, struct slice executed,
                       struct binlog_gtids_look *look);

/* What was executed at the last look is waited for; and whether all of it was told meanwhile. */
void binlog_gtids_await(struct binlog_gtids *gtids);
bool binlog_gtids_has_come(const struct binlog_gtids *gtids);

#endif
