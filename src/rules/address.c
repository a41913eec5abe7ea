/*
 * address - an extension into every address of a value (the keys are made in search_keys.c).
 *
 * The value is taken apart as Postfix will do it: into the tokens of tok822_scan(3), and those into
 * addresses by the right-to-left rules of tok822_parse(3), which also find "Name <address>",
 * "group: members;", comments and missing commas. What Postfix does next (adding a domain, dropping
 * a source route, user%domain and domain!user) it will do to our reply as well, so all text stays as
 * it is written; only the word that gets the extension may get quotes.
 */
#include "address.h"

#include <stdlib.h>

#include "quote.h"
#include "xmalloc.h"

enum token_kind {
    TOKEN_ATOM,
    TOKEN_QUOTED,  /* "..." */
    TOKEN_LITERAL, /* [...] */
    TOKEN_OPERATOR /* one character */
};

struct token {
    enum token_kind kind;
    struct slice written; /* with its quotes */
    struct slice text;    /* without */
    bool begins;          /* first or last token of an address */
    bool ends;
};

struct tokens {
    struct token *token;
    size_t count;
    size_t capacity;
};

/* --- tokens ------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_operator(char c)
{
    return c != '\0' && strchr("|%!()<>@,;:\".[]", c) != NULL;
}

static struct slice between(const char *start, const char *end)
{
    return (struct slice){start, (size_t)(end - start)};
}

static void add_token(struct tokens *tokens, enum token_kind kind, struct slice written,
                      struct slice text)
{
    if (tokens->count == tokens->capacity) {
        tokens->capacity = tokens->capacity != 0 ? 2 * tokens->capacity : 16;
        tokens->token = xrealloc(tokens->token, tokens->capacity * sizeof(*tokens->token));
    }
    tokens->token[tokens->count++] = (struct token){.kind = kind, .written = written, .text = text};
}

/* Behind "(", to behind the ")" that closes it; comments nest. */
static const char *skip_comment(const char *at, const char *end)
{
    int level = 1;

    while (at < end && level > 0) {
        if (*at == '(')
            level++;
        else if (*at == ')')
            level--;
        else if (*at == '\\' && at + 1 < end)
            at++;
        at++;
    }
    return at;
}

/* To the closing character, or to the end (short of a backslash that has nothing to protect). */
static const char *find_close(const char *at, const char *end, char close)
{
    for (; at < end && *at != close; at++)
        if (*at == '\\') {
            if (at + 1 == end)
                break;
            at++;
        }
    return at;
}

static const char *find_atom_end(const char *at, const char *end)
{
    for (; at < end && !is_blank(*at) && !is_operator(*at); at++)
        if (*at == '\\') {
            if (at + 1 == end)
                break;
            at++;
        }
    return at;
}

/* A quoted string or domain literal; returns where it ends. */
static const char *scan_enclosed(const char *start, const char *end, struct tokens *tokens)
{
    bool quoted = *start == '"';
    const char *close = find_close(start + 1, end, quoted ? '"' : ']');
    const char *after = close < end ? close + 1 : end;

    add_token(tokens, quoted ? TOKEN_QUOTED : TOKEN_LITERAL, between(start, after),
              between(start + 1, close));
    return after;
}

static const char *scan_atom(const char *start, const char *end, struct tokens *tokens)
{
    const char *after = find_atom_end(start, end);

    add_token(tokens, TOKEN_ATOM, between(start, after), between(start, after));
    return after < end && *after == '\\' ? end : after; /* the last byte, protecting nothing */
}

static const char *scan_operator(const char *start, struct tokens *tokens)
{
    add_token(tokens, TOKEN_OPERATOR, between(start, start + 1), between(start, start + 1));
    return start + 1;
}

static void scan(struct slice value, struct tokens *tokens)
{
    const char *at = value.data;
    const char *end = at + value.len;

    while (at < end) {
        if (is_blank(*at))
            at++;
        else if (*at == '(')
            at = skip_comment(at + 1, end);
        else if (*at == '"' || *at == '[')
            at = scan_enclosed(at, end, tokens);
        else if (is_operator(*at))
            at = scan_operator(at, tokens);
        else
            at = scan_atom(at, end, tokens);
    }
}

/* --- addresses ---------------------------------------------------------------------------- */

static bool is_token(const struct tokens *tokens, ptrdiff_t at, const char *operators)
{
    return tokens->token[at].kind == TOKEN_OPERATOR &&
           strchr(operators, tokens->token[at].text.data[0]) != NULL;
}

/* The tokens between those two are an address, if there are any. */
static void mark(struct tokens *tokens, ptrdiff_t left, ptrdiff_t right)
{
    if (left + 1 >= right)
        return;
    tokens->token[left + 1].begins = true;
    tokens->token[right - 1].ends = true;
}

