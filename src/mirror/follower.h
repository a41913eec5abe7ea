/*
 * follower - one connection that follows a server's binary log, as a replica does: log in, find out whether
 * the log tells all, and be sent it from a place on. What the log says is not its business.
 *
 * It holds a lock of the server's (GET_LOCK) under a random name as long as it lives: another connection
 * that is told its number by IS_USED_LOCK() speaks to the same server.
 */
#ifndef VMAPD_MIRROR_FOLLOWER_H
#define VMAPD_MIRROR_FOLLOWER_H

#include <stdbool.h>
#include <stdint.h>

#include "binlog_place.h"
#include "buffer.h"
#include "table_def.h"

struct event_base;
struct follower;

/* They run from the event loop, and may free the follower. */
struct follower_callbacks {
    /* It can be sent the log: follower_start(). */
    void (*ready)(void *arg);
    /* One event, of so many bytes; of a long one the beginning. False: no more. */
    bool (*event)(void *arg, struct slice event, uint64_t length);
    /* All that had come was told, or there may be more. */
    void (*turn)(void *arg, bool is_all);
    /* It is over; reason is a sentence without a full stop. is_refused: the next one has the same to say until
     * somebody changes something. */
    void (*ended)(void *arg, const char *reason, bool is_refused);
};

/* def says as whom; it and the rest are borrowed as long as the follower lives. */
struct follower *follower_new(struct event_base *base, const struct table_def *def,
                              const struct db_host *host,
                              const struct follower_callbacks *callbacks, void *arg);
/* In whatever state. NULL is fine. */
void follower_free(struct follower *follower);

/* For another connection: a question whose answer is the row ('stream', its number) if that is the same server;
 * NULL as long as it is not ready. */
const char *follower_question(const struct follower *follower);
unsigned long follower_connection(const struct follower *follower);

/* One of the two, once, after ready(): MariaDB from a place on, MySQL after what it has executed. */
void follower_start(struct follower *follower, const struct binlog_place *from);
void follower_start_after(struct follower *follower, struct slice gtids);

#endif
