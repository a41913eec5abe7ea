/*
 * rows - the rows of one answer, copied as they arrive. The caller of the database sees none of
 * them before the last has come: half an answer could be a lie.
 */
#include "connection.h"

#include <stdlib.h>

#include "xmalloc.h"

#define KEEP_BYTES ((size_t)4 * 1024)

static size_t rows_bytes(const struct db_rows *rows)
{
    return rows->text.len + rows->count * sizeof(*rows->cells);
}

static struct db_cell *rows_new_cell(struct db_rows *rows)
{
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity != 0 ? rows->capacity * 2 : 16;
        rows->cells = xrealloc(rows->cells, rows->capacity * sizeof(*rows->cells));
    }
    return &rows->cells[rows->count++];
}

bool db_rows_add(struct db_rows *rows, unsigned columns, char *const *fields,
                 const unsigned long *lengths)
{
    rows->columns = columns;
    for (unsigned i = 0; i < columns; i++) {
        struct db_cell *cell;

        if (rows_bytes(rows) + sizeof(*cell) + lengths[i] > DB_ANSWER_MAX)
            return false;
        cell = rows_new_cell(rows);
        *cell = (struct db_cell){rows->text.len, lengths[i], fields[i] == NULL};
        if (!cell->is_null)
            buffer_add(&rows->text, fields[i], lengths[i]);
        buffer_add_char(&rows->text, '\0');
    }
    return true;
}

void db_rows_give(const struct db_rows *rows, struct db_query *query)
{
    const char **fields = xcalloc(rows->columns, sizeof(*fields));
    unsigned long *lengths = xcalloc(rows->columns, sizeof(*lengths));
    const struct db_cell *cell = rows->cells;
    bool more = true;

    for (size_t left = rows->count; more && left > 0; left -= rows->columns) {
        for (unsigned i = 0; i < rows->columns; i++, cell++) {
            fields[i] = cell->is_null ? NULL : rows->text.data + cell->offset;
            lengths[i] = cell->len;
        }
        more = query->row(query, rows->columns, fields, lengths);
    }
    free(fields);
    free(lengths);
}

bool db_rows_are(const struct db_rows *rows, struct slice value)
{
    const struct db_cell *cell = rows->cells;

    return rows->count == 1 && rows->columns == 1 && !cell->is_null &&
           slice_equal((struct slice){rows->text.data + cell->offset, cell->len}, value);
}

void db_rows_clear(struct db_rows *rows)
{
    if (rows->text.capacity + rows->capacity * sizeof(*rows->cells) > KEEP_BYTES)
        db_rows_free(rows);
    buffer_clear(&rows->text);
    rows->count = 0;
}

void db_rows_free(struct db_rows *rows)
{
    buffer_free(&rows->text);
    free(rows->cells);
    *rows = (struct db_rows){0};
}
