/* explain_text - the sentences of explain.c; private to it. All append to out. */
#ifndef VMAPD_LOOKUP_EXPLAIN_TEXT_H
#define VMAPD_LOOKUP_EXPLAIN_TEXT_H

#include "search_keys.h"
#include "cache.h"
#include "map_def.h"
#include "mirror.h"
#include "outcome.h"
#include "share.h"

/* The most that is shown of a key, value or statement, bytes; and of rows. */
#define EXPLAIN_TEXT_SHOWN 2000
#define EXPLAIN_ROWS_SHOWN 20

/* Bytes from outside, cut, without control characters. */
void explain_bytes(struct slice bytes, struct buffer *out);

/* The map, and what the key is made into. */
void explain_map(const struct map_def *map, struct slice request, const struct search_keys *keys,
                 struct buffer *out);

/* One key of the search, and what it means. */
void explain_key(const struct search_keys *keys, size_t index, struct buffer *out);

/* Why a table is not asked for this key. */
void explain_suppressed(const struct table_def *table, struct slice key, struct buffer *out);

/* What is wrong with the table, if anything is. */
void explain_trouble(const struct share *share, uint64_t now_ms, struct buffer *out);

/* What the cache has. */
void explain_cached(const struct table_def *table, const struct cache_answer *cached,
                    struct buffer *out);

/* What the table's mirror says. */
void explain_mirror(const struct mirror_answer *said, struct buffer *out);

void explain_row(unsigned columns, const char *const *fields, const unsigned long *lengths,
                 struct buffer *out);

/* Which lookups get something else than the database has just said (value or reason), and how long. */
void explain_difference(const struct table_def *table, const struct cache_answer *cached,
                        enum outcome outcome, struct slice value, struct buffer *out);

/* The same for a live mirror that has a value. */
void explain_mirror_difference(const struct mirror_answer *said, enum outcome outcome,
                               struct slice value, struct buffer *out);

#endif
