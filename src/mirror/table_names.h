/*
 * table_names - the tables of the database that a mirror's rows come from, so that it is known which changes
 * concern it. Pure: what the text of the query says, then what the server says of that. Where either
 * can't be told, or it is no plain table, every change concerns it.
 */
#ifndef VMAPD_MIRROR_TABLE_NAMES_H
#define VMAPD_MIRROR_TABLE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

/* More tables than this are "every change". */
#define TABLE_NAMES_MAX 16

/* Zero-initialise: every change concerns it. Free with table_names_clear(). */
struct table_names {
    bool is_known;
    struct buffer text; /* database, NUL, table, NUL, and so on: as the server has them */
    uint64_t wanted;    /* bits: asked for, and */
    uint64_t taken;     /* answered */
    struct buffer
        elsewhere; /* one whose rows are not this server's, and so not in its log; or empty */
};

/*
 * Append the question which of the tables that rows_sql names (plain SQL) are plain tables; its answer is
 * rows of five columns. False: it can't be told which they are, and there is nothing to ask.
 */
bool table_names_begin(struct table_names *names, const char *rows_sql, struct buffer *question);
/* A row of the answer; NULL where it has NULL. */
void table_names_take(struct table_names *names, const char *const *fields);
/* That were all. */
void table_names_end(struct table_names *names);
void table_names_clear(struct table_names *names);

/* Whether a change of that table concerns the mirror. */
bool table_names_have(const struct table_names *names, struct slice database, struct slice table);

#endif
