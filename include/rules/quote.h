/*
 * quote - the two forms of an address: external, with the localpart quoted where RFC 822
 * wants it ("john doe"@example.com), and internal (john doe@example.com). The rules, odd ones
 * included, are those of Postfix's quote_822_local(3), because Postfix makes our keys with it.
 */
#ifndef VMAPD_RULES_QUOTE_H
#define VMAPD_RULES_QUOTE_H

#include <stdbool.h>

#include "buffer.h"

/* What follows the localpart. */
enum quote_domain {
    QUOTE_WITH_DOMAIN,   /* from the last '@' on */
    QUOTE_BARE_LOCALPART /* nothing: every '@' is part of it */
};

/* Append the external form of an internal-form address. */
void quote_address(struct slice internal, enum quote_domain domain, struct buffer *out);

/* Append the internal form of an external-form address. */
void quote_remove(struct slice external, struct buffer *out);

/* The part before the last '@'; all of it without one. */
struct slice quote_localpart_of(struct slice internal);

/* Whether a localpart is the same in both forms: atoms with single dots between them. */
bool quote_is_dot_string(struct slice localpart);

/* Add a backslash before the characters that need one inside quotes. */
void quote_escape(struct slice text, struct buffer *out);

#endif
