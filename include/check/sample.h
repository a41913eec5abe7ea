/*
 * sample - the keys that a table has, read from the database with its query turned around (turn.h).
 */
#ifndef VMAPD_CHECK_SAMPLE_H
#define VMAPD_CHECK_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "config.h"
#include "names.h"

/*
 * Add the keys of a table, most of them at most; *whole says whether these are all. False: they cannot
 * be read; one line why is appended to error.
 */
bool sample_table(const struct table_def *table, size_t most, struct names *names, bool *whole,
                  struct buffer *error);

/* The definition in a mysql_table(5) file; NULL if vmapd could not use it. Unref the config. */
struct config *sample_config(const char *path);

#endif
