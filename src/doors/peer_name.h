/* peer_name - who is at the other end of a connected socket, in words for a log line. */
#ifndef VMAPD_DOORS_PEER_NAME_H
#define VMAPD_DOORS_PEER_NAME_H

#include "buffer.h"

/*
 * Append "pid 4711 (smtpd)" for a unix socket (for one that we connected: the process that listens),
 * "192.0.2.1:4711" or "[2001:db8::1]:4711" for an inet socket, "unknown peer" if the kernel does not
 * tell.
 */
void peer_name_add(int fd, struct buffer *out);

#endif
