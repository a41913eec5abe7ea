/*
 * sql_hint - which index a query lacks, told from its text. A guess for people, made without a parser
 * of SQL: it knows columns that are compared with an expansion, and the tables behind their aliases.
 * Pure.
 */
#ifndef VMAPD_CHECK_SQL_HINT_H
#define VMAPD_CHECK_SQL_HINT_H

#include <stdbool.h>

#include "buffer.h"

/*
 * Append the CREATE INDEX statements (separated by "; ") by which the query need not read all of
 * table, which is a name or an alias as EXPLAIN shows it. False: the text does not tell.
 */
bool sql_index_hint(const char *query, const char *table, struct buffer *out);

/* Whether the statement calls a procedure, so that it cannot be tried without doing something. */
bool sql_is_call(const char *query);

#endif
