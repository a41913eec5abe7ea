/*
 * binlog_place - a place in a server's binary log, and whether the server says that it has come there. Pure.
 *
 * MariaDB: a file and a position in it, held against the status variables Binlog_snapshot_file and
 * Binlog_snapshot_position, read outside of any transaction. They move in the order of the log, and never before a
 * change is visible. (SHOW MASTER STATUS and @@gtid_binlog_pos do.)
 *
 * MySQL: a GTID, to be asked for with GTID_SUBSET('name', @@GLOBAL.gtid_executed). Transactions need not become visible
 * in the order of the log (binlog_order_commits=OFF), so each has to be asked for.
 */
#ifndef VMAPD_BINLOG_BINLOG_PLACE_H
#define VMAPD_BINLOG_BINLOG_PLACE_H

#include <stdint.h>

#include "buffer.h"

#define BINLOG_NAME_MAX 255

struct binlog_place {
    char name[BINLOG_NAME_MAX + 1]; /* "mariadb-bin.000042", "UUID:17", "UUID:tag:17"; or empty */
    uint64_t position;              /* bytes, of MariaDB */
};

enum binlog_reached {
    BINLOG_NOT_YET,
    BINLOG_REACHED,
    BINLOG_ELSEWHERE, /* the names are not of one log: it never will be, begin anew */
};

/* Whether a server of MariaDB that is now at position of file has come to the place. */
enum binlog_reached binlog_reached(const struct binlog_place *place, struct slice file,
                                   uint64_t position);

/*
 * How two names of files of one log stand to each other, by their number ("mariadb-bin.1000000" comes after
 * "mariadb-bin.999999"): below, above or 0 in *order. False: they are not of one log, or a name has no number.
 */
bool binlog_file_order(struct slice a, struct slice b, int *order);

#endif
