/*
 * literal - text as part of a literal. The library's function escapes with backslashes and knows the
 * character set, but not the literal: it leaves ` alone, under NO_BACKSLASH_ESCAPES also ", and under
 * ANSI_QUOTES \" does end a name. So the quote of the literal that the SQL has open is doubled, which
 * is right in every mode, and the library gets what is between.
 */
#include "literal.h"

#include <string.h>

#include "open_quote.h"

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

/* A quote is never part of another character, in no character set that a client may use. */
static bool add_to_literal(MYSQL *mysql, char quote, bool backslash_escapes, struct slice text,
                           struct buffer *out)
{
    for (;;) {
        const char *at = text.len != 0 ? memchr(text.data, quote, text.len) : NULL;
        struct slice part = {text.data, at != NULL ? (size_t)(at - text.data) : text.len};

        if (!backslash_escapes || quote == '`')
            buffer_add(out, part.data, part.len);
        else if (!add_escaped(mysql, part, out))
            return false;
        if (at == NULL)
            return true;
        buffer_add_char(out, quote);
        buffer_add_char(out, quote);
        text = (struct slice){at + 1, text.len - part.len - 1};
    }
}

/* Outside of literals all but a number would be SQL. */
static bool add_number(struct slice text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    buffer_add(out, text.data, text.len);
    return text.len != 0;
}

bool literal_add(MYSQL *mysql, struct slice text, struct buffer *sql)
{
    unsigned status = 0;
    bool backslash_escapes;
    char open;

    mariadb_get_infov(mysql, MARIADB_CONNECTION_SERVER_STATUS, &status);
    backslash_escapes = (status & SERVER_STATUS_NO_BACKSLASH_ESCAPES) == 0;
    open = open_quote(buffer_slice(sql), backslash_escapes);
    if (open == '\0')
        return add_number(text, sql);
    return add_to_literal(mysql, open, backslash_escapes, text, sql);
}

struct quoting {
    MYSQL *mysql;
    bool has_failed;
};

static void on_part(void *arg, struct slice text, struct buffer *sql)
{
    struct quoting *quoting = arg;

    if (!literal_add(quoting->mysql, text, sql))
        quoting->has_failed = true;
}

bool literal_add_query(MYSQL *mysql, const struct template *template, struct slice key,
                       struct buffer *sql)
{
    struct quoting quoting = {mysql, false};

    template_query(template, key, on_part, &quoting, sql);
    return !quoting.has_failed;
}
