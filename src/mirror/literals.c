/* literals - see the header. */
#include "literals.h"

#include <strings.h>

static bool refuse(struct buffer *reason, const char *why)
{
    buffer_add_text(reason, why);
    return false;
}

static bool compile(const struct sql_token *token, struct turned *turned, struct buffer *reason)
{
    struct buffer text = BUFFER_EMPTY;
    struct template *literal = NULL;

    if (sql_literal(token, &text))
        literal = template_new(buffer_text(&text), "%s", reason);
    else
        refuse(reason, "a literal with an expansion holds a backslash");
    turned->is_key = turned->keys == 0 && strcasecmp(buffer_text(&text), "%s") == 0;
    buffer_free(&text);
    if (literal != NULL)
        turned->literals[turned->keys++] = literal;
    return literal != NULL;
}

bool literals_add(const struct sql_token *token, struct turned *turned, struct buffer *reason)
{
    if (turned->keys == TURN_KEYS_MAX)
        return refuse(reason, "the query has too many literals with expansions");
    switch (token->kind) {
    case SQL_TEXT:
        return compile(token, turned, reason);
    case SQL_DOUBLE:
        return refuse(reason, "an expansion stands in double quotes, which may mean a name");
    case SQL_NAME:
        return refuse(reason, "an expansion stands in a name");
    case SQL_EXPANSION:
    case SQL_WORD:
    case SQL_SIGN:
        break;
    }
    return refuse(reason, "an expansion stands outside of quotes");
}
