/*
 * socketmap - requests and replies of Postfix's socketmap protocol (socketmap_table(5)) inside
 * netstrings. Pure functions.
 */
#ifndef VMAPD_SOCKETMAP_H
#define VMAPD_SOCKETMAP_H

#include <stdbool.h>

#include "buffer.h"
#include "outcome.h"

/* Limits of Postfix's client (dict_sockmap.c): payload bytes of a reply; we bound requests alike. */
#define SOCKETMAP_REPLY_MAX   100000
#define SOCKETMAP_REQUEST_MAX 100000

/* Split "name SP key"; the key may be empty or hold spaces. False: no space or an empty name. */
bool socketmap_parse(struct slice payload, struct slice *map, struct slice *key);

/*
 * Append the netstring of one reply. text is the value for OK and the reason for TEMP, TIMEOUT and
 * PERM (control characters are replaced, over-long reasons cut); NOTFOUND ignores it. A reply that
 * Postfix could not take is never sent cut: OK with a value that is empty or makes the payload
 * longer than SOCKETMAP_REPLY_MAX becomes TEMP with a reason. Returns the outcome really sent.
 */
enum outcome socketmap_add_reply(struct buffer *out, enum outcome outcome, struct slice text);

#endif
