/*
 * binlog - see the header. Here an event is held to be one, by its length and its checksum, and given to
 * the file that knows its kind; what none knows is everything.
 */
#include "binlog.h"

#include <stdlib.h>

#include "decoder.h"
#include "log_file.h"
#include "row_events.h"
#include "transaction.h"
#include "xmalloc.h"

#define TYPES 256

typedef struct binlog_event take_event(struct binlog *binlog, const struct log_event *event);

/* Comments, and what only replicas need to know. */
static struct binlog_event pass_over(struct binlog *binlog, const struct log_event *event)
{
    (void)binlog;
    (void)event;
    return decoder_nothing();
}

static take_event *const takers[TYPES] = {
    [LOG_EVENT_QUERY] = transaction_query,
    [LOG_EVENT_STOP] = log_file_stop,
    [LOG_EVENT_ROTATE] = log_file_rotate,
    [LOG_EVENT_FORMAT] = log_file_format,
    [LOG_EVENT_XID] = transaction_xid,
    [LOG_EVENT_TABLE_MAP] = row_events_name_table,
    [LOG_EVENT_WRITE_ROWS_V1] = row_events_change,
    [LOG_EVENT_UPDATE_ROWS_V1] = row_events_change,
    [LOG_EVENT_DELETE_ROWS_V1] = row_events_change,
    [LOG_EVENT_INCIDENT] = transaction_whole,
    [LOG_EVENT_HEARTBEAT] = log_file_heartbeat,
    [LOG_EVENT_IGNORABLE] = pass_over,
    [LOG_EVENT_ROWS_QUERY] = pass_over,
    [LOG_EVENT_WRITE_ROWS] = row_events_change,
    [LOG_EVENT_UPDATE_ROWS] = row_events_change,
    [LOG_EVENT_DELETE_ROWS] = row_events_change,
    [LOG_EVENT_GTID] = transaction_gtid,
    [LOG_EVENT_ANONYMOUS_GTID] = transaction_anonymous,
    [LOG_EVENT_PREVIOUS_GTIDS] = pass_over,
    [LOG_EVENT_XA_PREPARE] = transaction_xa_prepare,
    [LOG_EVENT_PARTIAL_UPDATE_ROWS] = row_events_change,
    [LOG_EVENT_TRANSACTION_PAYLOAD] = transaction_whole,
    [LOG_EVENT_HEARTBEAT_V2] = log_file_heartbeat_v2,
    [LOG_EVENT_GTID_TAGGED] = transaction_gtid_tagged,
    [LOG_EVENT_MARIADB_ANNOTATE_ROWS] = pass_over,
    [LOG_EVENT_MARIADB_CHECKPOINT] = pass_over,
    [LOG_EVENT_MARIADB_GTID] = transaction_mariadb_gtid,
    [LOG_EVENT_MARIADB_GTID_LIST] = pass_over,
    [LOG_EVENT_MARIADB_START_ENCRYPTION] = pass_over,
    [LOG_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1] = row_events_change,
    [LOG_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED_V1] = row_events_change,
    [LOG_EVENT_MARIADB_DELETE_ROWS_COMPRESSED_V1] = row_events_change,
    [LOG_EVENT_MARIADB_WRITE_ROWS_COMPRESSED] = row_events_change,
    [LOG_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED] = row_events_change,
    [LOG_EVENT_MARIADB_DELETE_ROWS_COMPRESSED] = row_events_change,
};

struct binlog *binlog_new(enum binlog_vendor vendor)
{
    struct binlog *binlog = xcalloc(1, sizeof(*binlog));

    binlog->vendor = vendor;
    return binlog;
}

void binlog_free(struct binlog *binlog)
{
    free(binlog);
}

static bool is_heartbeat(const struct log_event *event)
{
    return event->type == LOG_EVENT_HEARTBEAT || event->type == LOG_EVENT_HEARTBEAT_V2;
}

/* The first event of a dump is made for it, and shows whether the others have checksums. */
static const char *check_sum(struct binlog *binlog, struct log_event *event)
{
    if (binlog->checksums == CHECKSUMS_UNKNOWN)
        binlog->checksums = log_event_sum_is_right(event) ? CHECKSUMS_CRC32 : CHECKSUMS_NONE;
    if (event->type == LOG_EVENT_FORMAT) /* has one always; whether it is right it says itself */
        return log_event_drop_sum(event) ? NULL : "an event has a length that does not fit";
    if (binlog->checksums == CHECKSUMS_NONE)
        return NULL;
    return log_event_sum_is_right(event) && log_event_drop_sum(event) ? NULL
                                                                      : "a checksum is wrong";
}

/* Before the format only the name of the file is told. */
static const char *check_order(const struct binlog *binlog, const struct log_event *event)
{
    if (binlog->behind.name[0] == '\0')
        return event->type == LOG_EVENT_ROTATE ? NULL : "a dump begins without the name of a file";
    if (binlog->has_format || event->type == LOG_EVENT_FORMAT || event->type == LOG_EVENT_ROTATE ||
        is_heartbeat(event))
        return NULL;
    return "a dump begins without its format";
}

static struct binlog_event take(struct binlog *binlog, struct log_event *event)
{
    const char *reason = check_sum(binlog, event);
    take_event *taker = takers[event->type];

    if (reason == NULL)
        reason = check_order(binlog, event);
    if (reason == NULL && !is_heartbeat(event) && !log_file_advance(binlog, event))
        reason = "the log goes backwards";
    if (reason != NULL)
        return decoder_broken(reason);
    if (taker != NULL)
        return taker(binlog, event);
    return (event->flags & LOG_EVENT_IS_IGNORABLE) != 0 ? decoder_nothing()
                                                        : decoder_everything(binlog);
}

/* After BROKEN there is nothing else. */
static struct binlog_event settle(struct binlog *binlog, struct binlog_event event)
{
    if (event.said == BINLOG_BROKEN)
        binlog->broken = event.reason;
    return event;
}

struct binlog_event binlog_take(struct binlog *binlog, struct slice bytes)
{
    struct log_event event;

    if (binlog->broken != NULL)
        return decoder_broken(binlog->broken);
    if (!log_event_begin(&event, bytes) || event.length != bytes.len)
        return settle(binlog, decoder_broken("an event has a length that does not fit"));
    return settle(binlog, take(binlog, &event));
}

/*
 * No checksum can be made of it, so it is not believed either; but to be rows of a table that was named, which is what it
 * mostly is, it would have to be wrong in many places.
 */
struct binlog_event binlog_take_long(struct binlog *binlog, struct slice beginning, uint64_t length)
{
    struct log_event event;

    if (binlog->broken != NULL)
        return decoder_broken(binlog->broken);
    if (!log_event_begin(&event, beginning) || event.length != length || !binlog->has_format ||
        event.type == LOG_EVENT_FORMAT || event.type == LOG_EVENT_ROTATE || is_heartbeat(&event))
        return settle(binlog, decoder_broken("an event has a length that does not fit"));
    if (!log_file_advance(binlog, &event))
        return settle(binlog, decoder_broken("the log goes backwards"));
    if (takers[event.type] == row_events_change)
        return settle(binlog, row_events_change(binlog, &event));
    return (struct binlog_event){.said = BINLOG_EVERYTHING, .is_commit = true};
}

struct binlog_place binlog_place(const struct binlog *binlog)
{
    struct binlog_place place = {.position = 0};

    if (binlog->vendor == BINLOG_MARIADB)
        return binlog->behind;
    memcpy(place.name, binlog->gtid, sizeof(place.name));
    return place;
}
