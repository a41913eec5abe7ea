/* row_events - which table rows change in. */
#ifndef VMAPD_BINLOG_ROW_EVENTS_H
#define VMAPD_BINLOG_ROW_EVENTS_H

#include "decoder.h"

struct binlog_event row_events_name_table(struct binlog *binlog, const struct log_event *event);
struct binlog_event row_events_change(struct binlog *binlog, const struct log_event *event);

#endif
