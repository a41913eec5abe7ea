/*
 * client - one socketmap connection, and what all of them share. Lives by its events and frees itself.
 */
#ifndef VMAPD_DOORS_CLIENT_H
#define VMAPD_DOORS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "buffer.h"
#include "config.h"
#include "log.h"
#include "lookup.h"

#define CLIENT_READ_BYTES 65536

struct event_base;
struct client;

TAILQ_HEAD(client_list, client);

/* What all clients share. */
struct client_common {
    struct event_base *base;
    struct lookup_service *service;
    const struct server_options *options; /* those in force; set before the first client */
    bool is_draining;
    struct client_list all;
    size_t count;
    struct turns *turns; /* of those that have had one, and have more requests */
    struct timeout_queue *idle;
    struct timeout_queue *incomplete;
    struct timeout_queue *unread;
    size_t held; /* bytes that clients have in buffers and in lookups; see CLIENTS_HELD_MAX */
    struct log_limit held_log;
    struct log_limit rubbish_log;
    struct log_limit slow_log;
    struct log_limit watch_log;
    struct buffer output; /* replies of the turn that is being had; else empty */
    char input[CLIENT_READ_BYTES];
};

struct client_common *client_common_new(struct event_base *base, struct lookup_service *service);
void client_common_free(struct client_common *common); /* closes all */

/* A connection begins; owns fd. */
void client_open(struct client_common *common, int fd);

/* All close as soon as what has come from them is answered; some do now. */
void client_drain_all(struct client_common *common);

#endif
