/*
 * netstring - the framing of socketmap: length in decimal, ':', payload, ','. Pure functions on
 * memory; the caller owns the bytes.
 */
#ifndef VMAPD_WIRE_NETSTRING_H
#define VMAPD_WIRE_NETSTRING_H

#include <stddef.h>

#include "buffer.h"

enum netstring_state {
    NETSTRING_COMPLETE,  /* *payload and *consumed are set */
    NETSTRING_PARTIAL,   /* good so far, more bytes are needed */
    NETSTRING_MALFORMED, /* no length, no ':' or ',' where it belongs, a leading zero */
    NETSTRING_TOO_LONG   /* the length is over most */
};

/*
 * Look for one netstring at the start of input. most: largest payload accepted, bytes. An error is
 * told by the earliest byte that shows it. *payload points into input.
 */
enum netstring_state netstring_parse(struct slice input, size_t most, struct slice *payload,
                                     size_t *consumed);

/*
 * As above, but for the length alone, whether or not the payload has come. *start: how many bytes stand before
 * the payload.
 */
enum netstring_state netstring_length(struct slice input, size_t most, size_t *len, size_t *start);

/* Append payload as a netstring. */
void netstring_add(struct buffer *out, struct slice payload);

/*
 * Append the frame of a netstring and return where its payload of len bytes belongs; the caller
 * fills it at once. For payloads that are made of parts.
 */
char *netstring_add_frame(struct buffer *out, size_t len);

#endif
