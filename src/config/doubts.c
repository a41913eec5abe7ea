/* doubts - see the header. Values are never shown: one of them is a password. */
#include "doubts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "log.h"
#include "open_quote.h"

/* One value, and where to complain of it. */
struct doubt {
    const struct settings *settings;
    const struct option *option;
    struct setting setting;
    struct buffer *error;
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Warn or refuse, with the line that this place of the value stands in. True: it was a warning. */
__attribute__((format(printf, 3, 4))) static bool object(const struct doubt *doubt, size_t at,
                                                         const char *format, ...)
{
    const struct settings *settings = doubt->settings;
    unsigned line = cf_line_at(doubt->setting.written, at);
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (settings->kind != OPTION_CF && doubt->option->type != OPTION_TEXT &&
        doubt->option->type != OPTION_SQL)
        return settings_fail(settings, line, doubt->error, "%s: %s", doubt->option->name, text);
    log_warning("%s:%u: %s: %s", settings->file, line, doubt->option->name, text);
    return true;
}

/* Whether the server reads what comes behind the first len bytes as SQL: no literal, no comment. */
static bool is_sql(const char *text, size_t len)
{
    struct buffer sql = BUFFER_EMPTY;
    bool opens;

    buffer_add(&sql, text, len);
    opens = open_quote(buffer_slice(&sql), true) == '\0';
    buffer_add_char(&sql, '\'');
    opens = opens && open_quote(buffer_slice(&sql), true) == '\'';
    buffer_free(&sql);
    return opens;
}

/* A '#' between blanks, or where the value begins. */
static const char *find_comment(const struct doubt *doubt)
{
    const char *text = doubt->setting.text;

    for (const char *at = strchr(text, '#'); at != NULL; at = strchr(at + 1, '#'))
        if (((at == text && is_blank(at[1])) || (at > text && is_blank(at[-1]))) &&
            (doubt->option->type != OPTION_SQL || is_sql(text, (size_t)(at - text))))
            return at;
    return NULL;
}

static bool check_comment(const struct doubt *doubt)
{
    const char *comment = find_comment(doubt);

    if (comment == NULL)
        return true;
    return object(
        doubt, (size_t)(comment - doubt->setting.text),
        doubt->option->type == OPTION_SQL
            ? "the server takes all from '#' on for a comment; write comments on lines of "
              "their own, with '#' in the first column"
            : "the '#' and all behind it are part of the value; write comments on lines "
              "of their own, with '#' in the first column");
}

static bool check_quotes(const struct doubt *doubt)
{
    const char *text = doubt->setting.text;
    size_t len = strlen(text);

    if (len < 2 || (text[0] != '"' && text[0] != '\'') || text[len - 1] != text[0])
        return true;
    return object(doubt, 0, "the quotes around the value are part of it; write it without them");
}

/* Whether the text before ends with a word or sign behind which SQL has a column. */
static bool wants_a_column(const char *text, size_t len)
{
    static const char *const words[] = {"WHERE",  "AND",    "OR",   "NOT",  "XOR",
                                        "ON",     "SET",    "WHEN", "THEN", "ELSE",
                                        "SELECT", "HAVING", "BY",   "CASE", "IF"};
    size_t start;

    while (len > 0 && is_blank(text[len - 1]))
        len--;
    if (len > 0 && strchr("(,=<>+-*/|&!", text[len - 1]) != NULL)
        return true;
    for (start = len; start > 0 && !is_blank(text[start - 1]) && text[start - 1] != '(';)
        start--;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (len - start == strlen(words[i]) &&
            strncasecmp(text + start, words[i], len - start) == 0)
            return true;
    return false;
}

/* The length of NAME if the text is "NAME = ...", else 0. */
static size_t parameter_name(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");

    return text[len + strspn(text + len, " \t")] == '=' ? len : 0;
}

/* Whether a continued line means a parameter of its own. In a text anything can stand, but a known name. */
static bool is_parameter(const struct doubt *doubt, size_t at, size_t len)
{
    const char *text = doubt->setting.text;
    char name[64];

    if (len == 0 || len >= sizeof(name))
        return false;
    snprintf(name, sizeof(name), "%.*s", (int)len, text + at);
    if (doubt->option->type == OPTION_SQL)
        return option_find(name) != NULL && is_sql(text, at) && !wants_a_column(text, at);
    return doubt->option->type != OPTION_TEXT || option_find(name) != NULL;
}

static bool check_continued(const struct doubt *doubt)
{
    const struct cf_line *written = doubt->setting.written;

    for (size_t i = 0; i < written->piece_count; i++) {
        const char *piece = doubt->setting.text + written->pieces[i].at;
        size_t len = parameter_name(piece);

        if (is_parameter(doubt, written->pieces[i].at, len) &&
            !object(doubt, written->pieces[i].at,
                    "this line continues the value, for it begins with white space; begin \"%.*s\" "
                    "in the first column if it is a parameter",
                    (int)len, piece))
            return false;
    }
    return true;
}

/* Outside of quotes only numbers are put into a query: all else would be SQL. */
static bool check_expansions(const struct doubt *doubt)
{
    const char *text = doubt->setting.text;

    for (const char *at = text; (at = strchr(at, '%')) != NULL && at[1] != '\0'; at += 2) {
        size_t len = (size_t)(at - text);

        if (strchr("sSuUdD123456789", at[1]) == NULL ||
            open_quote((struct slice){text, len}, true) != '\0')
            continue;
        if (is_sql(text, len))
            object(
                doubt, len,
                "%.2s stands outside of quotes: keys that are no numbers get a temporary failure; "
                "write '%.2s', also where the column is a number",
                at, at);
        else
            object(doubt, len,
                   "%.2s stands in a comment: keys that are no numbers get a temporary failure",
                   at);
    }
    return true;
}

/* The library reads it at each connect, so it may still come. */
static void check_file(const struct doubt *doubt)
{
    const char *path = doubt->setting.text;

    if (path[0] != '\0' && access(path, R_OK) != 0)
        log_warning("%s:%u: %s: cannot read %s: %s", doubt->settings->file, doubt->setting.line,
                    doubt->option->name, path, strerror(errno));
}

bool doubts_check(const struct settings *settings, struct buffer *error)
{
    size_t count;
    const struct option *option = option_table(&count);

    for (size_t i = 0; i < count; i++, option++) {
        struct doubt doubt = {settings, option, settings->setting[i], error};

        if (doubt.setting.text == NULL)
            continue;
        if (!check_continued(&doubt) || !check_comment(&doubt) || !check_quotes(&doubt))
            return false;
        if (option->type == OPTION_SQL && option->is_postfix)
            check_expansions(&doubt);
        if (option->type == OPTION_FILE)
            check_file(&doubt);
    }
    return true;
}
