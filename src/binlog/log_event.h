/*
 * log_event - one event of a binary log as bytes: its header, and its checksum. Every number of a kind that
 * MariaDB or MySQL know stands here; those below 100 are common to both or MySQL's.
 */
#ifndef VMAPD_BINLOG_LOG_EVENT_H
#define VMAPD_BINLOG_LOG_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "cursor.h"

enum log_event_type {
    LOG_EVENT_QUERY = 2,
    LOG_EVENT_STOP = 3,
    LOG_EVENT_ROTATE = 4,
    LOG_EVENT_FORMAT = 15,
    LOG_EVENT_XID = 16,
    LOG_EVENT_TABLE_MAP = 19,
    LOG_EVENT_WRITE_ROWS_V1 = 23,
    LOG_EVENT_UPDATE_ROWS_V1 = 24,
    LOG_EVENT_DELETE_ROWS_V1 = 25,
    LOG_EVENT_INCIDENT = 26,
    LOG_EVENT_HEARTBEAT = 27,
    LOG_EVENT_IGNORABLE = 28,
    LOG_EVENT_ROWS_QUERY = 29,
    LOG_EVENT_WRITE_ROWS = 30,
    LOG_EVENT_UPDATE_ROWS = 31,
    LOG_EVENT_DELETE_ROWS = 32,
    LOG_EVENT_GTID = 33,
    LOG_EVENT_ANONYMOUS_GTID = 34,
    LOG_EVENT_PREVIOUS_GTIDS = 35,
    LOG_EVENT_XA_PREPARE = 38,
    LOG_EVENT_PARTIAL_UPDATE_ROWS = 39,
    LOG_EVENT_TRANSACTION_PAYLOAD = 40,
    LOG_EVENT_HEARTBEAT_V2 = 41,
    LOG_EVENT_GTID_TAGGED = 42,
    LOG_EVENT_MARIADB_ANNOTATE_ROWS = 160,
    LOG_EVENT_MARIADB_CHECKPOINT = 161,
    LOG_EVENT_MARIADB_GTID = 162,
    LOG_EVENT_MARIADB_GTID_LIST = 163,
    LOG_EVENT_MARIADB_START_ENCRYPTION = 164,
    LOG_EVENT_MARIADB_QUERY_COMPRESSED = 165,
    LOG_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1 = 166,
    LOG_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED_V1 = 167,
    LOG_EVENT_MARIADB_DELETE_ROWS_COMPRESSED_V1 = 168,
    LOG_EVENT_MARIADB_WRITE_ROWS_COMPRESSED = 169,
    LOG_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED = 170,
    LOG_EVENT_MARIADB_DELETE_ROWS_COMPRESSED = 171,
};

#define LOG_EVENT_HEADER   19 /* bytes */
#define LOG_EVENT_CHECKSUM 4

/* Flags of the header. */
#define LOG_EVENT_IS_IN_USE                                                                        \
    0x01 /* of a format: this file is still written; left out of its checksum */
#define LOG_EVENT_IS_ARTIFICIAL 0x20 /* made by the server for this dump; stands in no file */
#define LOG_EVENT_IS_IGNORABLE  0x80 /* who does not know it misses nothing */

struct log_event {
    struct slice whole; /* with its checksum */
    uint64_t type;      /* an log_event_type, or one that nobody has told us of */
    uint64_t flags;
    uint64_t length; /* as the header has it */
    uint64_t end;    /* position behind it in its file, the lower 32 bits; 0: none */
    struct cursor body;
};

/* Read the header. False: these bytes can't begin an event. */
bool log_event_begin(struct log_event *event, struct slice bytes);

/* Whether the last bytes are the checksum of those before them. */
bool log_event_sum_is_right(const struct log_event *event);

/* Take the checksum off the body. False: there is no room for one. */
bool log_event_drop_sum(struct log_event *event);

#endif
