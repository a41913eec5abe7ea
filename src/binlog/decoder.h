/*
 * decoder - what a decoder knows between two events, for the files that take one kind of them each. Each
 * function that takes an event gets its body without a checksum, and says what binlog_take() returns.
 */
#ifndef VMAPD_BINLOG_DECODER_H
#define VMAPD_BINLOG_DECODER_H

#include "binlog.h"
#include "log_event.h"

/* Tables that one statement may name before its rows come; rows of more than these are EVERYTHING. */
#define DECODER_TABLES_MAX 64

enum checksums {
    CHECKSUMS_UNKNOWN, /* before the first event */
    CHECKSUMS_NONE,
    CHECKSUMS_CRC32,
};

struct binlog {
    enum binlog_vendor vendor;
    enum checksums checksums;
    bool has_format;
    const char *broken;         /* the reason; nothing is taken any more */
    struct binlog_place behind; /* the last event: the file and its position */
    char gtid[BINLOG_NAME_MAX + 1];
    bool is_under_way; /* a transaction has begun and will say that it ends */
    uint64_t
        named[DECODER_TABLES_MAX]; /* the numbers by which this statement's rows tell their table */
    size_t named_count;
};

static inline struct binlog_event decoder_nothing(void)
{
    return (struct binlog_event){.said = BINLOG_NOTHING};
}

static inline struct binlog_event decoder_broken(const char *reason)
{
    return (struct binlog_event){.said = BINLOG_BROKEN, .reason = reason};
}

/* What is no part of a transaction that will end is an end itself. */
static inline struct binlog_event decoder_everything(const struct binlog *binlog)
{
    return (struct binlog_event){.said = BINLOG_EVERYTHING, .is_commit = !binlog->is_under_way};
}

/* The transaction under way ends here, if there is one; what was said of it was not enough. */
static inline struct binlog_event decoder_cut_off(struct binlog *binlog)
{
    binlog->named_count = 0;
    binlog->is_under_way = false;
    return decoder_everything(binlog);
}

#endif
