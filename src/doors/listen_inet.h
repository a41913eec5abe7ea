/* listen_inet - make listening TCP sockets for a host and port. Private to listener. */
#ifndef VMAPD_DOORS_LISTEN_INET_H
#define VMAPD_DOORS_LISTEN_INET_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "listen_address.h"

/* Addresses of one host name at most; more are left out with a warning. */
#define LISTEN_INET_MAX 8

/* The sockets, non-blocking; 0 and a message without the address on failure. */
size_t listen_inet(const struct listen_address *address, int fds[LISTEN_INET_MAX],
                   struct buffer *error);

/* The address that fd is bound to. */
void listen_inet_describe(int fd, struct buffer *out);

/* Whether fd is bound to one of the addresses that host and port stand for. */
bool listen_inet_is_bound(const struct listen_address *address, int fd);

#endif
