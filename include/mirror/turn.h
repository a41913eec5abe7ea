/*
 * turn - a table's query turned around: from "the values of this key" to "all keys and their values".
 *
 *     SELECT values FROM anything WHERE COL = 'literal with expansions' AND rest
 * becomes
 *     SELECT COL, values FROM anything WHERE rest
 *
 * and the rows of a key are those whose COL equals the expanded literal. Takes only what it can prove to
 * come to the same, and says of all else why it does not. Pure.
 */
#ifndef VMAPD_MIRROR_TURN_H
#define VMAPD_MIRROR_TURN_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "template.h"

/* More conditions than this are not turned around. */
#define TURN_KEYS_MAX 8

/* The columns of a row are first the keys, then the values. Free the members with turned_free(). */
struct turned {
    char *rows_sql;       /* reads the table whole */
    char *collations_sql; /* one row: the collation of each key column, also of an empty table */
    size_t keys;          /* key columns, 1 to TURN_KEYS_MAX */
    size_t values;        /* value columns; 0: as many as come (mirror_query) */
    /* For each key column: what a key has to be expanded to, as the query text of a template. */
    struct template *literals[TURN_KEYS_MAX];
    bool is_key;     /* there is one key column, and it is compared with the key as it is ('%s') */
    bool tells_time; /* the rows depend on the time of day */
};

/*
 * Turn a query around. False: a sentence without a full stop that says why not was appended to reason
 * ("the query has LIMIT"). query is one that template_new() takes.
 */
bool turn_query(const char *query, struct turned *turned, struct buffer *reason);

/*
 * The same for a query whose mirror_query is written by hand: one key column for each different
 * literal with expansions in query, in the order of their first use. mirror_query is plain SQL,
 * without expansions.
 */
bool turn_given(const char *query, const char *mirror_query, struct turned *turned,
                struct buffer *reason);

void turned_free(struct turned *turned);

#endif
