/* query - what EXPLAIN said of a query, and which index would help. Pure. */
#ifndef VMAPD_CHECK_QUERY_H
#define VMAPD_CHECK_QUERY_H

#include <stdbool.h>

#include "checks.h"
#include "config.h"

/* One row, its fields as MySQL and MariaDB give them. */
void check_plan_row(struct check *check, const struct table_def *table, unsigned columns,
                    const char *const *fields);

/* Whether the statement calls a procedure, so that it cannot be tried without doing something. */
bool query_is_call(const char *query);

#endif
