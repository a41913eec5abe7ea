/*
 * open_quote - see the header. A comment with "!" is SQL to servers of that version or later, and nested
 * comments are comments in it. Up to 5.6 all servers of today are meant, MariaDB too; of later versions
 * MariaDB takes none (50700 to 99999), so such a comment is read as one, which puts no text into it.
 */
#include "open_quote.h"

#define SQL_FOR_ALL_BEFORE 50700
#define VERSION_DIGITS     5

static bool begins(struct slice sql, size_t at, const char *text)
{
    size_t len = strlen(text);

    return sql.len - at >= len && memcmp(sql.data + at, text, len) == 0;
}

/* Behind the opening of a comment that is SQL, or at itself if it is none. */
static size_t enter_sql_comment(struct slice sql, size_t at)
{
    size_t digits = 0;
    unsigned version = 0;

    if (!begins(sql, at, "/*!"))
        return at;
    for (size_t i = at + 3; i < sql.len && sql.data[i] >= '0' && sql.data[i] <= '9'; i++)
        if (++digits <= VERSION_DIGITS)
            version = 10 * version + (unsigned)(sql.data[i] - '0');
    if (digits == 0 || (digits == VERSION_DIGITS && version < SQL_FOR_ALL_BEFORE))
        return at + 3 + digits;
    return at;
}

/* Behind the comment that begins here, or at itself if none begins here. */
static size_t skip_comment(struct slice sql, size_t at)
{
    const char *rest = sql.data + at;
    size_t left = sql.len - at;
    const char *end;

    if (rest[0] == '#' ||
        (begins(sql, at, "--") && left > 2 && ((unsigned char)rest[2] <= ' ' || rest[2] == 0x7f))) {
        end = memchr(rest, '\n', left);
        return end != NULL ? (size_t)(end + 1 - sql.data) : sql.len;
    }
    if (begins(sql, at, "/*")) {
        end = memmem(rest + 2, left - 2, "*/", 2);
        return end != NULL ? (size_t)(end + 2 - sql.data) : sql.len;
    }
    return at;
}

/* Behind the quoted text that begins here, or 0: it is open. A doubled quote closes and opens again, which
 * comes to the same. */
static size_t skip_quoted(struct slice sql, size_t at, bool backslash_escapes)
{
    char quote = sql.data[at];

    for (size_t i = at + 1; i < sql.len; i++) {
        if (sql.data[i] == quote)
            return i + 1;
        if (sql.data[i] == '\\' && backslash_escapes && quote != '`')
            i++;
    }
    return 0;
}

char open_quote(struct slice sql, bool backslash_escapes)
{
    bool in_sql_comment = false;
    size_t at = 0;

    while (at < sql.len) {
        char c = sql.data[at];
        size_t behind;

        if (c == '\'' || c == '"' || c == '`') {
            behind = skip_quoted(sql, at, backslash_escapes);
            if (behind == 0)
                return c;
        } else if (in_sql_comment && begins(sql, at, "*/")) {
            in_sql_comment = false;
            behind = at + 2;
        } else if ((behind = enter_sql_comment(sql, at)) != at) {
            in_sql_comment = true;
        } else {
            behind = skip_comment(sql, at);
        }
        at = behind > at ? behind : at + 1;
    }
    return '\0';
}
