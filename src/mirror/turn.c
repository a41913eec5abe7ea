/*
 * turn - see the header.
 *
 * A query is cut at SELECT, FROM, WHERE and ORDER BY, and what follows WHERE at its ANDs. A condition
 * with an expansion has to be COL = 'literal' and nothing else; all other parts are taken over as they
 * are written. ORDER BY is left out: it says nothing about one row.
 */
#include "turn.h"

#include <stdlib.h>

#include "literals.h"
#include "select.h"
#include "sql_words.h"

#define ALL_ROWS " LIMIT 18446744073709551615" /* whatever sql_select_limit says */

/* The clauses, without SELECT, FROM and WHERE themselves. */
struct clauses {
    struct select_span values, tables, conditions;
};

/* The query on its way to what it is turned into. */
struct reading {
    struct turned *turned;
    struct buffer *reason;
    struct buffer columns, collations,
        rest; /* SQL: COL, COLLATION(COL), what else has to be true */
};

static bool refuse(struct reading *reading, const char *why)
{
    buffer_add_text(reading->reason, why);
    return false;
}

static bool refuse_token(struct reading *reading, const char *before, const struct sql_token *token,
                         const char *behind)
{
    buffer_printf(reading->reason, "%s%.*s%s", before, (int)token->text.len, token->text.data,
                  behind);
    return false;
}

static bool find_clauses(struct select_span all, struct clauses *clauses, struct reading *reading)
{
    const struct sql_token *from, *where, *order;

    if (select_len(all) == 0 || !sql_is(all.from, "select"))
        return refuse(reading, "the query is not one SELECT");
    if (!select_brackets_match(all))
        return refuse(reading, "the query's brackets do not match");
    from = select_find(all, "from");
    where = select_find(all, "where");
    order = select_find(all, "order");
    if (from == all.to || where < from || order < where)
        return refuse(reading, "the query is not SELECT ... FROM ... WHERE ...");
    clauses->values = (struct select_span){all.from + 1, from};
    clauses->tables = (struct select_span){from + 1, where};
    clauses->conditions = (struct select_span){where < all.to ? where + 1 : where, order};
    if (select_len(clauses->values) == 0 || select_len(clauses->tables) == 0)
        return refuse(reading, "the query is not SELECT ... FROM ... WHERE ...");
    return true;
}

/* --- what no part may hold ------------------------------------------------------------------ */

static bool sign_is_known(const struct sql_token *token)
{
    if (token->text.len == 2)
        return !sql_is(token, ":=");
    return strchr("(),.=<>!+-*/&|^~", token->text.data[0]) != NULL;
}

static bool token_is_fine(struct select_span all, const struct sql_token *token,
                          struct reading *reading)
{
    const struct sql_token *next = token + 1 < all.to ? token + 1 : NULL;
    enum sql_meaning meaning = sql_meaning(token, next);

    if (token->kind == SQL_SIGN && !sign_is_known(token))
        return refuse_token(reading, "the query has a '", token, "'");
    /* a.limit is a column; a.f(...) is somebody's function. */
    if (select_is_part(all, token))
        meaning = next != NULL && sql_is(next, "(") ? SQL_UNKNOWN_CALL : SQL_PLAIN;
    switch (meaning) {
    case SQL_PLAIN:
        return true;
    case SQL_TIME:
        reading->turned->tells_time = true;
        return true;
    case SQL_REFUSED:
        return refuse_token(reading, "the query has ", token, "");
    case SQL_UNKNOWN_CALL:
        break;
    }
    return refuse_token(reading, "the query calls ", token,
                        "(), which is not known to depend on its arguments alone");
}

static bool all_is_fine(struct select_span all, struct reading *reading)
{
    for (const struct sql_token *token = all.from; token < all.to; token++)
        if (!token_is_fine(all, token, reading))
            return false;
    return true;
}

static bool read_values(struct select_span values, struct reading *reading)
{
    if (!all_is_fine(values, reading))
        return false;
    if (select_is_asked(values))
        return refuse(reading, "an expansion stands in the list of values");
    if (reading->turned->tells_time)
        return refuse(reading, "a value depends on the time of day");
    if (sql_is(values.from, "all"))
        return refuse(reading, "the query has ALL");
    reading->turned->values = select_columns(values);
    return reading->turned->values != 0 || refuse(reading, "the list of values has '*'");
}

/* --- conditions ----------------------------------------------------------------------------- */

/* a, a.b, a.b.c. */
static bool is_column(struct select_span span)
{
    size_t len = select_len(span);

    if (len % 2 == 0 || len > 5)
        return false;
    for (size_t i = 0; i < len; i++) {
        const struct sql_token *token = &span.from[i];
        bool is_name = token->kind == SQL_WORD || token->kind == SQL_NAME;

        if (i % 2 == 0 ? !is_name || token->is_asked : !sql_is(token, "."))
            return false;
    }
    return !sql_is_constant(span.from);
}

