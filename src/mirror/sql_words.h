/*
 * sql_words - what the words of a SELECT mean for a mirror: which keep a query from being turned around,
 * which stand before '(' without being functions, and which functions depend on their arguments alone.
 * What is not known here keeps a query from it, too.
 */
#ifndef VMAPD_MIRROR_SQL_WORDS_H
#define VMAPD_MIRROR_SQL_WORDS_H

#include "sql_scan.h"

enum sql_meaning {
    SQL_PLAIN,       /* nothing special */
    SQL_TIME,        /* the time of day: the same question gets another answer later */
    SQL_REFUSED,     /* with it, all rows at once are not the same as one key after the other */
    SQL_UNKNOWN_CALL /* a function that may depend on more than its arguments */
};

/* next: the token behind it, NULL at the end. */
enum sql_meaning sql_meaning(const struct sql_token *token, const struct sql_token *next);

/* Whether a word standing alone is a value, not a column's name. */
bool sql_is_constant(const struct sql_token *token);

#endif
