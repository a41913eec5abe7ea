/*
 * control - the socket that vmapctl talks to. A request is one netstring: the command and its
 * arguments, separated by NUL. The reply is one netstring: the exit status for vmapctl in decimal,
 * '\n', the text to print; then the connection is closed.
 */
#ifndef VMAPD_CONTROL_H
#define VMAPD_CONTROL_H

#include "lookup.h"

struct event_base;
struct control;

/* What only the program as a whole can do. */
struct control_actions {
    /* Load the configuration again; false: the old one is in force and message says why. */
    bool (*reload)(void *arg, struct buffer *message);
    void *arg;
};

#define CONTROL_REQUEST_MAX 200000
#define CONTROL_REPLY_MAX   (16u << 20)

/* Exit statuses of vmapctl (sysexits.h where it has one). */
enum control_status {
    CONTROL_OK = 0,
    CONTROL_NOT_FOUND = 1,
    CONTROL_USAGE = 64,
    CONTROL_UNREACHABLE = 69,
    CONTROL_TEMPORARY = 75
};

/* service is borrowed, actions copied. */
struct control *control_new(struct event_base *base, struct lookup_service *service,
                            const struct control_actions *actions);
void control_free(struct control *control);

/* A connection was accepted on the control socket. Owns fd. */
void control_accept(struct control *control, int fd);

#endif
