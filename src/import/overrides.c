/* overrides - see the header. */
#include "overrides.h"

#include <stdlib.h>
#include <string.h>

#include "xmalloc.h"

/* Values refer to values that refer to values; deeper ones are taken for unknown. */
#define DEPTH_MAX 10

/* A "$name", "${name}" or "$(name)" in a value. */
struct reference {
    char *name;
    bool is_plain;   /* nothing is asked about it, as in ${name?...} */
    const char *end; /* what follows; within braces if it is not plain */
};

static struct reference read_reference(const char *dollar)
{
    static const char of_names[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *at = dollar + 1;
    char closing = *at == '{' ? '}' : *at == '(' ? ')' : '\0';
    struct reference reference;
    size_t len;

    at += closing != '\0';
    len = strspn(at, of_names);
    reference.name = xstrndup(at, len);
    reference.is_plain = len > 0 && (closing == '\0' || at[len] == closing);
    reference.end = at + len + (reference.is_plain && closing != '\0');
    return reference;
}

/* The next place of a '$' that is none of "$$"; NULL: none. */
static const char *next_reference(const char *value)
{
    const char *at = strchr(value, '$');

    while (at != NULL && at[1] == '$')
        at = strchr(at + 2, '$');
    return at;
}

static bool takes_from(const struct postconf *postconf, const char *service, const char *value,
                       unsigned depth)
{
    for (const char *at = next_reference(value); at != NULL; at = next_reference(at)) {
        struct reference reference = read_reference(at);
        const struct postconf_setting *set = postconf_find(postconf, "", reference.name);
        bool found = postconf_find(postconf, service, reference.name) != NULL ||
                     (set != NULL && depth < DEPTH_MAX &&
                      takes_from(postconf, service, set->written, depth + 1));

        free(reference.name);
        if (found)
            return true;
        at = reference.end;
    }
    return false;
}

bool import_takes_from_service(const struct postconf *postconf, const char *service,
                               const char *value)
{
    return takes_from(postconf, service, value, 0);
}

static bool expand(const struct postconf *postconf, const char *service, const char *value,
                   unsigned depth, struct buffer *out);

static bool expand_name(const struct postconf *postconf, const char *service, const char *name,
                        unsigned depth, struct buffer *out)
{
    const struct postconf_setting *own = postconf_find(postconf, service, name);
    const struct postconf_setting *set = postconf_find(postconf, "", name);
    const char *value = postconf_value(postconf, name);

    if (own != NULL) {
        buffer_add_text(out, own->expanded);
        return true;
    }
    if (set != NULL)
        return expand(postconf, service, set->written, depth + 1, out);
    buffer_add_text(out, value);
    return value[0] != '\0';
}

static bool expand(const struct postconf *postconf, const char *service, const char *value,
                   unsigned depth, struct buffer *out)
{
    const char *at;

    if (depth > DEPTH_MAX)
        return false;
    while ((at = next_reference(value)) != NULL) {
        struct reference reference = read_reference(at);
        bool good;

        buffer_add(out, value, (size_t)(at - value));
        good = reference.is_plain && expand_name(postconf, service, reference.name, depth, out);
        free(reference.name);
        if (!good)
            return false;
        value = reference.end;
    }
    buffer_add_text(out, value);
    return true;
}

bool import_expand_for_service(const struct postconf *postconf, const char *service,
                               const char *value, struct buffer *out)
{
    return expand(postconf, service, value, 0, out);
}
