/*
 * template - see the header. A text is compiled once into a list of parts. What a key must have is
 * collected over both texts, as in db_common_parse(): a key that could not fill result_format is not
 * even asked.
 */
#include "template.h"

#include <stdlib.h>

#include "xmalloc.h"

enum part_kind {
    PART_LITERAL,
    PART_WHOLE,     /* %s, %S */
    PART_LOCALPART, /* %u, %U */
    PART_DOMAIN,    /* %d, %D */
    PART_LABEL      /* %1 to %9, of the key's domain, counted from the right */
};

struct part {
    enum part_kind kind;
    bool of_key;          /* of the key; otherwise of the value (in a query they are the same) */
    unsigned label;       /* PART_LABEL */
    struct slice literal; /* PART_LITERAL, in text */
};

struct parts {
    char *text;
    struct part *part;
    size_t count;
};

/* What the key or the value must have. */
struct needs {
    bool localpart; /* not an empty one; without '@' all of it counts as localpart */
    bool domain;
    unsigned labels;
};

struct template
{
    struct parts query;
    struct parts result;
    struct needs key;
    struct needs value;
};

/* A key or value taken apart at the last '@'. */
struct address {
    struct slice whole;
    struct slice localpart; /* the whole without '@' */
    struct slice domain;    /* behind '@' */
};

static struct address take_apart(struct slice whole)
{
    const char *at = whole.len != 0 ? memrchr(whole.data, '@', whole.len) : NULL;
    struct address address = {whole, whole, {"", 0}};

    if (at != NULL) {
        address.localpart.len = (size_t)(at - whole.data);
        address.domain = (struct slice){at + 1, whole.len - address.localpart.len - 1};
    }
    return address;
}

/* Cut the last label off a domain. Several dots count as one. False: there is no label. */
static bool last_label(struct slice *domain, struct slice *label)
{
    size_t end = domain->len;
    size_t start;

    while (end > 0 && domain->data[end - 1] == '.')
        end--;
    for (start = end; start > 0 && domain->data[start - 1] != '.';)
        start--;
    *label = (struct slice){domain->data + start, end - start};
    domain->len = start;
    return end > start;
}

/* The label with that number from the right, from 1. */
static bool find_label(struct slice domain, unsigned number, struct slice *label)
{
    bool found = true;

    for (unsigned i = 0; i < number && found; i++)
        found = last_label(&domain, label);
    return found;
}

static bool fits(const struct needs *needs, const struct address *address)
{
    struct slice label;

    if (needs->domain && address->domain.len == 0)
        return false;
    if (needs->localpart && address->localpart.len == 0)
        return false;
    return needs->labels == 0 || find_label(address->domain, needs->labels, &label);
}

/* --- compiling ---------------------------------------------------------------------------- */

/* Lower-case letters mean the value (in the query: the key), all others the key. */
static bool parse_expansion(char letter, bool in_query, struct part *part)
{
    part->of_key = in_query || letter < 'a';
    switch (letter) {
    case 's':
    case 'S':
        part->kind = PART_WHOLE;
        return true;
    case 'u':
    case 'U':
        part->kind = PART_LOCALPART;
        return true;
    case 'd':
    case 'D':
        part->kind = PART_DOMAIN;
        return true;
    default:
        part->kind = PART_LABEL;
        part->label = (unsigned)(letter - '0');
        return letter >= '1' && letter <= '9';
    }
}

static void note_needs(struct template *template, const struct part *part)
{
    struct needs *needs = part->of_key ? &template->key : &template->value;

    if (part->kind == PART_LOCALPART)
        needs->localpart = true;
    if (part->kind == PART_DOMAIN || part->kind == PART_LABEL)
        needs->domain = true;
    if (part->kind == PART_LABEL && needs->labels < part->label)
        needs->labels = part->label;
}

static void explain(const char *name, const char *percent, struct buffer *error)
{
    if (percent[1] == '\0')
        buffer_printf(error, "%s: '%%' at the end (for a percent sign write '%%%%')", name);
    else
        buffer_printf(error,
                      "%s: invalid expansion '%.2s', expected one of %%s %%u %%d %%S %%U %%D "
                      "%%1 to %%9 (for a percent sign write '%%%%')",
                      name, percent);
}

