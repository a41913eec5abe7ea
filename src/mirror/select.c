/* select - see the header. */
#include "select.h"

#define BRACKETS_MAX 64

bool select_is_asked(struct select_span span)
{
    for (const struct sql_token *token = span.from; token < span.to; token++)
        if (token->is_asked)
            return true;
    return false;
}

bool select_is_part(struct select_span span, const struct sql_token *token)
{
    return token > span.from && sql_is(token - 1, ".");
}

int select_depth(struct select_span span, const struct sql_token *token)
{
    if (sql_is(token, "("))
        return 1;
    if (sql_is(token, ")"))
        return -1;
    if (select_is_part(span, token))
        return 0;
    return sql_is(token, "case") - sql_is(token, "end");
}

bool select_brackets_match(struct select_span span)
{
    bool is_round[BRACKETS_MAX];
    int depth = 0;

    for (const struct sql_token *token = span.from; token < span.to; token++) {
        int step = select_depth(span, token);

        if (step > 0 && depth == BRACKETS_MAX)
            return false;
        if (step > 0)
            is_round[depth++] = sql_is(token, "(");
        if (step < 0 && (depth == 0 || is_round[--depth] != sql_is(token, ")")))
            return false;
    }
    return depth == 0;
}

const struct sql_token *select_find(struct select_span span, const char *word)
{
    int depth = 0;
    const struct sql_token *token;

    for (token = span.from; token < span.to; token++) {
        if (depth == 0 && sql_is(token, word) && !select_is_part(span, token))
            break;
        depth += select_depth(span, token);
    }
    return token;
}

size_t select_columns(struct select_span values)
{
    size_t count = 1;
    int depth = 0;

    for (const struct sql_token *token = values.from; token < values.to; token++) {
        bool is_first = token == values.from || sql_is(token - 1, ",") || sql_is(token - 1, ".");

        if (is_first && sql_is(token, "*"))
            return 0;
        count += depth == 0 && sql_is(token, ",");
        depth += select_depth(values, token);
    }
    return count;
}

void select_write(struct select_span span, struct buffer *out)
{
    const struct sql_token *last = span.to - 1;
    const char *end = last->text.data + last->text.len;

    for (const char *at = span.from->text.data; at < end; at++) {
        buffer_add_char(out, *at);
        if (at[0] == '%' && at[1] == '%')
            at++;
    }
}
