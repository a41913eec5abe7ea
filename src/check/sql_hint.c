/* sql_hint - see the header. */
#include "sql_hint.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "xmalloc.h"

enum kind {
    KIND_WORD,    /* name, qualified name or keyword; text is without backquotes */
    KIND_LITERAL, /* 'text' or a number without an expansion */
    KIND_ASKED,   /* a literal that has one */
    KIND_SIGN     /* one character */
};

struct token {
    enum kind kind;
    char *text;
};

struct tokens {
    struct token *at;
    size_t count;
};

/* --- tokens --------------------------------------------------------------------------------- */

static void add(struct tokens *tokens, enum kind kind, const char *text, size_t len)
{
    tokens->at = xrealloc(tokens->at, (tokens->count + 1) * sizeof(*tokens->at));
    tokens->at[tokens->count++] = (struct token){kind, xstrndup(text, len)};
}

static void tokens_free(struct tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++)
        free(tokens->at[i].text);
    free(tokens->at);
}

static bool is_expansion(const char *text)
{
    return text[0] == '%' && text[1] != '\0' && strchr("sSuUdD123456789", text[1]) != NULL;
}

/* '...' or "...", doubled quotes and backslashes inside. Returns what is behind it. */
static const char *take_string(struct tokens *tokens, const char *text)
{
    const char *at = text + 1;
    bool asked = false;

    for (; *at != '\0'; at++) {
        if (*at == *text && at[1] != *text)
            break;
        asked = asked || is_expansion(at);
        if ((*at == *text || *at == '\\' || *at == '%') && at[1] != '\0')
            at++;
    }
    add(tokens, asked ? KIND_ASKED : KIND_LITERAL, text, (size_t)(at - text));
    return *at != '\0' ? at + 1 : at;
}

/* a, `a b`, a.b, `a`.`b`: one word without the backquotes. */
static const char *take_word(struct tokens *tokens, const char *text)
{
    struct buffer word = BUFFER_EMPTY;
    bool quoted = false;

    for (; *text != '\0'; text++) {
        if (*text == '`')
            quoted = !quoted;
        else if (quoted || isalnum((unsigned char)*text) || strchr("_$.", *text) != NULL ||
                 (unsigned char)*text >= 0x80)
            buffer_add_char(&word, *text);
        else
            break;
    }
    add(tokens, KIND_WORD, buffer_text(&word), word.len);
    buffer_free(&word);
    return text;
}

static struct tokens tokenize(const char *text)
{
    struct tokens tokens = {NULL, 0};

    while (*text != '\0') {
        if (isspace((unsigned char)*text)) {
            text++;
        } else if (*text == '\'' || *text == '"') {
            text = take_string(&tokens, text);
        } else if (is_expansion(text)) {
            add(&tokens, KIND_ASKED, text, 2);
            text += 2;
        } else if (isalnum((unsigned char)*text) || strchr("_$`", *text) != NULL ||
                   (unsigned char)*text >= 0x80) {
            text = take_word(&tokens, text);
        } else {
            add(&tokens, KIND_SIGN, text++, 1);
        }
    }
    return tokens;
}

static bool is_word(const struct tokens *tokens, size_t index, const char *word)
{
    return index < tokens->count && tokens->at[index].kind == KIND_WORD &&
           strcasecmp(tokens->at[index].text, word) == 0;
}

static bool is_sign(const struct tokens *tokens, size_t index, char sign)
{
    return index < tokens->count && tokens->at[index].kind == KIND_SIGN &&
           tokens->at[index].text[0] == sign;
}

static bool is_keyword(const struct tokens *tokens, size_t index)
{
    static const char *const keywords[] = {
        "select", "from",    "where", "join",    "left",          "right",  "inner", "outer",
        "cross",  "natural", "on",    "using",   "order",         "group",  "limit", "having",
        "union",  "and",     "or",    "not",     "straight_join", "force",  "use",   "ignore",
        "as",     "in",      "like",  "between", "partition",     "window", "for",   "except"};

    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (is_word(tokens, index, keywords[i]))
            return true;
    return false;
}

static bool is_name(const struct tokens *tokens, size_t index)
{
    return index < tokens->count && tokens->at[index].kind == KIND_WORD &&
           !is_keyword(tokens, index) && !isdigit((unsigned char)tokens->at[index].text[0]);
}

/* --- tables of one SELECT ------------------------------------------------------------------- */

struct select {
    const struct tokens *tokens;
    size_t begin, end;
    size_t table_count;
    const char *table; /* the name behind the wanted name or alias; NULL: not of this SELECT */
};

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL ? dot + 1 : name;
}

/* A table at this place, maybe with an alias. */
static void see_table(struct select *select, size_t at, const char *wanted)
{
    const struct tokens *tokens = select->tokens;
    size_t alias = is_word(tokens, at + 1, "as") ? at + 2 : at + 1;

    if (!is_name(tokens, at))
        return;
    select->table_count++;
    if (strcasecmp(last_part(tokens->at[at].text), wanted) == 0 ||
        (alias < select->end && is_name(tokens, alias) &&
         strcasecmp(tokens->at[alias].text, wanted) == 0))
        select->table = tokens->at[at].text;
}

