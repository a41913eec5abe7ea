/*
 * master_entry - a service of master.cf as "postconf -M" prints it, in one line: seven fields, the program, its
 * options ("-o name=value", "-o {name=value with blanks}"), other arguments. Pure.
 */
#ifndef VMAPD_POSTCONF_MASTER_ENTRY_H
#define VMAPD_POSTCONF_MASTER_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

/*
 * How often the options of the entry set the parameter. The last one counts in Postfix; its value, every blank
 * as it is there, is appended to value (NULL: not wanted).
 */
size_t master_entry_find(struct slice entry, const char *parameter, struct buffer *value);

/* Append the entry with this value for the parameter; NULL: without any. Other options stay as they are. */
void master_entry_set(struct slice entry, const char *parameter, const char *value,
                      struct buffer *out);

#endif
