/*
 * sql_scan - see the header.
 *
 * Where a text ends may depend on NO_BACKSLASH_ESCAPES: only if a quote follows an odd number of
 * backslashes, which is refused. What "..." is depends on ANSI_QUOTES, where it ends does not.
 */
#include "sql_scan.h"

#include <stdlib.h>
#include <strings.h>

#include "xmalloc.h"

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* At a '%': an expansion, not "%%". */
static bool is_expansion(const char *at)
{
    return at[0] == '%' && at[1] != '%' && at[1] != '\0';
}

static bool refuse(struct buffer *reason, const char *why)
{
    buffer_add_text(reason, why);
    return false;
}

/* Behind the quote that ends what begins here, or NULL. */
static const char *quoted_end(const char *at, bool *is_asked, struct buffer *reason)
{
    char quote = *at++;

    for (; *at != '\0'; at++) {
        if (*at == quote && at[1] != quote)
            return at + 1;
        if (*at == '\\' && quote != '`' && at[1] == quote) {
            refuse(reason, "a backslash stands before a quote");
            return NULL;
        }
        *is_asked = *is_asked || is_expansion(at);
        /* Pairs: a doubled quote, two backslashes, "%%". */
        if ((*at == quote || *at == '\\' || *at == '%') && at[1] == *at)
            at++;
    }
    refuse(reason, "a quote has no end");
    return NULL;
}

static const char *word_end(const char *at)
{
    while (is_word_byte(*at))
        at++;
    return at;
}

static const char *sign_end(const char *at)
{
    static const char *const pairs[] = {"&&", "||", ":=", "%%"};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (strncmp(at, pairs[i], 2) == 0)
            return at + 2;
    return at + 1;
}

static enum sql_kind kind_at(const char *at)
{
    switch (*at) {
    case '\'':
        return SQL_TEXT;
    case '"':
        return SQL_DOUBLE;
    case '`':
        return SQL_NAME;
    default:
        if (is_word_byte(*at))
            return SQL_WORD;
        return is_expansion(at) ? SQL_EXPANSION : SQL_SIGN;
    }
}

/* The token that begins here; what is behind it, or NULL. */
static const char *take(const char *at, struct sql_token *token, struct buffer *reason)
{
    const char *end;

    token->kind = kind_at(at);
    token->is_asked = token->kind == SQL_EXPANSION;
    if (token->kind == SQL_WORD)
        end = word_end(at);
    else if (token->kind == SQL_EXPANSION)
        end = at + 2;
    else if (token->kind == SQL_SIGN)
        end = sign_end(at);
    else
        end = quoted_end(at, &token->is_asked, reason);
    if (end != NULL)
        token->text = (struct slice){at, (size_t)(end - at)};
    return end;
}

static bool begins_comment(const char *at)
{
    return *at == '#' || strncmp(at, "--", 2) == 0 || strncmp(at, "/*", 2) == 0;
}

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

bool sql_scan(const char *query, struct sql_tokens *tokens, struct buffer *reason)
{
    const char *at = skip_blanks(query);

    /* No text has more tokens than bytes. */
    tokens->at = xcalloc(strlen(query) + 1, sizeof(*tokens->at));
    while (*at != '\0') {
        if (begins_comment(at))
            return refuse(reason, "the query holds a comment");
        if (*at == ';')
            return *skip_blanks(at + 1) == '\0' ||
                   refuse(reason, "the query is several statements");
        at = take(at, &tokens->at[tokens->count], reason);
        if (at == NULL)
            return false;
        tokens->count++;
        at = skip_blanks(at);
    }
    return true;
}

void sql_tokens_free(struct sql_tokens *tokens)
{
    free(tokens->at);
    *tokens = (struct sql_tokens){NULL, 0};
}

bool sql_is(const struct sql_token *token, const char *word)
{
    return (token->kind == SQL_WORD || token->kind == SQL_SIGN) &&
           token->text.len == strlen(word) &&
           strncasecmp(token->text.data, word, token->text.len) == 0;
}

bool sql_literal(const struct sql_token *token, struct buffer *out)
{
    for (size_t i = 1; i + 1 < token->text.len; i++) {
        char c = token->text.data[i];

        if (c == '\\')
            return false;
        buffer_add_char(out, c);
        if (c == token->text.data[0])
            i++;
    }
    return true;
}
