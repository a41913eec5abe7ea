/*
 * network - an IPv4 or IPv6 network, as "allow" names the clients of inet listeners. Pure.
 */
#ifndef VMAPD_CONFIG_NETWORK_H
#define VMAPD_CONFIG_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

struct sockaddr;

struct network {
    unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned prefix;           /* bits, of 128 */
};

/*
 * Parse ADDRESS or ADDRESS/BITS; IPv6 with or without brackets around ADDRESS. False: "expected ..."
 * was appended to error, also if bits of ADDRESS beyond the first BITS are set.
 */
bool network_parse(const char *text, struct network *network, struct buffer *error);

/* Whether the peer's address is in one of the networks. Always false for other than inet peers. */
bool network_contains(const struct network *networks, size_t count, const struct sockaddr *peer);

/* Whether this numeric address is one of this machine's loopback addresses. */
bool network_is_loopback(const char *address);

#endif
