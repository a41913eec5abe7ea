/*
 * binlog_dump - what a connection says to be sent the binary log as a replica is. Pure.
 *
 * First BINLOG_DUMP_SESSION, as a query; then one of the two commands, as the payload of a packet with sequence number 0.
 * From then on each packet of the server begins with a status byte: 0 and an event, 255 and an error,
 * 254 and the end.
 */
#ifndef VMAPD_BINLOG_BINLOG_DUMP_H
#define VMAPD_BINLOG_BINLOG_DUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "binlog_place.h"
#include "buffer.h"

#define BINLOG_HEARTBEAT_MS 1000

/*
 * The session's variables that tell the server what we understand: checksums as they stand in the log, a
 * heartbeat each second, MariaDB's own events. Both vendors take it: it is variables of the user alone. (The
 * names with source_ are MySQL's since 8.4.) On MySQL the session's "slave_uuid" is a random one, or two who
 * have none would end each other.
 */
extern const char binlog_dump_session[];

/*
 * The number that we go by among the replicas, of any random number: 2^31 or more, where no administrator has
 * his. (One of a real replica would end that replica's connection; 0 would end ours at the end of the log.)
 */
uint32_t binlog_dump_server_id(uint32_t chance);

/* Append COM_BINLOG_DUMP. False: the place has no name, or is too far for it (4 GiB); nothing was appended. */
bool binlog_dump_from_place(struct buffer *payload, uint32_t server_id,
                            const struct binlog_place *place);

/*
 * Append COM_BINLOG_DUMP_GTID: all that is not in gtid_set, which is the text of @@GLOBAL.gtid_executed
 * ("UUID:1-5:7,\nUUID:tag:1-3"; empty: from the beginning). False: it is not such a text; nothing was appended.
 */
bool binlog_dump_after_gtids(struct buffer *payload, uint32_t server_id, struct slice gtid_set);

#endif
