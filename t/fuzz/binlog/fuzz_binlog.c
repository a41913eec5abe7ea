/*
 * The decoder of binary logs. The input is a server's vendor and whether it has checksums, one byte, and then
 * events: kind, flags, the length of a body in two bytes, the body. Header and checksum are made here, or no input
 * would get beyond them. Whatever the events are: names that are told lie in the event, rows are said to be nothing
 * new only if a table was named for them, no transaction ends in silence, and nothing comes after BROKEN.
 */
#include "binlog.h"

#include <zlib.h>

#include "fuzz.h"
#include "log_event.h"
#include "xmalloc.h"

#define IS_MYSQL 0x01
#define HAS_SUMS 0x02
#define IS_RAW   0x04 /* the events are as they are */

/* What there has been of the transaction under way. */
struct change {
    bool has_rows;
    bool is_told;
};

static void put(char *at, uint64_t number, size_t bytes)
{
    for (; bytes != 0; bytes--, number >>= 8)
        *at++ = (char)number;
}

static bool is_rows(unsigned char kind)
{
    return (kind >= LOG_EVENT_WRITE_ROWS_V1 && kind <= LOG_EVENT_DELETE_ROWS_V1) ||
           (kind >= LOG_EVENT_WRITE_ROWS && kind <= LOG_EVENT_DELETE_ROWS) ||
           kind == LOG_EVENT_PARTIAL_UPDATE_ROWS ||
           (kind >= LOG_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1 &&
            kind <= LOG_EVENT_MARIADB_DELETE_ROWS_COMPRESSED);
}

static bool lies_in(struct slice part, struct slice whole)
{
    return part.data >= whole.data && part.data + part.len <= whole.data + whole.len;
}

static void check(const struct binlog_event *said, struct slice event, struct change *change)
{
    FUZZ_CHECK((said->said == BINLOG_BROKEN) == (said->reason != NULL));
    FUZZ_CHECK(said->said != BINLOG_COMMIT || said->is_commit);
    FUZZ_CHECK(!said->is_commit || said->said == BINLOG_COMMIT || said->said == BINLOG_EVERYTHING);
    if (said->said == BINLOG_TABLE)
        FUZZ_CHECK(lies_in(said->database, event) && lies_in(said->table, event));
    if (said->said == BINLOG_BROKEN)
        return;
    change->is_told |= said->said == BINLOG_TABLE || said->said == BINLOG_EVERYTHING;
    change->has_rows |= is_rows((unsigned char)event.data[4]);
    FUZZ_CHECK(!change->has_rows || change->is_told);
    if (said->is_commit)
        *change = (struct change){false, false};
}

static bool take(struct binlog *binlog, struct slice event, struct change *change)
{
    struct binlog_event said = binlog_take(binlog, event);
    struct binlog_place place = binlog_place(binlog);

    check(&said, event, change);
    FUZZ_CHECK(memchr(place.name, '\0', sizeof(place.name)) != NULL);
    if (said.said == BINLOG_BROKEN)
        FUZZ_CHECK(binlog_take(binlog, event).said == BINLOG_BROKEN);
    return said.said != BINLOG_BROKEN;
}

/* Header, body and checksum, in memory of just that size. */
static char *make(const uint8_t *head, struct slice body, bool has_sum, uint64_t position)
{
    size_t sum_at = LOG_EVENT_HEADER + body.len;
    char *event = xcalloc(1, sum_at + LOG_EVENT_CHECKSUM);

    event[4] = (char)head[0];
    put(event + 9, sum_at + (has_sum ? LOG_EVENT_CHECKSUM : 0), 4);
    put(event + 13, (head[1] & LOG_EVENT_IS_ARTIFICIAL) != 0 ? 0 : position, 4);
    event[17] = (char)head[1];
    memcpy(event + LOG_EVENT_HEADER, body.data, body.len);
    if (!has_sum)
        return xrealloc(event, sum_at);
    put(event + sum_at, crc32_z(0, (const unsigned char *)event, sum_at), LOG_EVENT_CHECKSUM);
    return event;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t mode = size > 0 ? *data : 0;
    const uint8_t *at = data + 1, *end = data + size;
    struct binlog *binlog = binlog_new((mode & IS_MYSQL) != 0 ? BINLOG_MYSQL : BINLOG_MARIADB);
    struct change change = {false, false};
    uint64_t position = 4;

    for (bool goes_on = size > 0; goes_on && end - at >= 4;) {
        bool has_sum = (mode & HAS_SUMS) != 0 || at[0] == LOG_EVENT_FORMAT;
        size_t len = at[2] | (size_t)at[3] << 8, whole = len;
        char *event;

        if (len > (size_t)(end - at - 4))
            len = whole = (size_t)(end - at - 4);
        if ((mode & IS_RAW) != 0) {
            event = memcpy(xmalloc(len + 1), at + 4, len);
        } else {
            whole += LOG_EVENT_HEADER + (has_sum ? LOG_EVENT_CHECKSUM : 0);
            position += whole;
            event = make(at, (struct slice){(const char *)at + 4, len}, has_sum, position);
        }
        goes_on = take(binlog, (struct slice){event, whole}, &change);
        free(event);
        at += 4 + len;
    }
    binlog_free(binlog);
    return 0;
}
