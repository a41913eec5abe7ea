/* log_file - the events that tell which file of the log is sent, from where, and in what format. */
#ifndef VMAPD_BINLOG_LOG_FILE_H
#define VMAPD_BINLOG_LOG_FILE_H

#include "decoder.h"

struct binlog_event log_file_format(struct binlog *binlog, const struct log_event *event);
struct binlog_event log_file_rotate(struct binlog *binlog, const struct log_event *event);
struct binlog_event log_file_stop(struct binlog *binlog, const struct log_event *event);
struct binlog_event log_file_heartbeat(struct binlog *binlog, const struct log_event *event);
struct binlog_event log_file_heartbeat_v2(struct binlog *binlog, const struct log_event *event);

/* The event stands behind the last one. False: the log goes backwards. */
bool log_file_advance(struct binlog *binlog, const struct log_event *event);

#endif
