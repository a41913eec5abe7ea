/*
 * db_quote - text as part of a literal. The library's function is right wherever a backslash escapes.
 * Under NO_BACKSLASH_ESCAPES it doubles ' and leaves " alone, whatever literal it is in: in a "..."
 * one, which MySQL takes as well, a " would end it and a ' become two. There the SQL so far decides.
 */
#include "db_private.h"

#include <string.h>

/* Where a comment that begins here ends, or at itself if none begins here. */
static size_t skip_comment(struct slice sql, size_t at)
{
    const char *rest = sql.data + at;
    size_t left = sql.len - at;
    const char *end;

    if (rest[0] == '#' || (left > 2 && rest[0] == '-' && rest[1] == '-' &&
                           ((unsigned char)rest[2] <= ' ' || rest[2] == 0x7f)))
        end = memchr(rest, '\n', left);
    else if (left > 1 && rest[0] == '/' && rest[1] == '*')
        end = memmem(rest + 2, left - 2, "*/", 2);
    else
        return at;
    return end != NULL ? (size_t)(end - sql.data) : sql.len;
}

/* A doubled quote closes and opens again, which comes to the same. */
char db_open_quote(struct slice sql)
{
    char open = '\0';

    for (size_t i = 0; i < sql.len; i++) {
        char c = sql.data[i];

        if (open != '\0') {
            if (c == open)
                open = '\0';
        } else if (c == '\'' || c == '"' || c == '`') {
            open = c;
        } else {
            i = skip_comment(sql, i);
        }
    }
    return open;
}

static void add_doubling(struct slice text, char quote, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        buffer_add_char(out, text.data[i]);
        if (text.data[i] == quote)
            buffer_add_char(out, quote);
    }
}

static bool add_escaped(MYSQL *mysql, struct slice text, struct buffer *out)
{
    char *end = buffer_reserve(out, 2 * text.len + 1);
    unsigned long len = mysql_real_escape_string(mysql, end, text.data, text.len);

    if (len == (unsigned long)-1)
        return false;
    out->len += len;
    out->data[out->len] = '\0';
    return true;
}

bool db_quote(MYSQL *mysql, struct slice text, struct buffer *sql)
{
    unsigned status = 0;
    char open;

    mariadb_get_infov(mysql, MARIADB_CONNECTION_SERVER_STATUS, &status);
    if ((status & SERVER_STATUS_NO_BACKSLASH_ESCAPES) == 0)
        return add_escaped(mysql, text, sql);
    open = db_open_quote(buffer_slice(sql));
    if (open == '\0')
        return add_escaped(mysql, text, sql);
    add_doubling(text, open, sql);
    return true;
}
