/* log_file - see the header. */
#include "log_file.h"

#define FORMAT_VERSION    4
#define FORMAT_VERSION_AT 2  /* how many bytes the number of the version takes */
#define FORMAT_TEXT       54 /* the server's version, and when the file was begun */

static bool has_format_of_ours(struct slice lengths)
{
    static const struct {
        enum log_event_type type;
        unsigned char length; /* of what stands between the header and the body */
    } known[] = {
        {LOG_EVENT_QUERY, 13},      {LOG_EVENT_ROTATE, 8},        {LOG_EVENT_TABLE_MAP, 8},
        {LOG_EVENT_WRITE_ROWS, 10}, {LOG_EVENT_MARIADB_GTID, 19},
    };

    if (lengths.len < LOG_EVENT_TABLE_MAP)
        return false;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].type <= lengths.len &&
            (unsigned char)lengths.data[known[i].type - 1] != known[i].length)
            return false;
    return true;
}

/* Its last byte says whether events have a checksum. */
struct binlog_event log_file_format(struct binlog *binlog, const struct log_event *event)
{
    struct cursor body = event->body;
    uint64_t version = cursor_number(&body, FORMAT_VERSION_AT), header, kind = 0;
    struct slice lengths;

    cursor_bytes(&body, FORMAT_TEXT);
    header = cursor_number(&body, 1);
    lengths = body.rest;
    if (lengths.len != 0)
        kind = (unsigned char)lengths.data[--lengths.len];
    if (body.is_short || version != FORMAT_VERSION || header != LOG_EVENT_HEADER || kind > 1 ||
        !has_format_of_ours(lengths))
        return decoder_broken("the log is of a format that is not known");
    /* A server that changes the format for us, since it does not begin where the file does, leaves the sum of one
     * without checksums as it was. */
    if ((kind == 1 || event->end != 0) && !log_event_sum_is_right(event))
        return decoder_broken("a checksum is wrong");
    binlog->checksums = kind == 1 ? CHECKSUMS_CRC32 : CHECKSUMS_NONE;
    binlog->has_format = true;
    return binlog->is_under_way ? decoder_cut_off(binlog) : decoder_nothing();
}

/* A later place, for all that is known. */
static bool comes_later(const struct binlog *binlog, struct slice file, uint64_t position)
{
    int order;

    if (!binlog_file_order(file, slice_of(binlog->behind.name), &order))
        return false;
    return order > 0 || (order == 0 && position >= binlog->behind.position);
}

struct binlog_event log_file_rotate(struct binlog *binlog, const struct log_event *event)
{
    struct cursor body = event->body;
    uint64_t position = cursor_number(&body, 8);
    struct slice file = body.rest;
    int order;

    if (body.is_short || file.len > BINLOG_NAME_MAX || memchr(file.data, '\0', file.len) != NULL ||
        !binlog_file_order(file, file, &order))
        return decoder_broken("the name of a file of the log can't be one");
    if (binlog->behind.name[0] != '\0' && !comes_later(binlog, file, position))
        return decoder_broken("the log goes backwards");
    memcpy(binlog->behind.name, file.data, file.len);
    binlog->behind.name[file.len] = '\0';
    binlog->behind.position = position;
    return binlog->is_under_way ? decoder_cut_off(binlog) : decoder_nothing();
}

struct binlog_event log_file_stop(struct binlog *binlog, const struct log_event *event)
{
    if (!cursor_is_done(&event->body))
        return decoder_broken("an event has a length that does not fit");
    return binlog->is_under_way ? decoder_cut_off(binlog) : decoder_nothing();
}

static struct binlog_event alive(const struct binlog *binlog, struct slice file, uint64_t position)
{
    if (slice_equal(file, slice_of(binlog->behind.name)) && position >= binlog->behind.position)
        return decoder_nothing();
    return decoder_broken("a heartbeat comes from another place in the log");
}

/* Where the header has no room for the position, it stands before the name. */
struct binlog_event log_file_heartbeat(struct binlog *binlog, const struct log_event *event)
{
    struct cursor body = event->body;
    uint64_t position = event->end;

    if (position == 0)
        position = cursor_number(&body, 8);
    else
        position |= binlog->behind.position & ~(uint64_t)UINT32_MAX;
    return alive(binlog, body.rest, position);
}

/* Fields of a type, a length and a value; 0 ends them. */
struct binlog_event log_file_heartbeat_v2(struct binlog *binlog, const struct log_event *event)
{
    enum { END, NAME, POSITION };
    struct cursor body = event->body;
    struct slice name = {"", 0};
    uint64_t position = 0, type;

    while (body.rest.len != 0 && (type = cursor_packed(&body)) != END) {
        struct cursor value = {cursor_bytes(&body, cursor_packed(&body)), false};

        if (type == NAME)
            name = value.rest;
        else if (type == POSITION)
            position = cursor_packed(&value);
        if (value.is_short)
            cursor_fail(&body);
    }
    if (body.is_short)
        return decoder_broken("an event has a length that does not fit");
    return alive(binlog, name, position);
}

/* The header has the lower half of the position only; no event is so long that it could be mistaken. */
bool log_file_advance(struct binlog *binlog, const struct log_event *event)
{
    uint64_t low = binlog->behind.position & UINT32_MAX;

    if (event->end == 0 || (event->flags & LOG_EVENT_IS_ARTIFICIAL) != 0)
        return true;
    if (event->end < low && low - event->end < UINT32_MAX / 2)
        return false;
    binlog->behind.position += (uint32_t)(event->end - low);
    return true;
}
