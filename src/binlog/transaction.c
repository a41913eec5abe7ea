/* transaction - see the header. */
#include "transaction.h"

#include "gtid.h"

#define IS_STANDALONE 0x01 /* flag of MariaDB's GTID: no commit follows */

static const char does_not_fit[] = "an event has a length that does not fit";

static bool begins_with(struct slice text, const char *word)
{
    size_t len = strlen(word);

    return text.len >= len && memcmp(text.data, word, len) == 0;
}

static bool is(struct slice text, const char *words)
{
    return slice_equal(text, slice_of(words));
}

static struct binlog_event commit(struct binlog *binlog)
{
    binlog->is_under_way = false;
    binlog->named_count = 0;
    return (struct binlog_event){.said = BINLOG_COMMIT, .is_commit = true};
}

/* One that has not ended when the next begins was not understood. */
static struct binlog_event begin(struct binlog *binlog, bool is_under_way)
{
    struct binlog_event event =
        binlog->is_under_way ? decoder_everything(binlog) : decoder_nothing();

    binlog->is_under_way = is_under_way;
    binlog->named_count = 0;
    return event;
}

struct binlog_event transaction_mariadb_gtid(struct binlog *binlog, const struct log_event *event)
{
    struct cursor body = event->body;
    uint64_t flags;

    cursor_bytes(&body, 8 + 4); /* its number, and its domain */
    flags = cursor_number(&body, 1);
    cursor_bytes(&body, 6);
    if (body.is_short)
        return decoder_broken(does_not_fit);
    return begin(binlog, (flags & IS_STANDALONE) == 0);
}

static struct binlog_event begin_mysql(struct binlog *binlog, bool is_gtid)
{
    return is_gtid ? begin(binlog, false) : decoder_broken("a GTID is not one");
}

struct binlog_event transaction_gtid(struct binlog *binlog, const struct log_event *event)
{
    return begin_mysql(binlog, gtid_read(event->body, binlog->gtid));
}

struct binlog_event transaction_gtid_tagged(struct binlog *binlog, const struct log_event *event)
{
    return begin_mysql(binlog, gtid_read_tagged(event->body, binlog->gtid));
}

struct binlog_event transaction_anonymous(struct binlog *binlog, const struct log_event *event)
{
    (void)binlog;
    (void)event;
    return decoder_broken("a transaction has no GTID");
}

/* What the servers themselves write between the rows of a transaction; all else is the user's. */
static struct binlog_event judge(struct binlog *binlog, struct slice text)
{
    if (is(text, "BEGIN") || begins_with(text, "XA START ")) {
        binlog->is_under_way = true;
        return decoder_nothing();
    }
    if (binlog->is_under_way) {
        if (is(text, "COMMIT") || is(text, "ROLLBACK"))
            return commit(binlog);
        if (begins_with(text, "SAVEPOINT ") || begins_with(text, "ROLLBACK TO ") ||
            begins_with(text, "XA END "))
            return decoder_nothing();
    }
    if (begins_with(text, "XA COMMIT ") || begins_with(text, "XA ROLLBACK "))
        return decoder_cut_off(binlog);
    return decoder_everything(binlog);
}

struct binlog_event transaction_query(struct binlog *binlog, const struct log_event *event)
{
    struct cursor body = event->body;
    uint64_t database, variables;

    cursor_bytes(&body, 4 + 4); /* the connection, and how long it took */
    database = cursor_number(&body, 1);
    cursor_bytes(&body, 2); /* its error */
    variables = cursor_number(&body, 2);
    cursor_bytes(&body, variables);
    cursor_bytes(&body, database);
    if (cursor_number(&body, 1) != 0 || body.is_short)
        return decoder_broken(does_not_fit);
    if (binlog->vendor == BINLOG_MYSQL && binlog->gtid[0] == '\0')
        return decoder_broken("a transaction has no GTID");
    return judge(binlog, body.rest);
}

struct binlog_event transaction_xid(struct binlog *binlog, const struct log_event *event)
{
    if (event->body.rest.len != 8)
        return decoder_broken(does_not_fit);
    return binlog->is_under_way ? commit(binlog) : decoder_everything(binlog);
}

/* Rows are named already; when they become visible XA COMMIT tells, which can't name them. */
struct binlog_event transaction_xa_prepare(struct binlog *binlog, const struct log_event *event)
{
    struct cursor body = event->body;
    uint64_t global, branch;

    cursor_bytes(&body, 1 + 4); /* whether it is a commit as well, and the kind of the name */
    global = cursor_number(&body, 4);
    branch = cursor_number(&body, 4);
    cursor_bytes(&body, global);
    cursor_bytes(&body, branch);
    if (!cursor_is_done(&body))
        return decoder_broken(does_not_fit);
    return binlog->is_under_way ? commit(binlog) : decoder_everything(binlog);
}

struct binlog_event transaction_whole(struct binlog *binlog, const struct log_event *event)
{
    (void)event;
    return decoder_cut_off(binlog);
}
