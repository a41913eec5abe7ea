/*
 * clients - what all clients share; private to client.c (one connection) and client_group.c (all
 * of them).
 */
#ifndef VMAPD_DOORS_CLIENTS_H
#define VMAPD_DOORS_CLIENTS_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "buffer.h"
#include "client.h"
#include "log.h"
#include "timeout.h"

#define CLIENT_READ_BYTES 65536

struct client {
    struct client_group *group;
    int fd;
    short watching; /* what event is added for: EV_READ, EV_WRITE, or 0 = not added */
    bool ready;     /* in the group's ready list: may have complete requests in input */
    bool closing;   /* no more requests; ends when the replies are out */
    struct event event;
    struct timeout timeout; /* in one of the group's queues, or in none */
    struct lookup *lookup;  /* in flight, or NULL */
    struct buffer input;    /* requests, not looked at yet or not complete */
    struct buffer output;   /* replies that the peer has not taken yet */
    TAILQ_ENTRY(client) all_entry;
    TAILQ_ENTRY(client) ready_entry;
};

TAILQ_HEAD(client_list, client);

struct client_group {
    struct event_base *base;
    struct lookup_service *service;
    struct client_list all;
    size_t count;
    int descriptors_end; /* the first descriptor that no client may have */
    bool draining;
    struct client_list ready; /* clients that have had a turn and want another, in order */
    struct event turns;       /* fires while somebody is ready */
    struct timeout_queue *idle;
    struct timeout_queue *incomplete;
    struct timeout_queue *unread;
    struct log_limit full_log;
    struct log_limit allow_log;
    struct log_limit rubbish_log;
    struct log_limit slow_log;
    struct log_limit watch_log;
    struct buffer output; /* replies of the turn that is being done; else empty */
    char input[CLIENT_READ_BYTES];
};

static inline const struct server_options *client_options(const struct client_group *group)
{
    return &lookup_service_config(group->service)->server;
}

/* A connection begins: from here on it lives by its events and frees itself. */
void client_open(struct client_group *group, int fd);
void client_close(struct client *client);

/* Somebody has become ready: have a round of turns when the event loop comes round. */
void client_group_want_turns(struct client_group *group);

/* The next turn of a client that was ready and has left the list. */
void client_take_turn(struct client *client);

/* Read once more and then close, as soon as what came is answered. The group is draining. */
void client_drain(struct client *client);

/* What happens when a wait was too long; owner is the client. */
void client_on_idle(void *owner);
void client_on_incomplete(void *owner);
void client_on_unread(void *owner);

#endif
