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
enum address_domain {
    ADDRESS_WITH_DOMAIN,   /* from the last '@' on */
    ADDRESS_BARE_LOCALPART /* nothing: every '@' is part of it */
};

/* Append the external form of an internal-form address. */
void address_quote(struct slice internal, enum address_domain domain, struct buffer *out);

/* Append the internal form of an external-form address. */
void address_unquote(struct slice external, struct buffer *out);

/* The part before the last '@'; all of it without one. */
struct slice address_localpart(struct slice internal);

/* Whether a localpart is the same in both forms: atoms with single dots between them. */
bool address_is_dot_string(struct slice localpart);

/* Add a backslash before the characters that need one inside quotes. */
void address_escape(struct slice text, struct buffer *out);

#endif
