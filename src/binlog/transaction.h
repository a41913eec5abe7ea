/* transaction - the events that begin a transaction, end it, or are one. */
#ifndef VMAPD_BINLOG_TRANSACTION_H
#define VMAPD_BINLOG_TRANSACTION_H

#include "decoder.h"

/* MariaDB's GTID: begins one, or stands before an event that is one by itself. */
struct binlog_event transaction_mariadb_gtid(struct binlog *binlog, const struct log_event *event);

/* MySQL's: the name of what comes, which only then says what it is. */
struct binlog_event transaction_gtid(struct binlog *binlog, const struct log_event *event);
struct binlog_event transaction_gtid_tagged(struct binlog *binlog, const struct log_event *event);
struct binlog_event transaction_anonymous(struct binlog *binlog, const struct log_event *event);

struct binlog_event transaction_query(struct binlog *binlog, const struct log_event *event);
struct binlog_event transaction_xid(struct binlog *binlog, const struct log_event *event);
struct binlog_event transaction_xa_prepare(struct binlog *binlog, const struct log_event *event);

/* What is one whole, and does not tell its tables. */
struct binlog_event transaction_whole(struct binlog *binlog, const struct log_event *event);

#endif
