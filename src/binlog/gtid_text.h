/*
 * gtid_text - reads a set of MySQL's GTIDs as a server writes it, one interval after the other:
 * "UUID:1-5:7,\nUUID:tag:1-3". Nothing is allocated.
 */
#ifndef VMAPD_BINLOG_GTID_TEXT_H
#define VMAPD_BINLOG_GTID_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "gtid.h"

/* Who has numbered: a server, or one of its tags. */
struct gtid_source {
    char uuid[GTID_UUID];
    char tag[GTID_TAG_MAX + 1]; /* "": none */
};

struct gtid_text {
    struct slice rest; /* borrowed; set it, zero the rest */
    bool is_wrong;     /* it was no such text */
    bool is_in_server; /* behind a UUID */
    struct gtid_source source;
    bool is_new_source; /* the interval is the first of its source, as far as the text goes */
    uint64_t first, last;
};

/* Take the next interval: source, first and last. False: there is none, or is_wrong. */
bool gtid_text_next(struct gtid_text *text);

#endif
