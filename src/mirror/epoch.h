/*
 * epoch - a number of the server's that is another one whenever its data is, so that looking at it tells
 * whether a table may have changed. Pure: which questions to ask, and what the answers are worth.
 *
 * A number is of use only if it is never ahead of the data: if rows that are asked for after it can't
 * be older than it says. Those that are were found by experiment:
 *
 *   MariaDB with a binary log   Binlog_snapshot_file and _position, outside of any transaction. They
 *                               move for all that is logged: cascades, DDL, RENAME, TRUNCATE, MyISAM, XA.
 *                               (@@gtid_binlog_pos and SHOW MASTER STATUS are ahead.)
 *   MariaDB replica             @@gtid_slave_pos. Without a binary log of its own only while it replicates
 *                               and is read-only: nothing else may write there.
 *   Galera                      wsrep_last_committed
 *   MySQL                       @@gtid_executed with gtid_mode=ON
 *
 * All others, such as a MariaDB without a binary log, have none; behind a proxy that may ask several
 * servers there is none either. What is logged nowhere (SET sql_log_bin=0) moves none of them, and a
 * server that comes back after a crash may show an old one again. So they are compared for "different",
 * never for "later", on one connection only, and rows are read again now and then whatever they say.
 */
#ifndef VMAPD_MIRROR_EPOCH_H
#define VMAPD_MIRROR_EPOCH_H

#include <stdbool.h>

#include "binlog_place.h"
#include "buffer.h"
#include "collation.h"

/* Who answers on a connection. Zero-initialise. */
struct epoch_server {
    bool is_mysql;
    bool is_proxy;            /* or looks like one: not always the same server */
    bool is_untried;          /* a kind of replication for which nothing is known */
    unsigned long connection; /* its number for the connection */
};

/*
 * Questions have rows of two columns, name and value; each row of an answer goes to ..._take(). A question
 * that fails is no harm: what it would have told is not known then.
 */
extern const char *const epoch_server_questions[]; /* once on a connection; ends with NULL */
void epoch_server_take(struct epoch_server *server, struct slice name, struct slice value);

enum collation_vendor epoch_vendor(const struct epoch_server *server);

/* The version. Zero-initialise; free text with epoch_clear(). */
struct epoch {
    bool has_binlog, has_galera, has_gtid, is_replicating, is_read_only;
    struct binlog_place place; /* of MariaDB with a binary log; of MySQL see told.h */
    struct buffer text;        /* what must be the same */
};

/* At each look; ends with NULL. Empty where no answer would be of use. */
const char *const *epoch_questions(const struct epoch_server *server);
void epoch_take(struct epoch *epoch, struct slice name, struct slice value);

/* Whether the same version twice proves that nothing was changed in between. */
bool epoch_is_sound(const struct epoch *epoch);
/* What MySQL has executed, of a sound version; borrowed. */
struct slice epoch_gtids(const struct epoch *epoch);

bool epoch_equal(const struct epoch *a, const struct epoch *b);
void epoch_clear(struct epoch *epoch);

#endif
