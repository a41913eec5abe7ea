/*
 * columns - laying out text for a terminal: two blocks side by side, a block cut to a size. A
 * character of UTF-8 counts as one column.
 */
#ifndef VMAPD_BASE_COLUMNS_H
#define VMAPD_BASE_COLUMNS_H

#include <stddef.h>

#include "buffer.h"

/* Append the lines of left, each filled up to width columns, with those of right behind them. */
void columns_paste(struct slice left, struct slice right, size_t width, struct buffer *out);

/* How many columns a text takes. */
size_t columns_of(const char *text);

/*
 * Append a text of a table, filled up to width columns. A wider one has a line of its own, and what follows is
 * on the next one, in its column.
 */
void columns_add(const char *text, size_t width, struct buffer *out);

/*
 * Append the first lines of text, at most rows of them, each cut to at most width columns, without
 * blanks at its end.
 */
void columns_cut(struct slice text, size_t width, size_t rows, struct buffer *out);

#endif
