/* rows - see the header. */
#include "rows.h"

#include <stdlib.h>

#include "xmalloc.h"

#define KEEP_BYTES  ((size_t)4 * 1024)
#define CELL_BYTES  (sizeof(size_t) + sizeof(char *) + sizeof(unsigned long))
#define OFFSET_NULL ((size_t)-1)

static void grow(struct rows *rows)
{
    size_t capacity = rows->cell_capacity != 0 ? rows->cell_capacity * 2 : 16;

    rows->offsets = xrealloc(rows->offsets, capacity * sizeof(*rows->offsets));
    rows->fields = xrealloc(rows->fields, capacity * sizeof(*rows->fields));
    rows->lengths = xrealloc(rows->lengths, capacity * sizeof(*rows->lengths));
    rows->cell_capacity = capacity;
}

static void add_cell(struct rows *rows, const char *field, unsigned long len)
{
    if (rows->cell_count == rows->cell_capacity)
        grow(rows);
    rows->offsets[rows->cell_count] = field != NULL ? rows->text.len : OFFSET_NULL;
    rows->lengths[rows->cell_count++] = len;
    if (field == NULL)
        return;
    buffer_add(&rows->text, field, len);
    buffer_add_char(&rows->text, '\0');
}

bool rows_add(struct rows *rows, unsigned columns, char *const *fields,
              const unsigned long *lengths)
{
    rows->columns = columns;
    for (unsigned i = 0; i < columns; i++) {
        if (rows->text.len + lengths[i] + (rows->cell_count + 1) * CELL_BYTES > DB_ANSWER_MAX)
            return false;
        add_cell(rows, fields[i], lengths[i]);
    }
    return true;
}

struct db_rows rows_all(struct rows *rows)
{
    for (size_t i = 0; i < rows->cell_count; i++)
        rows->fields[i] =
            rows->offsets[i] != OFFSET_NULL ? rows->text.data + rows->offsets[i] : NULL;
    return (struct db_rows){rows->columns != 0 ? rows->cell_count / rows->columns : 0,
                            rows->columns, rows->fields, rows->lengths};
}

void rows_clear(struct rows *rows)
{
    if (rows->text.capacity + rows->cell_capacity * CELL_BYTES > KEEP_BYTES)
        rows_free(rows);
    buffer_clear(&rows->text);
    rows->cell_count = 0;
    rows->columns = 0;
}

void rows_free(struct rows *rows)
{
    buffer_free(&rows->text);
    free(rows->offsets);
    free(rows->fields);
    free(rows->lengths);
    *rows = (struct rows){0};
}