static void find_tables(struct select *select, const char *wanted)
{
    bool in_list = false;

    for (size_t i = select->begin; i < select->end; i++) {
        bool begins = is_word(select->tokens, i, "from") || is_word(select->tokens, i, "join");

        if (begins)
            in_list = true;
        else if (is_word(select->tokens, i, "where") || is_word(select->tokens, i, "on"))
            in_list = false;
        if ((begins || (in_list && is_sign(select->tokens, i, ','))) && i + 1 < select->end)
            see_table(select, i + 1, wanted);
    }
}

/* --- columns that are compared with an expansion -------------------------------------------- */

/* The function call or list that the token at this place is an argument of begins at the result. */
static size_t before_arguments(const struct tokens *tokens, size_t at)
{
    size_t depth = 0;

    while (at-- > 0) {
        if (is_sign(tokens, at, ')'))
            depth++;
        else if (is_sign(tokens, at, '(') && depth-- == 0)
            return at;
    }
    return 0;
}

/* A pattern that begins with a wildcard: no index helps. */
static bool matches_any_beginning(const struct token *literal)
{
    const char *text = literal->text;

    return text[0] != '%' && (text[1] == '_' || strncmp(text + 1, "%%", 2) == 0);
}

/* The column that the literal is compared with, or NULL. */
static const char *compared_column(const struct select *select, size_t literal)
{
    const struct tokens *tokens = select->tokens;
    size_t at = literal;

    if (at > 0 && (is_sign(tokens, at - 1, '(') || is_sign(tokens, at - 1, ','))) {
        at = before_arguments(tokens, at);
        if (at > 1 && is_word(tokens, at - 1, "in"))
            return is_name(tokens, at - 2) ? tokens->at[at - 2].text : NULL;
        if (at > 0 && is_name(tokens, at - 1))
            at--; /* the function's name */
    } else if (is_sign(tokens, at + 1, '=') && is_name(tokens, at + 2) &&
               !is_sign(tokens, at + 3, '(')) {
        return tokens->at[at + 2].text;
    }
    if (at < 2 || !is_name(tokens, at - 2))
        return NULL;
    if (is_word(tokens, at - 1, "like"))
        return matches_any_beginning(&tokens->at[literal]) ? NULL : tokens->at[at - 2].text;
    return is_sign(tokens, at - 1, '=') ? tokens->at[at - 2].text : NULL;
}

static bool belongs(const struct select *select, const char *column, const char *wanted)
{
    const char *dot = strrchr(column, '.');
    size_t len = dot != NULL ? (size_t)(dot - column) : 0;
    const char *owner_dot = dot != NULL ? memrchr(column, '.', len) : NULL;
    const char *owner = owner_dot != NULL ? owner_dot + 1 : column;

    if (dot == NULL)
        return select->table_count == 1;
    len = (size_t)(dot - owner);
    return strlen(wanted) == len && strncasecmp(owner, wanted, len) == 0;
}

#define COLUMNS_MAX 8

static size_t find_columns(const struct select *select, const char *wanted, const char **columns)
{
    size_t count = 0;

    for (size_t i = select->begin; i < select->end && count < COLUMNS_MAX; i++) {
        const char *column =
            select->tokens->at[i].kind == KIND_ASKED ? compared_column(select, i) : NULL;
        bool known = column == NULL || !belongs(select, column, wanted);

        for (size_t j = 0; j < count && !known; j++)
            known = strcasecmp(last_part(column), columns[j]) == 0;
        if (!known)
            columns[count++] = last_part(column);
    }
    return count;
}

/* --- the statement -------------------------------------------------------------------------- */

static bool has_or(const struct select *select)
{
    for (size_t i = select->begin; i < select->end; i++)
        if (is_word(select->tokens, i, "or"))
            return true;
    return false;
}

static void write_index(const char *table, const char *const *columns, size_t count,
                        struct buffer *out)
{
    buffer_add_text(out, "CREATE INDEX ");
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "%s%s", i > 0 ? "_" : "", columns[i]);
    buffer_printf(out, " ON %s (", table);
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", columns[i]);
    buffer_add_text(out, ")");
}

/* Columns that are joined by OR need an index each. */
static bool write_indexes(const struct select *select, const char *wanted, struct buffer *out)
{
    const char *columns[COLUMNS_MAX];
    size_t count = find_columns(select, wanted, columns);
    size_t together = has_or(select) ? 1 : count;

    for (size_t i = 0; i < count; i += together) {
        buffer_add_text(out, i > 0 ? "; " : "");
        write_index(select->table, columns + i, together, out);
    }
    return count > 0;
}

bool sql_index_hint(const char *query, const char *table, struct buffer *out)
{
    struct tokens tokens = tokenize(query);
    bool found = false;
    size_t begin = 0;

    for (size_t i = 0; i <= tokens.count && !found; i++) {
        struct select select = {&tokens, begin, i, 0, NULL};

        if (i < tokens.count && !is_word(&tokens, i, "union"))
            continue;
        begin = i + 1;
        find_tables(&select, table);
        if (select.table != NULL)
            found = write_indexes(&select, table, out);
    }
    tokens_free(&tokens);
    return found;
}

bool sql_is_call(const char *query)
{
    struct tokens tokens = tokenize(query);
    bool is_call = is_word(&tokens, 0, "call");

    tokens_free(&tokens);
    return is_call;
}
