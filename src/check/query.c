/* query - see the header. */
#include "query.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

#define NAME    "`?([A-Za-z0-9_]+)`?"
#define LITERAL "'[^'\\\\]*'"
#define OTHER   "`?[A-Za-z0-9_]+`? *(=|<>|!=|<|>) *(" LITERAL "|[0-9]+)"

/*
 * The plainest of queries, where it is certain which column of which table is asked: one table, one
 * expansion, and nothing but further conditions behind it. For all else, people see better themselves.
 */
static bool report_index(struct check *check, const struct table_def *table, const char *scanned)
{
    static const char plain[] = "^ *select [^()']* from " NAME " where " NAME
                                " *= *'[^'\\\\]*%[^'\\\\]*'( and " OTHER ")* *;?[[:space:]]*$";
    regmatch_t match[3];
    regex_t regex;
    bool certain;

    if (regcomp(&regex, plain, REG_EXTENDED | REG_ICASE) != 0)
        return false;
    certain = regexec(&regex, table->query, 3, match, 0) == 0;
    regfree(&regex);
    if (certain) {
        const char *name = table->query + match[1].rm_so, *column = table->query + match[2].rm_so;
        int name_len = (int)(match[1].rm_eo - match[1].rm_so);
        int column_len = (int)(match[2].rm_eo - match[2].rm_so);

        check_problem(check,
                      "%s: the query of table %s reads all of %s for every key; CREATE INDEX %.*s "
                      "ON %.*s (%.*s)",
                      table->origin, table->name, scanned, column_len, column, name_len, name,
                      column_len, column);
    }
    return certain;
}

static void report_scan(struct check *check, const struct table_def *table, const char *scanned)
{
    if (!report_index(check, table, scanned))
        check_problem(check,
                      "%s: the query of table %s reads all of %s for every key; an index on the "
                      "columns of it that are compared would help, if they stand alone on one side "
                      "of the comparison",
                      table->origin, table->name, scanned);
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

bool query_is_call(const char *query)
{
    query += strspn(query, " \t\n");
    return strncasecmp(query, "call", 4) == 0 && !isalnum((unsigned char)query[4]) &&
           query[4] != '_';
}
