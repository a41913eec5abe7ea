/*
 * socketmap - requests and replies of Postfix's socketmap protocol (socketmap_table(5)) inside
 * netstrings. Pure functions.
 */
#ifndef VMAPD_WIRE_SOCKETMAP_H
#define VMAPD_WIRE_SOCKETMAP_H

#include <stdbool.h>

#include "buffer.h"
#include "outcome.h"

/* Limits of Postfix's client (dict_sockmap.c): payload bytes of a reply; we bound requests alike. */
#define SOCKETMAP_REPLY_MAX   100000
#define SOCKETMAP_REQUEST_MAX 100000

/* Reasons are for a log line; Postfix shows the first 200 bytes of one. */
#define SOCKETMAP_REASON_MAX 500

/* Split "name SP key"; the key may be empty or hold spaces. False: no space or an empty name. */
bool socketmap_parse(struct slice payload, struct slice *map, struct slice *key);

/*
 * Append the netstring of one reply. text is the value for OK and the reason for TEMP, TIMEOUT and
 * PERM (control characters are replaced, over-long reasons cut); NOTFOUND ignores it. A value that
 * Postfix could not take whole is never sent: OK becomes TEMP with a reason if the value is empty,
 * holds a NUL (Postfix reads a C string and would stop there), or makes the payload longer than
 * SOCKETMAP_REPLY_MAX. Returns the outcome really sent.
 */
enum outcome socketmap_add_reply(struct buffer *out, enum outcome outcome, struct slice text);

#endif
