/* quote - see the header. */
#include "quote.h"

static bool is_special(char c)
{
    if ((unsigned char)c <= ' ' || c == 127)
        return true;
    switch (c) {
    case '(':
    case ')':
    case '<':
    case '>':
    case '@':
    case ',':
    case ';':
    case ':':
    case '\\':
    case '"':
    case '[':
    case ']':
        return true;
    default:
        return false;
    }
}

bool quote_is_dot_string(struct slice localpart)
{
    char previous = '.'; /* none may come first */

    for (size_t i = 0; i < localpart.len; i++) {
        char c = localpart.data[i];

        if (is_special(c) || (c == '.' && previous == '.'))
            return false;
        previous = c;
    }
    return previous != '.';
}

struct slice quote_localpart_of(struct slice internal)
{
    const char *at = internal.len != 0 ? memrchr(internal.data, '@', internal.len) : NULL;

    return at != NULL ? (struct slice){internal.data, (size_t)(at - internal.data)} : internal;
}

/* The length of a source route ("@a,@b:") at the beginning. */
static size_t route_len(struct slice address)
{
    const char *colon = NULL;

    if (address.len != 0 && address.data[0] == '@')
        colon = memchr(address.data, ':', address.len);
    return colon != NULL ? (size_t)(colon + 1 - address.data) : 0;
}

void quote_escape(struct slice text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c == '"' || c == '\\' || c == '\r')
            buffer_add_char(out, '\\');
        buffer_add_char(out, c);
    }
}

void quote_address(struct slice internal, enum quote_domain domain, struct buffer *out)
{
    size_t route = route_len(internal);
    struct slice rest = {internal.data + route, internal.len - route};
    struct slice localpart = domain == QUOTE_WITH_DOMAIN ? quote_localpart_of(rest) : rest;

    if (quote_is_dot_string(localpart)) {
        buffer_add(out, internal.data, internal.len);
        return;
    }
    buffer_add(out, internal.data, route);
    buffer_add_char(out, '"');
    quote_escape(localpart, out);
    buffer_add_char(out, '"');
    buffer_add(out, rest.data + localpart.len, rest.len - localpart.len);
}

void quote_remove(struct slice external, struct buffer *out)
{
    const char *end = external.data + external.len;
    const char *domain = NULL; /* the last '@' outside quotes, and where it stands in out */
    size_t domain_at = 0;
    bool in_quotes = false;
    size_t route = route_len(external);

    buffer_add(out, external.data, route);
    for (const char *c = external.data + route; c < end; c++) {
        if (*c == '"') {
            in_quotes = !in_quotes;
            continue;
        }
        if (*c == '@' && !in_quotes) {
            domain = c;
            domain_at = out->len;
        }
        if (*c == '\\' && ++c == end)
            break;
        buffer_add_char(out, *c);
    }
    if (domain != NULL) {
        out->len = domain_at;
        buffer_add(out, domain, (size_t)(end - domain));
    }
}
