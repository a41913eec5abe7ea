/*
 * lifetimes - how long what the tables said is told, so that mail for those who are known goes on while the
 * database is away: the [cache] section that import writes, and what it adds to tables.
 */
#ifndef VMAPD_MOVING_LIFETIMES_H
#define VMAPD_MOVING_LIFETIMES_H

#include <stdbool.h>

#include "buffer.h"
#include "plan.h"

/* Whether the databases of all tables are on this machine, so that nobody can write while they are away. */
bool lifetimes_nearby(const struct import_plan *plan);

/* The lines for a table of the map, from the file at path: mostly none. */
void lifetimes_write_table(const struct import_map *map, const char *path, struct buffer *out);

/* The section, and a line on what it means. */
void lifetimes_write_cache(bool nearby, struct buffer *out, struct buffer *notes);

#endif
