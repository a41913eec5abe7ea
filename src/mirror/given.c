/*
 * given - a mirror_query that was written by hand; see turn.h. It may be anything that gives the
 * columns; what is proved of a query that is turned around is promised by who wrote it.
 */
#include "turn.h"

#include <stdlib.h>

#include "literals.h"
#include "select.h"
#include "sql_words.h"
#include "xmalloc.h"

static struct select_span span_of(const struct sql_tokens *tokens)
{
    return (struct select_span){tokens->at, tokens->at + tokens->count};
}

/* Whether the same text has come before. */
static bool is_known(const struct sql_tokens *tokens, const struct sql_token *token)
{
    for (const struct sql_token *other = tokens->at; other < token; other++)
        if (slice_equal(other->text, token->text))
            return true;
    return false;
}

static bool read_literals(const struct sql_tokens *query, struct turned *turned,
                          struct buffer *reason)
{
    for (const struct sql_token *token = query->at; token < query->at + query->count; token++)
        if (token->is_asked && !is_known(query, token) && !literals_add(token, turned, reason))
            return false;
    if (turned->keys == 0)
        buffer_add_text(reason, "the query has no expansion");
    return turned->keys != 0;
}

/* The columns of the first SELECT; 0 = nobody knows. */
static size_t count_columns(const struct sql_tokens *tokens)
{
    struct select_span all = span_of(tokens);

    if (tokens->count < 2 || !sql_is(all.from, "select") || !select_brackets_match(all))
        return 0;
    return select_columns((struct select_span){all.from + 1, select_find(all, "from")});
}

static bool read_columns(const struct sql_tokens *query, const struct sql_tokens *given,
                         struct turned *turned, struct buffer *reason)
{
    size_t values = count_columns(query);
    size_t columns = count_columns(given);

    if (columns == 0) {
        buffer_add_text(reason, "mirror_query does not begin with SELECT and a list of columns");
        return false;
    }
    if (columns <= turned->keys || (values != 0 && columns != turned->keys + values)) {
        buffer_printf(reason,
                      "mirror_query has %zu columns, expected %zu for the different literals with "
                      "expansions in query and then those of the value",
                      columns, turned->keys);
        return false;
    }
    turned->values = columns - turned->keys;
    return true;
}

static bool tells_time(const struct sql_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++)
        if (sql_meaning(&tokens->at[i], i + 1 < tokens->count ? &tokens->at[i + 1] : NULL) ==
            SQL_TIME)
            return true;
    return false;
}

/* A SELECT without rows before it names the columns, which may have no names, or one name twice. */
static void write_collations(const char *rows_sql, size_t keys, size_t columns, struct buffer *out)
{
    for (size_t i = 0; i < keys; i++)
        buffer_printf(out, "%sCOLLATION(vmapd_all.c%zu)", i == 0 ? "SELECT " : ", ", i);
    buffer_add_text(out, " FROM (SELECT 1) vmapd_one LEFT JOIN (");
    for (size_t i = 0; i < columns; i++)
        buffer_printf(out, "%sNULL AS c%zu", i == 0 ? "SELECT " : ", ", i);
    buffer_printf(out, " FROM DUAL WHERE 0 UNION ALL %s) vmapd_all ON 0", rows_sql);
}

static void write_sql(struct slice rows_sql, struct turned *turned)
{
    struct buffer collations = BUFFER_EMPTY;

    turned->rows_sql = xstrndup(rows_sql.data, rows_sql.len);
    write_collations(turned->rows_sql, turned->keys, turned->keys + turned->values, &collations);
    turned->collations_sql = collations.data;
}

/* Without what stands around the tokens, as a ';'. */
static struct slice text_of(const struct sql_tokens *tokens)
{
    const struct sql_token *first = tokens->at;
    const struct sql_token *last = tokens->at + tokens->count - 1;

    return (struct slice){first->text.data,
                          (size_t)(last->text.data + last->text.len - first->text.data)};
}

bool turn_given(const char *query, const char *mirror_query, struct turned *turned,
                struct buffer *reason)
{
    struct sql_tokens tokens = {NULL, 0};
    struct sql_tokens given = {NULL, 0};
    bool is_done;

    *turned = (struct turned){.keys = 0};
    is_done = sql_scan(query, &tokens, reason) && read_literals(&tokens, turned, reason) &&
              sql_scan(mirror_query, &given, reason) &&
              read_columns(&tokens, &given, turned, reason);
    if (is_done) {
        turned->tells_time = tells_time(&tokens) || tells_time(&given);
        write_sql(text_of(&given), turned);
    } else {
        turned_free(turned);
    }
    sql_tokens_free(&tokens);
    sql_tokens_free(&given);
    return is_done;
}
