/* inline - a mysql_table(5) file as a [table] section, for the two have one syntax. */
#ifndef VMAPD_MOVING_INLINE_H
#define VMAPD_MOVING_INLINE_H

#include <stdbool.h>

#include "buffer.h"

/* A name for the table, after the file; the caller frees it. */
char *inline_name(const char *path);

/*
 * Append "[table NAME]" with what the file says, but for a parameter that is left out (NULL: none), and for
 * those that Postfix ignores. False: the file cannot be read, or would not be good as a section, which is
 * appended to error; nothing was appended to out.
 */
bool inline_table(const char *path, const char *name, const char *left_out, struct buffer *out,
                  struct buffer *error);

#endif
