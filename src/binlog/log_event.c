/* log_event - see the header. */
#include "log_event.h"

#include <zlib.h>

#define FLAGS_AT 17

bool log_event_begin(struct log_event *event, struct slice bytes)
{
    struct cursor header = {bytes, false};

    *event = (struct log_event){.whole = bytes};
    cursor_bytes(&header, 4); /* the time of the server */
    event->type = cursor_number(&header, 1);
    cursor_bytes(&header, 4); /* its number */
    event->length = cursor_number(&header, 4);
    event->end = cursor_number(&header, 4);
    event->flags = cursor_number(&header, 2);
    event->body = header;
    return !header.is_short && event->length >= LOG_EVENT_HEADER;
}

static uLong sum(uLong so_far, const char *bytes, size_t len)
{
    return crc32_z(so_far, (const unsigned char *)bytes, len);
}

bool log_event_sum_is_right(const struct log_event *event)
{
    const char *bytes = event->whole.data;
    size_t len = event->whole.len - LOG_EVENT_CHECKSUM;
    struct cursor told;
    char flags;
    uLong right;

    if (event->whole.len < LOG_EVENT_HEADER + LOG_EVENT_CHECKSUM)
        return false;
    told = (struct cursor){{bytes + len, LOG_EVENT_CHECKSUM}, false};
    flags = bytes[FLAGS_AT];
    if (event->type == LOG_EVENT_FORMAT)
        flags &= ~LOG_EVENT_IS_IN_USE;
    right = sum(crc32_z(0, NULL, 0), bytes, FLAGS_AT);
    right = sum(right, &flags, 1);
    right = sum(right, bytes + FLAGS_AT + 1, len - FLAGS_AT - 1);
    return cursor_number(&told, LOG_EVENT_CHECKSUM) == right;
}

bool log_event_drop_sum(struct log_event *event)
{
    if (event->body.rest.len < LOG_EVENT_CHECKSUM)
        return false;
    event->body.rest.len -= LOG_EVENT_CHECKSUM;
    return true;
}
