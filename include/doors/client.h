/*
 * client - a connection that speaks socketmap: requests answered in order, one at a time. An idle
 * connection holds no buffer. What goes wrong with one (rubbish, silence, not reading) ends that
 * one, with a log line, and touches no other.
 *
 * Bounds for each: one incomplete request and what one read brought; replies of one turn; no further
 * request is looked at while replies wait for the peer to read them.
 */
#ifndef VMAPD_DOORS_CLIENT_H
#define VMAPD_DOORS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "lookup.h"

struct event_base;
struct client_group; /* all socketmap connections of the process */

/* service is borrowed; limits are taken from the configuration that it serves at the time. */
struct client_group *client_group_new(struct event_base *base, struct lookup_service *service);
void client_group_free(struct client_group *group); /* closes all */

/* Descriptors from this number on are not for clients; see descriptors_for_clients(). */
void client_group_limit(struct client_group *group, int descriptors_end);

/*
 * A connection was accepted. Owns fd, which is non-blocking. Over max_clients, when it would take
 * the last descriptors, or from a network that "allow" does not name, it is closed at once.
 */
void client_accept(struct client_group *group, int fd);

/*
 * For SIGTERM: what has arrived completely is still answered, then each connection closes; idle ones
 * at once (Postfix asks once more on a new connection when it finds one closed).
 */
void client_group_drain(struct client_group *group);
size_t client_group_count(const struct client_group *group);

#endif
