/*
 * address - an address extension into the addresses of a value. Pure. The rules are those of Postfix's
 * mail_addr_crunch(3) and tok822_parse(3); docs/lookup.md tells them in our words.
 */
#ifndef VMAPD_RULES_ADDRESS_H
#define VMAPD_RULES_ADDRESS_H

#include "buffer.h"

/*
 * Append to out the value with the extension put into each of its addresses, before the last '@' or
 * at the end of a bare localpart, inside the quotes of a quoted localpart. A value that begins with
 * '@' is appended as it is (Postfix puts the localpart before it), and so is one without addresses.
 */
void address_add_extension(struct slice value, struct slice extension, struct buffer *out);

#endif
