/*
 * control - the socket that vmapctl talks to. A request is one netstring: the command and its
 * arguments, separated by NUL. The reply is one netstring: the exit status for vmapctl in decimal,
 * '\n', the text to print (to stdout if the status is 0, to stderr otherwise); then the connection
 * is closed.
 *
 * Commands that only ask are for everybody whom the permissions of the socket let in. Those that
 * change something (flush, reload) are for root, for the user that vmapd runs as, and for members of
 * the group that owns the socket: with a mode of 0666 others can look, and no more.
 *
 * Everything about a connection is bounded: the request, the reply, the time that the peer takes to
 * send the one and to read the other, the number of connections, and what all replies take together.
 */
#ifndef VMAPD_DOORS_CONTROL_H
#define VMAPD_DOORS_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "buffer.h"

struct event_base;
struct lookup_service;
struct control;

/* Somebody who asked for a reload, and waits in whoever's list this is. */
struct control_reload {
    /* false: the old configuration is in force, and message says why. It waits no more. */
    void (*done)(struct control_reload *asker, bool is_good, const char *message);
    struct control_reloads *list;
    TAILQ_ENTRY(control_reload) entry;
};

TAILQ_HEAD(control_reloads, control_reload);

/* What only the program as a whole can do. */
struct control_actions {
    /* Load the configuration again and call done, later; unless it is forgotten before. */
    void (*reload)(void *arg, struct control_reload *asker);
    void (*forget)(struct control_reload *asker);
    void *arg;
    /* Entries of the cache were flushed. May be NULL. */
    void (*flushed)(void *arg);
};

#define CONTROL_CONNECTIONS_MAX 64          /* more at once are closed, with a log line */
#define CONTROL_TIMEOUT_MS      5000        /* for a request to come, for a reply to go */
#define CONTROL_HELD_MAX        (32u << 20) /* bytes of replies that wait to be read, all together */

/* service is borrowed, actions copied. */
struct control *control_new(struct event_base *base, struct lookup_service *service,
                            const struct control_actions *actions);
void control_free(struct control *control);

/* Another timeout than CONTROL_TIMEOUT_MS, for connections accepted from now on. */
void control_set_timeout(struct control *control, uint64_t timeout_ms);

/* A connection was accepted on the control socket. Owns fd. */
void control_accept(struct control *control, int fd);

#endif
