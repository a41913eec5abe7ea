/*
 * client - a connection that speaks socketmap: requests answered in order, one at a time. An idle
 * connection holds no buffer. What goes wrong with one (rubbish, silence, not reading) ends that
 * one, with a log line, and touches no other.
 */
#ifndef VMAPD_CLIENT_H
#define VMAPD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "lookup.h"

struct event_base;
struct client_group; /* all socketmap connections of the process */

/* service is borrowed; limits are taken from the configuration that it serves at the time. */
struct client_group *client_group_new(struct event_base *base, struct lookup_service *service);
void client_group_free(struct client_group *group); /* closes all */

/* A connection was accepted; peer is for messages ("unix", "127.0.0.1:4711"). Owns fd. */
void client_accept(struct client_group *group, int fd);

/* For SIGTERM: no new requests are read, connections close as their replies are out. */
void client_group_drain(struct client_group *group);
size_t client_group_count(const struct client_group *group);

#endif