/* COL = 'literal', or the other way round. */
static bool is_equality(struct select_span condition, struct select_span *column,
                        const struct sql_token **literal)
{
    const struct sql_token *equals;

    if (select_len(condition) < 3)
        return false;
    if (condition.from->is_asked) {
        *literal = condition.from;
        equals = condition.from + 1;
        *column = (struct select_span){condition.from + 2, condition.to};
    } else {
        *literal = condition.to - 1;
        equals = condition.to - 2;
        *column = (struct select_span){condition.from, condition.to - 2};
    }
    return (*literal)->is_asked && sql_is(equals, "=") && is_column(*column);
}

static void add_column(struct select_span column, struct reading *reading)
{
    const char *comma = reading->columns.len != 0 ? ", " : "";

    buffer_add_text(&reading->columns, comma);
    select_write(column, &reading->columns);
    buffer_printf(&reading->collations, "%sCOLLATION(", comma);
    select_write(column, &reading->collations);
    buffer_add_char(&reading->collations, ')');
}

static bool read_condition(struct select_span condition, struct reading *reading)
{
    const struct sql_token *literal;
    struct select_span column;

    if (select_len(condition) == 0)
        return refuse(reading, "a condition is empty");
    if (!select_is_asked(condition)) {
        buffer_add_text(&reading->rest, reading->rest.len == 0 ? " WHERE " : " AND ");
        select_write(condition, &reading->rest);
        return true;
    }
    if (!is_equality(condition, &column, &literal))
        return refuse(reading, "an expansion stands in another condition than COLUMN = 'literal'");
    add_column(column, reading);
    return literals_add(literal, reading->turned, reading->reason);
}

static bool is_and(const struct sql_token *token)
{
    return sql_is(token, "and") || sql_is(token, "&&");
}

/* What binds less than AND, or does so under some sql_mode. */
static bool is_weaker(const struct sql_token *token)
{
    return sql_is(token, "or") || sql_is(token, "xor") || sql_is(token, "||");
}

static bool read_conditions(struct select_span all, struct reading *reading)
{
    struct select_span condition = {all.from, all.from};
    bool in_between = false; /* whose AND is not ours */
    int depth = 0;

    for (const struct sql_token *token = all.from; token < all.to; token++) {
        depth += select_depth(all, token);
        if (depth > 0 || select_is_part(all, token))
            continue;
        if (is_weaker(token))
            return refuse_token(reading, "the query has ", token, " beside its conditions");
        if (is_and(token) && !in_between) {
            condition.to = token;
            if (!read_condition(condition, reading))
                return false;
            condition.from = token + 1;
        } else if (is_and(token) || sql_is(token, "between")) {
            in_between = !is_and(token);
        }
    }
    condition.to = all.to;
    return read_condition(condition, reading);
}

/* --- the whole ------------------------------------------------------------------------------ */

static bool read_query(struct select_span all, struct clauses *clauses, struct reading *reading)
{
    if (!find_clauses(all, clauses, reading) || !read_values(clauses->values, reading) ||
        !all_is_fine((struct select_span){clauses->tables.from, all.to}, reading))
        return false;
    if (!select_is_asked(all))
        return refuse(reading, "the query has no expansion");
    if (select_is_asked(clauses->tables))
        return refuse(reading, "an expansion stands behind FROM");
    if (select_is_asked((struct select_span){clauses->conditions.to, all.to}))
        return refuse(reading, "an expansion stands in ORDER BY");
    return read_conditions(clauses->conditions, reading);
}

static void write_sql(const struct clauses *clauses, const struct reading *reading)
{
    struct buffer rows = BUFFER_EMPTY;
    struct buffer collations = BUFFER_EMPTY;

    buffer_printf(&rows, "SELECT %s, ", buffer_text(&reading->columns));
    select_write(clauses->values, &rows);
    buffer_add_text(&rows, " FROM ");
    select_write(clauses->tables, &rows);
    buffer_printf(&rows, "%s" ALL_ROWS, buffer_text(&reading->rest));
    reading->turned->rows_sql = rows.data;

    buffer_printf(&collations, "SELECT %s FROM (SELECT 1) vmapd_one LEFT JOIN (",
                  buffer_text(&reading->collations));
    select_write(clauses->tables, &collations);
    buffer_add_text(&collations, ") ON 0");
    reading->turned->collations_sql = collations.data;
}

bool turn_query(const char *query, struct turned *turned, struct buffer *reason)
{
    struct reading reading = {.turned = turned, .reason = reason};
    struct sql_tokens tokens = {NULL, 0};
    struct clauses clauses;
    bool is_done;

    *turned = (struct turned){.keys = 0};
    is_done =
        sql_scan(query, &tokens, reason) &&
        read_query((struct select_span){tokens.at, tokens.at + tokens.count}, &clauses, &reading);
    if (is_done)
        write_sql(&clauses, &reading);
    else
        turned_free(turned);
    buffer_free(&reading.columns);
    buffer_free(&reading.collations);
    buffer_free(&reading.rest);
    sql_tokens_free(&tokens);
    return is_done;
}

void turned_free(struct turned *turned)
{
    for (size_t i = 0; i < turned->keys; i++)
        template_free(turned->literals[i]);
    free(turned->rows_sql);
    free(turned->collations_sql);
    *turned = (struct turned){.keys = 0};
}