/* Each '%' begins one part and may end a literal; no text has more parts than this. */
static size_t count_parts(const char *text)
{
    size_t count = 1;

    for (; *text != '\0'; text++)
        if (*text == '%')
            count += 2;
    return count;
}

static bool compile(struct template *template, struct parts *parts, const char *name,
                    const char *text, struct buffer *error)
{
    bool in_query = parts == &template->query;
    const char *at;

    if (*text == '\0') {
        buffer_printf(error, "%s: is empty", name);
        return false;
    }
    parts->text = xstrdup(text);
    parts->part = xcalloc(count_parts(text), sizeof(*parts->part));
    for (at = parts->text; *at != '\0';) {
        struct part *part = &parts->part[parts->count];
        size_t len = strcspn(at, "%");

        if (len == 0 && at[1] == '%') {
            *part = (struct part){.kind = PART_LITERAL, .literal = {at, 1}};
            at += 2;
        } else if (len == 0) {
            if (!parse_expansion(at[1], in_query, part)) {
                explain(name, at, error);
                return false;
            }
            note_needs(template, part);
            at += 2;
        } else {
            *part = (struct part){.kind = PART_LITERAL, .literal = {at, len}};
            at += len;
        }
        parts->count++;
    }
    return true;
}

struct template *template_new(const char *query, const char *result_format, struct buffer *error)
{
    struct template *template = xcalloc(1, sizeof(*template));

    if (!compile(template, &template->query, "query", query, error) ||
        !compile(template, &template->result, "result_format", result_format, error)) {
        template_free(template);
        return NULL;
    }
    return template;
}

static void parts_free(struct parts *parts)
{
    free(parts->text);
    free(parts->part);
}

void template_free(struct template *template)
{
    if (template == NULL)
        return;
    parts_free(&template->query);
    parts_free(&template->result);
    free(template);
}

bool template_is_dynamic(const struct template *template)
{
    for (size_t i = 0; i < template->query.count; i++)
        if (template->query.part[i].kind != PART_LITERAL)
            return true;
    return false;
}

bool template_result_uses_key(const struct template *template)
{
    for (size_t i = 0; i < template->result.count; i++)
        if (template->result.part[i].kind != PART_LITERAL && template->result.part[i].of_key)
            return true;
    return false;
}

/* --- expanding ---------------------------------------------------------------------------- */

static struct slice part_text(const struct part *part, const struct address *address)
{
    struct slice label = {"", 0};

    switch (part->kind) {
    case PART_LITERAL:
        return part->literal;
    case PART_WHOLE:
        return address->whole;
    case PART_LOCALPART:
        return address->localpart;
    case PART_DOMAIN:
        return address->domain;
    case PART_LABEL:
        find_label(address->domain, part->label, &label);
        break;
    }
    return label;
}

bool template_key_fits(const struct template *template, struct slice key)
{
    struct address address = take_apart(key);

    return key.len != 0 && fits(&template->key, &address);
}

void template_query(const struct template *template, struct slice key, template_quote *quote,
                    void *arg, struct buffer *out)
{
    struct address address = take_apart(key);

    for (size_t i = 0; i < template->query.count; i++) {
        const struct part *part = &template->query.part[i];
        struct slice text = part_text(part, &address);

        if (part->kind == PART_LITERAL || quote == NULL)
            buffer_add(out, text.data, text.len);
        else
            quote(arg, text, out);
    }
}

bool template_result(const struct template *template, struct slice key, struct slice value,
                     struct buffer *out)
{
    struct address of_key = take_apart(key);
    struct address of_value = take_apart(value);

    if (!fits(&template->value, &of_value) || !fits(&template->key, &of_key))
        return false;
    if (out->len != 0)
        buffer_add_char(out, ',');
    for (size_t i = 0; i < template->result.count; i++) {
        const struct part *part = &template->result.part[i];
        struct slice text = part_text(part, part->of_key ? &of_key : &of_value);

        buffer_add(out, text.data, text.len);
    }
    return true;
}