static ptrdiff_t skip_to(const struct tokens *tokens, ptrdiff_t at, const char *operators)
{
    while (at >= 0 && !is_token(tokens, at, operators))
        at--;
    return at;
}

/* tok822_parse(3). What lies between at and right is the address being read, from its end. */
static void find_addresses(struct tokens *tokens)
{
    ptrdiff_t right = (ptrdiff_t)tokens->count;
    ptrdiff_t at = right - 1;
    bool word_is_fine = true; /* a word here is not next to another one */
    bool in_group = false;    /* a ';' was seen */

    while (at >= 0) {
        if (tokens->token[at].kind != TOKEN_OPERATOR) {
            if (!word_is_fine) { /* a comma is missing here */
                mark(tokens, at, right);
                right = at + 1;
            }
            word_is_fine = false;
        } else if (is_token(tokens, at, ">")) {
            mark(tokens, at, right);
            right = at;
            at = skip_to(tokens, at, "<");
            mark(tokens, at, right);
            right = at = skip_to(tokens, at, ">;,:"); /* over the name */
            word_is_fine = true;
            continue;
        } else if (is_token(tokens, at, ":") && in_group) {
            mark(tokens, at, right);
            right = at = skip_to(tokens, at, ","); /* over the group's name */
            continue;
        } else {
            if (is_token(tokens, at, ";,")) {
                mark(tokens, at, right);
                right = at;
            }
            in_group = in_group || is_token(tokens, at, ";");
            word_is_fine = true;
        }
        at--;
    }
    mark(tokens, -1, right);
}

/* --- writing ------------------------------------------------------------------------------ */

/* Whether word (which may be NULL) and the extension together can do without quotes. */
static bool fits_unquoted(const struct token *word, struct slice extension)
{
    bool after_word = word != NULL && word->text.len != 0;

    if (word != NULL && word->kind == TOKEN_QUOTED)
        return false;
    for (size_t i = 0; i < extension.len; i++)
        if (strchr("|%!", extension.data[i]) != NULL)
            return false; /* would be an operator */
    if (after_word && extension.len != 0 && extension.data[0] == '.')
        extension = (struct slice){extension.data + 1, extension.len - 1};
    return quote_is_dot_string(extension);
}

/* The word with the extension behind it; word may be NULL. Backslashes mean the same in quotes. */
static void write_extended(const struct token *word, struct slice extension, struct buffer *out)
{
    bool quoted = !fits_unquoted(word, extension);

    if (quoted)
        buffer_add_char(out, '"');
    if (word != NULL)
        buffer_add(out, word->text.data, word->text.len);
    if (quoted)
        quote_escape(extension, out);
    else
        buffer_add(out, extension.data, extension.len);
    if (quoted)
        buffer_add_char(out, '"');
}

/* Where the extension goes: before that token. Postfix will make a lone '%' an '@'. */
static size_t find_place(const struct tokens *tokens, size_t first, size_t last)
{
    const char *operators[] = {"@", "!", "%"};

    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        for (size_t at = last + 1; at > first; at--)
            if (is_token(tokens, (ptrdiff_t)at - 1, operators[i]))
                return *operators[i] == '!' ? last + 1 : at - 1;
    }
    return last + 1;
}

/* Copy the value from *copied up to where the extension belongs, and add that. */
static void extend(const struct tokens *tokens, size_t first, size_t last, struct slice extension,
                   const char **copied, struct buffer *out)
{
    size_t place = find_place(tokens, first, last);
    const struct token *before = place > first ? &tokens->token[place - 1] : NULL;
    const char *from;

    if (before != NULL && (before->kind == TOKEN_ATOM || before->kind == TOKEN_QUOTED)) {
        buffer_add(out, *copied, (size_t)(before->written.data - *copied));
        write_extended(before, extension, out);
        *copied = before->written.data + before->written.len;
        return;
    }
    from = before != NULL ? before->written.data + before->written.len
                          : tokens->token[place].written.data;
    buffer_add(out, *copied, (size_t)(from - *copied));
    write_extended(NULL, extension, out);
    *copied = from;
}

void address_add_extension(struct slice value, struct slice extension, struct buffer *out)
{
    struct tokens tokens = {NULL, 0, 0};
    const char *copied = value.data;
    size_t first = 0;

    if (value.len != 0 && value.data[0] != '@') {
        scan(value, &tokens);
        find_addresses(&tokens);
    }
    for (size_t i = 0; i < tokens.count; i++) {
        if (tokens.token[i].begins)
            first = i;
        if (tokens.token[i].ends)
            extend(&tokens, first, i, extension, &copied, out);
    }
    buffer_add(out, copied, (size_t)(value.data + value.len - copied));
    free(tokens.token);
}
