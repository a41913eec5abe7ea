/*
 * channel - what the files of one connection share; with literal.h, login.h and helper.h the only
 * headers that see mysql.h.
 *
 *   channel.c     the socket, its events and timers; the way out of whatever is going on
 *   talk.c        a query and its answer
 *   follow.c      a command whose answer does not end
 *   packets.c     that cut into packets
 *   pump.c        the thread that gets it through TLS
 *   connection.c  a connection from its beginning to its end
 *   rows.c        the rows of an answer, kept until it is complete
 *   blame.c       error numbers and who is to blame
 */
#ifndef VMAPD_DATABASE_CHANNEL_H
#define VMAPD_DATABASE_CHANNEL_H

#include <event2/event.h>
#include <mysql.h>

#include "connection.h"
#include "packets.h"
#include "rows.h"

/* The library call under way. */
enum channel_call {
    CALL_NONE,
    CALL_SEND,
    CALL_WAIT, /* none: all is sent, and nothing has come so far */
    CALL_RESULT,
    CALL_ROW,
    CALL_NEXT
};

enum channel_state {
    CHANNEL_CONNECTING,
    CHANNEL_IDLE,
    CHANNEL_BUSY,
    CHANNEL_FOLLOWING,
    CHANNEL_CLOSED
};

struct db {
    enum channel_state state;
    const struct db_callbacks *callbacks;
    void *arg;
    struct event_base *base;
    struct db_attempt *attempt; /* while CONNECTING */
    uint64_t connect_timeout_ms;
    uint64_t limit_ms; /* the server's own limit for a query; 0 = none */
    MYSQL *mysql;
    int fd;                 /* our duplicate of its socket; -1 without a connection */
    struct event *readable; /* added all the time, but see channel_watch() */
    struct event *writable;
    struct event *timer; /* of the attempt, then of the query */
    struct event *later; /* tells what happened inside a caller's call */
    bool is_broken;      /* nothing more can be said on it */
    bool is_calling;     /* in a callback: freed only after it */
    bool is_freed;

    /* The query, while BUSY, and what has come of it. */
    uint64_t timeout_ms; /* 0 = none */
    uint64_t sent_us;
    unsigned warning_count;         /* that came with the answer, and */
    bool asks_warnings;             /* that are asked for */
    const struct db_stream *stream; /* rows are told to it, not kept; NULL = none */
    bool is_paused;                 /* between two rows of a stream: others have their turn */
    uint64_t turn_us;               /* since when a stream has its turn */
    unsigned turn_steps;            /* that it has made */
    enum channel_call call;
    int failed;            /* what CALL_SEND and CALL_NEXT returned, */
    my_bool result_failed; /* CALL_RESULT, */
    MYSQL_ROW row;         /* and CALL_ROW */
    MYSQL_RES *rows_set;
    struct buffer sql;
    struct rows rows;

    /* While FOLLOWING. */
    const struct db_follow *follow;
    struct packets packets;
    int wire;                /* with TLS, the socket below it, which a thread reads; else -1 */
    struct db_result result; /* of the attempt, or of the query */
};

/* Without a connection; on_later and on_timer get it. */
struct db *channel_new(struct event_base *base, event_callback_fn on_later,
                       event_callback_fn on_timer);
/* Take over the connection that a helper thread has made. False: it is closed; errno says why. */
bool channel_adopt(struct db *db, MYSQL *mysql, event_callback_fn on_socket);
/* The connection belongs to a thread from now on, and what it reads comes on this socket, which is ours. */
void channel_hand_over(struct db *db, int fd, event_callback_fn on_socket);
/* Let go of the connection, whatever is going on there. Waits for nothing. */
void channel_disconnect(struct db *db);
/* Disconnected or not: free it, or have channel_leave() do it. */
void channel_free(struct db *db);

/* Around a callback, which may free it. */
void channel_enter(struct db *db);
void channel_leave(struct db *db);

/* Run the timer for so long; 0 = stop it. */
void channel_set_timer(struct db *db, uint64_t ms);
/* Wait for the socket, as a library call says (MYSQL_WAIT_...). */
void channel_watch(struct db *db, int waits);
/* Go on with the library call under way. Returns what it waits for, 0 when it is done. */
int channel_continue(struct db *db, int ready);

/* A query, its socket's news and its timeout. The last three run from the event loop; db may be gone
 * after them. */
void talk_begin(struct db *db, const struct statement *statement);
void talk_on_socket(struct db *db, short what);
void talk_on_timeout(struct db *db);
void talk_on_later(struct db *db);

/* The same of a command that does not end; db may be gone after the second. */
void follow_begin(struct db *db, struct slice command, event_callback_fn on_socket);
void follow_on_socket(struct db *db);
void follow_on_later(struct db *db);

#endif
