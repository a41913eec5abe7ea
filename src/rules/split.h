/*
 * split - where the extension of a localpart begins. Pure. The rules are those of Postfix's
 * split_addr(3) with its defaults.
 */
#ifndef VMAPD_RULES_SPLIT_H
#define VMAPD_RULES_SPLIT_H

#include "buffer.h"

/* How much of an unquoted localpart remains without its extension; all of it if it has none. */
size_t split_localpart(struct slice localpart, const char *delimiters);

#endif
