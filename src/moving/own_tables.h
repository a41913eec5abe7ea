/*
 * own_tables - what Postfix's own mysql: tables say, asked with postmap(1): the keys that Postfix would
 * derive, in its order, each in every table before the next one.
 */
#ifndef VMAPD_MOVING_OWN_TABLES_H
#define VMAPD_MOVING_OWN_TABLES_H

#include <stdbool.h>

#include "buffer.h"
#include "names.h"
#include "plan.h"

/*
 * values has a place for each of the requests; it gets the value, which the caller frees, or NULL where
 * there is none. False: a table could not be asked; one line why is appended to error.
 */
bool own_tables_ask(const struct import_plan *plan, const struct import_map *map,
                    const struct names *requests, char **values, struct buffer *error);

/* Ask one table ("mysql:/PATH") for sorted keys as they are. */
bool own_tables_ask_one(const char *directory, const char *table, const struct names *keys,
                        char **values, struct buffer *error);

#endif
