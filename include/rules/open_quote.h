/*
 * open_quote - in which quote a piece of SQL ends, read as MySQL and MariaDB read it: quotes, doubled
 * quotes, backslashes, comments, and comments whose text is SQL. Pure.
 */
#ifndef VMAPD_RULES_OPEN_QUOTE_H
#define VMAPD_RULES_OPEN_QUOTE_H

#include <stdbool.h>

#include "buffer.h"

/*
 * The quote (', " or `) of the literal or name that the SQL has open at its end, or NUL: none, or the end
 * is in a comment. backslash_escapes: whether the SQL mode lacks NO_BACKSLASH_ESCAPES.
 */
char open_quote(struct slice sql, bool backslash_escapes);

#endif
