/*
 * certain - what a list of all rows proves about one key, though only the server can compare all texts.
 * Pure.
 *
 * A text is plain if it is printable ASCII, of one byte or more, not ending in a blank. Plain texts are
 * compared as the collation's kind says. Other rows are exotic (accents, full-width letters, characters
 * without weight, blanks that are padded): one with a plain domain behind its last '@' may be equal to keys
 * of that domain, any other to every key. Where one might be, nothing is certain.
 *
 * '?' is not plain here: it is what the server sends for a character that it can't convert.
 */
#ifndef VMAPD_MIRROR_CERTAIN_H
#define VMAPD_MIRROR_CERTAIN_H

#include "collation.h"

enum certain_shape { CERTAIN_PLAIN, CERTAIN_IN_DOMAIN, CERTAIN_ANYWHERE };

/* The key of one row, or what is asked for: a text for each key column; borrowed. */
struct certain_texts {
    const struct slice *text;
    size_t count; /* 1 or more */
};

/* CERTAIN_IN_DOMAIN: *domain is it, as written, part of the text. Of one text only. */
enum certain_shape certain_shape(struct certain_texts texts, struct slice *domain);

/*
 * Append what plain texts have in common that may be equal, and no others: in lower case unless the
 * column's kind is exact. kinds: one for each text, none of them unknown.
 */
void certain_fold(struct certain_texts texts, const enum collation_kind *kinds, struct buffer *out);

/* Whether only the server knows which keys are equal to a row: a column's kind is COLLATION_SPLITS. */
bool certain_is_split(const enum collation_kind *kinds, size_t count);

enum certain { CERTAIN_FOUND, CERTAIN_NOT_FOUND, CERTAIN_ASK };

/* What is known about a key. */
struct certain_case {
    enum certain_shape key;
    bool has_row;        /* a plain row folds to the same */
    bool has_exotic_row; /* an exotic row may be equal to it */
    bool is_split;       /* certain_is_split() */
};

enum certain certain_judge(const struct certain_case *known);

#endif
