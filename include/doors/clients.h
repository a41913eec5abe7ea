/*
 * clients - all connections that speak socketmap: who may come in, and how they all end. On each,
 * requests are answered in order, one at a time; an idle one holds no buffer. What goes wrong with one
 * (rubbish, silence, not reading) ends that one, with a log line, and touches no other.
 *
 * Bounds for each: one incomplete request and what one read brought; replies of one turn; no further
 * request is looked at while replies wait for the peer to read them. And for all together,
 * CLIENTS_HELD_MAX: whoever would go over it is closed. A client that sends a request at a time and reads its
 * reply holds nothing but what its lookup has while it waits.
 */
#ifndef VMAPD_DOORS_CLIENTS_H
#define VMAPD_DOORS_CLIENTS_H

#include <stddef.h>

#include "config.h"
#include "lookup.h"

struct event_base;
struct clients;

/* Bytes, of all clients: requests that were not looked at, replies that were not read, keys of lookups. */
#define CLIENTS_HELD_MAX (32u << 20)

/* service is borrowed. clients_configure() comes before the first connection. */
struct clients *clients_new(struct event_base *base, struct lookup_service *service);
void clients_free(struct clients *clients); /* closes all */

/*
 * Limits and time-outs from now on. options is borrowed until the next call or the end. Descriptors
 * from descriptors_end on are not for clients (descriptors_for_clients()).
 */
void clients_configure(struct clients *clients, const struct server_options *options,
                       int descriptors_end);

/*
 * A connection was accepted. Owns fd, which is non-blocking. Over max_clients, when it would take
 * the last descriptors, or from a network that "allow" does not name, it is closed at once.
 */
void clients_accept(struct clients *clients, int fd);

/*
 * For SIGTERM: what has arrived completely is still answered, then each connection closes; idle ones
 * at once (Postfix asks once more on a new connection when it finds one closed).
 */
void clients_drain(struct clients *clients);
size_t clients_count(const struct clients *clients);

#endif
