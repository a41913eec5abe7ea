/* literal - text as part of a literal, and with it a query for one key. */
#ifndef VMAPD_DATABASE_LITERAL_H
#define VMAPD_DATABASE_LITERAL_H

#include <mysql.h>
#include <stdbool.h>

#include "buffer.h"
#include "template.h"

/*
 * Append text to SQL, escaped for the literal that the SQL has open, the connection's character set
 * and its SQL mode. False: it cannot be, for one because no literal is open and it is no number.
 */
bool literal_add(MYSQL *mysql, struct slice text, struct buffer *sql);

/* Append the template's query for a key that fits. False: the key has no place in it. */
bool literal_add_query(MYSQL *mysql, const struct template *template, struct slice key,
                       struct buffer *sql);

#endif
