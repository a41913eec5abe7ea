/*
 * exotics - the rows of a mirror that only the server can compare (certain.h). What they mean for a key is
 * kept as rows under keys that no plain text has: a marker for "may be equal to any key", and one for
 * each domain in which a row may be equal to some. Pure.
 */
#ifndef VMAPD_MIRROR_EXOTICS_H
#define VMAPD_MIRROR_EXOTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "certain.h"
#include "hash.h"

/* The marker of rows that may be equal to any key; constant. */
struct slice exotics_anywhere(void);

/* Append the marker of rows that may be equal to this plain key for its domain. False: it has none. */
bool exotics_in_domain(struct certain_texts key, struct buffer *marker);

/* The exotic rows seen in one reading of a table, so that each marker is stored once. */
struct exotics;

struct exotics *exotics_new(const struct hash_secret *secret);
void exotics_free(struct exotics *exotics); /* NULL is fine */

/* Take one row, of any shape. True: it is the first of its marker, which was appended. */
bool exotics_add(struct exotics *exotics, struct certain_texts row, struct buffer *marker);

/* The rows so far that are not plain. */
uint64_t exotics_count(const struct exotics *exotics);

#endif
