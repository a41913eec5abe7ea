/* binlog_case - events of a binary log, made by hand. Each is right as it comes; what is wrong with one the test does. */
#ifndef VMAPD_BINLOG_CASE_H
#define VMAPD_BINLOG_CASE_H

#include <check.h>
#include <zlib.h>

#include "binlog.h"
#include "log_event.h"

/* What all events of a test have in common; set it before the first. */
static struct {
    bool has_sums;
    uint64_t position; /* behind the last event */
} the_log;

/* The last event made; the next one is written over it. */
static struct buffer the_event;

static inline void add_number(struct buffer *out, uint64_t number, size_t bytes)
{
    for (; bytes != 0; bytes--, number >>= 8)
        buffer_add_char(out, (char)number);
}

static inline void set_number(size_t at, uint64_t number, size_t bytes)
{
    for (; bytes != 0; bytes--, number >>= 8)
        the_event.data[at++] = (char)number;
}

static inline struct slice begin_event(enum log_event_type type)
{
    buffer_clear(&the_event);
    add_number(&the_event, 1767225600, 4);
    add_number(&the_event, type, 1);
    add_number(&the_event, 1, 4);
    add_number(&the_event, 0, 4 + 4 + 2); /* length, end, flags */
    return buffer_slice(&the_event);
}

/* The checksum of what is there now in the place of its last bytes. */
static inline void sum_event(void)
{
    size_t len = the_event.len - LOG_EVENT_CHECKSUM;

    set_number(len, crc32_z(crc32_z(0, NULL, 0), (const unsigned char *)the_event.data, len),
               LOG_EVENT_CHECKSUM);
}

static inline struct slice end_event_so(unsigned flags, bool has_sum)
{
    if (has_sum)
        add_number(&the_event, 0, LOG_EVENT_CHECKSUM);
    set_number(9, the_event.len, 4);
    if ((flags & LOG_EVENT_IS_ARTIFICIAL) == 0) {
        the_log.position += the_event.len;
        set_number(13, the_log.position, 4);
    }
    set_number(17, flags, 2);
    if (has_sum)
        sum_event();
    return buffer_slice(&the_event);
}

static inline struct slice end_event(unsigned flags)
{
    return end_event_so(flags, the_log.has_sums);
}

/* One whose body is this text, with its length. */
#define event_of(type, flags, body) event_of_bytes(type, flags, "" body, sizeof(body) - 1)

static inline struct slice event_of_bytes(enum log_event_type type, unsigned flags,
                                          const char *body, size_t len)
{
    begin_event(type);
    buffer_add(&the_event, body, len);
    return end_event(flags);
}

static inline struct slice rotate_event(unsigned flags, const char *file, uint64_t position)
{
    begin_event(LOG_EVENT_ROTATE);
    add_number(&the_event, position, 8);
    buffer_add_text(&the_event, file);
    return end_event(flags);
}

/* The first event of a dump. */
static inline struct slice first_event(const char *file, uint64_t position)
{
    the_log.position = position;
    return rotate_event(LOG_EVENT_IS_ARTIFICIAL, file, position);
}

/* That of a server that knows so many kinds of events. */
static inline struct slice format_event_of(size_t types)
{
    begin_event(LOG_EVENT_FORMAT);
    add_number(&the_event, 4, 2);
    buffer_add_text(&the_event, "11.8.9-MariaDB-log");
    while (the_event.len < LOG_EVENT_HEADER + 2 + 50)
        buffer_add_char(&the_event, '\0');
    add_number(&the_event, 0, 4);
    add_number(&the_event, LOG_EVENT_HEADER, 1);
    for (size_t type = 1; type <= types; type++) {
        bool is_rows = type >= LOG_EVENT_WRITE_ROWS && type <= LOG_EVENT_DELETE_ROWS;

        add_number(&the_event,
                   type == LOG_EVENT_QUERY          ? 13
                   : type == LOG_EVENT_ROTATE       ? 8
                   : type == LOG_EVENT_TABLE_MAP    ? 8
                   : is_rows                        ? 10
                   : type == LOG_EVENT_MARIADB_GTID ? 19
                                                    : 0,
                   1);
    }
    add_number(&the_event, the_log.has_sums, 1);
    return end_event_so(0, true);
}

static inline struct slice format_event(void)
{
    return format_event_of(171);
}

static inline struct slice mariadb_gtid_event(unsigned flags)
{
    begin_event(LOG_EVENT_MARIADB_GTID);
    add_number(&the_event, 77, 8);
    add_number(&the_event, 0, 4);
    add_number(&the_event, flags, 1);
    add_number(&the_event, 0, 6);
    return end_event(0x08);
}

static inline struct slice mysql_gtid_event(uint64_t number)
{
    begin_event(LOG_EVENT_GTID);
    add_number(&the_event, 0, 1);
    add_number(&the_event, 0x0706050403020100, 8);
    add_number(&the_event, 0x0f0e0d0c0b0a0908, 8);
    add_number(&the_event, number, 8);
    add_number(&the_event, 0, 17);
    return end_event(0);
}

static inline struct slice query_event(const char *text)
{
    begin_event(LOG_EVENT_QUERY);
    add_number(&the_event, 9, 4);
    add_number(&the_event, 0, 4);
    add_number(&the_event, 4, 1);
    add_number(&the_event, 0, 2);
    add_number(&the_event, 3, 2);
    buffer_add(&the_event,
               "\6\3std"
               "mail",
               3 + 4);
    buffer_add_char(&the_event, '\0');
    buffer_add_text(&the_event, text);
    return end_event(0);
}

static inline struct slice table_event(uint64_t number, const char *database, const char *table)
{
    begin_event(LOG_EVENT_TABLE_MAP);
    add_number(&the_event, number, 6);
    add_number(&the_event, 1, 2);
    add_number(&the_event, strlen(database), 1);
    buffer_add(&the_event, database, strlen(database) + 1);
    add_number(&the_event, strlen(table), 1);
    buffer_add(&the_event, table, strlen(table) + 1);
    buffer_add(&the_event, "\2\3\017\2\260\4\2\1\1\0\2\3\374\377\0", 15);
    return end_event(0);
}

/* flags: 1 ends the statement. */
static inline struct slice rows_event(enum log_event_type type, uint64_t number, unsigned flags)
{
    begin_event(type);
    add_number(&the_event, number, 6);
    add_number(&the_event, flags, 2);
    add_number(&the_event, 2, 2);
    buffer_add(&the_event, "\2\377\0\1\0\0\0\1\0x", 10);
    return end_event(0);
}

static inline struct slice xid_event(void)
{
    begin_event(LOG_EVENT_XID);
    add_number(&the_event, 4711, 8);
    return end_event(0);
}

#endif
