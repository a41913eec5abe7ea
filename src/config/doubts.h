/*
 * doubts - what is good syntax but hardly meant: a comment behind a value, quotes around it, an indented
 * line that looks like a parameter of its own, an expansion where no key can stand, a file that is not there.
 */
#ifndef VMAPD_CONFIG_DOUBTS_H
#define VMAPD_CONFIG_DOUBTS_H

#include <stdbool.h>

#include "buffer.h"
#include "settings.h"

/*
 * Look at all that was written in these settings. Where it may be meant (in a text, or in a mysql_table(5)
 * file, for Postfix takes it) it is a warning; elsewhere false, with one "FILE:LINE: message" appended to
 * error.
 */
bool doubts_check(const struct settings *settings, struct buffer *error);

#endif
