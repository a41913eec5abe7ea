/*
 * rows - the rows of one answer, copied as they arrive. Nobody sees any of them before the last has
 * come: half an answer could be a lie. Zero-initialise.
 */
#ifndef VMAPD_DATABASE_ROWS_H
#define VMAPD_DATABASE_ROWS_H

#include "buffer.h"
#include "statement.h"

struct rows {
    struct buffer text;
    size_t cell_count, cell_capacity;
    unsigned columns;
    size_t *offsets;     /* of each cell in the text, */
    const char **fields; /* and where that is in the end */
    unsigned long *lengths;
};

/* False: they are more than DB_ANSWER_MAX now. All rows have the same number of columns. */
bool rows_add(struct rows *rows, unsigned columns, char *const *fields,
              const unsigned long *lengths);
/* All that were added; borrowed until the next change. */
struct db_rows rows_all(struct rows *rows);
/* Forget the rows; the memory is kept if it is little. */
void rows_clear(struct rows *rows);
void rows_free(struct rows *rows);

#endif
