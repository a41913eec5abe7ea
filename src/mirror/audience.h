/* audience - the mirrors of one server that want to be told of its changes, and what they are told. */
#ifndef VMAPD_MIRROR_AUDIENCE_H
#define VMAPD_MIRROR_AUDIENCE_H

#include "binlog.h"
#include "parts.h"

/* One whose account the stream may use; NULL: there is none. */
const struct mirror *audience_first(const struct mirror_list *mirrors);

/* A transaction changes the table that the event names, or any if that is NULL. */
void audience_change(const struct mirror_list *mirrors, const struct binlog_event *event);

/* It has ended at place: those that it has changed are to be read as soon as that can be seen. False: none. */
bool audience_commit(const struct mirror_list *mirrors, const struct binlog_place *place);

/* The server has come so far. False: its log is another one. */
bool audience_look(const struct mirror_list *mirrors, const struct binlog_place *now,
                   uint64_t now_ms);

/* Nobody is told any more. */
void audience_end(const struct mirror_list *mirrors, uint64_t now_ms);

/* All are to be looked at. */
void audience_look_at_all(const struct mirror_list *mirrors);

#endif
