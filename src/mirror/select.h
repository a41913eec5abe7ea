/*
 * select - the parts of a SELECT that has been cut into tokens: its brackets, its clauses, its list of
 * values. For the reader that turns it around. Pure.
 */
#ifndef VMAPD_MIRROR_SELECT_H
#define VMAPD_MIRROR_SELECT_H

#include "sql_scan.h"

/* Tokens from the first to before the last. */
struct select_span {
    const struct sql_token *from, *to;
};

static inline size_t select_len(struct select_span span)
{
    return (size_t)(span.to - span.from);
}

/* Whether any of them holds an expansion. */
bool select_is_asked(struct select_span span);

/* Whether this is a part of a name (a.b) and so no keyword. */
bool select_is_part(struct select_span span, const struct sql_token *token);

/* How much deeper in brackets what follows is: 1, 0 or -1. CASE ... END is a pair of brackets, too. */
int select_depth(struct select_span span, const struct sql_token *token);

/* Each ')' closes a '(' and each END a CASE. */
bool select_brackets_match(struct select_span span);

/* The first such keyword outside of all brackets, or the end. */
const struct sql_token *select_find(struct select_span span, const char *word);

/* The columns of a list of values; 0: "*" is one of them, so nobody knows. */
size_t select_columns(struct select_span values);

/* Append the text as it is written, with "%%" made "%": it is no template any more. Not of no tokens. */
void select_write(struct select_span span, struct buffer *out);

#endif
