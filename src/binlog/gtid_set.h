/* gtid_set - a set of MySQL's GTIDs, from its text to the form that goes over the wire. */
#ifndef VMAPD_BINLOG_GTID_SET_H
#define VMAPD_BINLOG_GTID_SET_H

#include <stdbool.h>

#include "buffer.h"

/*
 * Append the set "UUID:1-5:7,\nUUID:tag:1-3"; empty text is the empty set. Numbers have to ascend, as a server
 * writes them. False: it is no such text; what was appended is of no use.
 */
bool gtid_set_encode(struct buffer *out, struct slice text);

#endif
