/* query - what EXPLAIN said, and what would help; see checks.h. */
#include <stdlib.h>

#include "checks.h"
#include "sql_hint.h"

/* A table that is small enough may be read as a whole in spite of its indexes. */
#define MANY_ROWS 1000

/* Columns of EXPLAIN: MariaDB and MySQL up to 5.6 have 10; later MySQL has partitions and filtered. */
enum { TABLE_COLUMN = 2, TYPE_COLUMN = 3, KEYS_COLUMN = 4, ROWS_COLUMN = 8, COLUMNS = 10 };

static const char *field(unsigned columns, const char *const *fields, unsigned column)
{
    unsigned shift = columns > COLUMNS && column > TABLE_COLUMN ? 1 : 0;

    return column + shift < columns ? fields[column + shift] : NULL;
}

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

static void report_scan(struct check *check, const struct table_def *table, const char *scanned)
{
    struct buffer hint = BUFFER_EMPTY;

    if (!sql_index_hint(table->query, scanned, &hint))
        buffer_printf(&hint,
                      "an index on the columns of %s that are compared would help, if they stand "
                      "alone on one side of the comparison",
                      scanned);
    check_problem(check, "%s: the query of table %s reads all of %s for every key; %s",
                  table->origin, table->name, scanned, buffer_text(&hint));
    buffer_free(&hint);
}

void check_plan_row(struct check *check, const struct table_def *table, unsigned columns,
                    const char *const *fields)
{
    const char *scanned = field(columns, fields, TABLE_COLUMN);
    const char *type = field(columns, fields, TYPE_COLUMN);
    const char *keys = field(columns, fields, KEYS_COLUMN);
    const char *rows = field(columns, fields, ROWS_COLUMN);

    /* "<derived2>", "<union1,2>": results of other parts of the query. */
    if (scanned == NULL || scanned[0] == '<' || !(is(type, "ALL") || is(type, "index")))
        return;
    if (keys == NULL)
        report_scan(check, table, scanned);
    else if (rows != NULL && atoll(rows) >= MANY_ROWS)
        check_problem(check,
                      "%s: the query of table %s reads about %s rows of %s for every key, though "
                      "there is an index (%s); is the comparison of the column's own type and "
                      "collation? ANALYZE TABLE %s may help, too",
                      table->origin, table->name, rows, scanned, keys, scanned);
}
