/* row_events - see the header. */
#include "row_events.h"

#define TABLE_NUMBER     6    /* bytes of the number by which rows tell their table */
#define COLUMNS_MAX      4096 /* of both vendors */
#define IS_STATEMENT_END 0x01 /* flag of rows: tables are named anew from here on */

static const char does_not_fit[] = "an event has a length that does not fit";

/* What newer servers add: fields of a type, a length and a value. */
static void skip_fields(struct cursor *body)
{
    while (body->rest.len != 0) {
        cursor_number(body, 1);
        cursor_bytes(body, cursor_packed(body));
    }
}

static void remember(struct binlog *binlog, uint64_t number)
{
    if (binlog->named_count < DECODER_TABLES_MAX)
        binlog->named[binlog->named_count++] = number;
}

static bool was_named(const struct binlog *binlog, uint64_t number)
{
    for (size_t i = 0; i < binlog->named_count; i++)
        if (binlog->named[i] == number)
            return true;
    return false;
}

struct binlog_event row_events_name_table(struct binlog *binlog, const struct log_event *event)
{
    struct binlog_event table = {.said = BINLOG_TABLE};
    struct cursor body = event->body;
    uint64_t number = cursor_number(&body, TABLE_NUMBER), columns;

    cursor_bytes(&body, 2); /* flags */
    table.database = cursor_name(&body);
    table.table = cursor_name(&body);
    columns = cursor_packed(&body);
    cursor_bytes(&body, columns); /* their types */
    cursor_bytes(&body, cursor_packed(&body));
    cursor_bytes(&body, (columns + 7) / 8); /* which may be NULL */
    skip_fields(&body);
    if (body.is_short || columns == 0 || columns > COLUMNS_MAX || table.table.len == 0)
        return decoder_broken(does_not_fit);
    if (binlog->vendor == BINLOG_MYSQL && binlog->gtid[0] == '\0')
        return decoder_broken("a transaction has no GTID");
    remember(binlog, number);
    binlog->is_under_way = true;
    return table;
}

/* Nothing new, if their table was named. */
struct binlog_event row_events_change(struct binlog *binlog, const struct log_event *event)
{
    struct cursor body = event->body;
    uint64_t number = cursor_number(&body, TABLE_NUMBER), flags = cursor_number(&body, 2);
    bool is_known = was_named(binlog, number);

    if (body.is_short)
        return decoder_broken(does_not_fit);
    if ((flags & IS_STATEMENT_END) != 0)
        binlog->named_count = 0;
    return is_known ? decoder_nothing() : decoder_everything(binlog);
}
