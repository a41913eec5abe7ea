/* gtid - MySQL's name of a transaction, as events have it, as text: "UUID:17", "UUID:tag:17". */
#ifndef VMAPD_BINLOG_GTID_H
#define VMAPD_BINLOG_GTID_H

#include "binlog_place.h"
#include "cursor.h"

#define GTID_UUID    16 /* bytes */
#define GTID_TAG_MAX 32

bool gtid_is_number(uint64_t number); /* from 1 to 2^63 - 2 */
bool gtid_is_tag(struct slice tag);   /* [a-z_][a-z0-9_]*, or empty: none */

/* text has room for BINLOG_NAME_MAX bytes and a NUL. False: it is none; text is as before. */
bool gtid_read(struct cursor body, char *text);
bool gtid_read_tagged(struct cursor body, char *text);

/* Take a number in the encoding of those with a tag: as many 1 bits at the end as bytes follow. */
uint64_t gtid_take_number(struct cursor *cursor);

#endif
