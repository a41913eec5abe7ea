/*
 * domain_list - see the header. Only whole names match, so the list is kept sorted; of several equal
 * names the first written one is the one that decides.
 */
#include "domain_list.h"

#include <stdlib.h>

#include "fold.h"
#include "log.h"
#include "regular_file.h"
#include "xmalloc.h"

/* A file that names itself would be read for ever. */
#define FILE_DEPTH_MAX 10
#define FILE_MOST      ((size_t)256 << 20)

/* They stand in the text one behind the other as they were written, so their places tell their order. */
struct name {
    size_t at;
    size_t len;
    bool wanted; /* false: '!' */
};

struct domain_list {
    struct buffer text; /* the names, folded */
    struct name *name;
    size_t count;
    size_t capacity;
    char **file; /* all that were read */
    size_t file_count;
    bool everything;
};

/* What a text is read for: the list it goes to, and for messages. */
struct reader {
    struct domain_list *list;
    const char *origin; /* "domain", or a file's name */
    int depth;
    struct buffer *error;
};

/* --- reading ------------------------------------------------------------------------------ */

static bool read_text(const struct reader *reader, struct slice text, bool wanted);

/* Each line by itself, as Postfix 3.7 does; a comment may be indented, as in 3.9. */
static bool read_lines(const struct reader *reader, struct slice text, bool wanted)
{
    const char *at = text.data;
    const char *end = at + text.len;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        struct slice line = {at, (size_t)((newline != NULL ? newline : end) - at)};
        size_t indent = 0;

        while (indent < line.len && strchr(" \t\r\f\v", line.data[indent]) != NULL)
            indent++;
        if (indent < line.len && line.data[indent] != '#' && !read_text(reader, line, wanted))
            return false;
        at += line.len + 1;
    }
    return true;
}

static bool read_file(const struct reader *reader, const char *path, bool wanted)
{
    struct reader inner = {reader->list, path, reader->depth + 1, reader->error};
    struct buffer bytes = BUFFER_EMPTY;
    const char *why;
    bool good = false;

    if (reader->depth == FILE_DEPTH_MAX)
        buffer_printf(reader->error, "%s: %s: more than %d files inside each other", reader->origin,
                      path, FILE_DEPTH_MAX);
    else if ((why = regular_file_read(path, FILE_MOST, &bytes, NULL)) != NULL)
        buffer_printf(reader->error, "%s: cannot read %s: %s", reader->origin, path, why);
    else
        good = read_lines(&inner, buffer_slice(&bytes), wanted);
    buffer_free(&bytes);
    return good;
}

static bool add_name(const struct reader *reader, struct slice name, bool wanted)
{
    struct domain_list *list = reader->list;
    size_t at = list->text.len;

    if (!fold_key(name, &list->text)) {
        buffer_printf(reader->error, "%s: \"%.*s\" is not valid UTF-8", reader->origin,
                      (int)name.len, name.data);
        return false;
    }
    if (list->count == list->capacity) {
        list->capacity = list->capacity != 0 ? 2 * list->capacity : 16;
        list->name = xrealloc(list->name, list->capacity * sizeof(*list->name));
    }
    list->name[list->count++] = (struct name){at, list->text.len - at, wanted};
    return true;
}

static void add_file(struct domain_list *list, char *path)
{
    list->file = xrealloc(list->file, (list->file_count + 1) * sizeof(*list->file));
    list->file[list->file_count++] = path;
}

static bool read_member(const struct reader *reader, struct slice member, bool wanted)
{
    while (member.len != 0 && member.data[0] == '!') {
        wanted = !wanted;
        member = (struct slice){member.data + 1, member.len - 1};
    }
    if (member.len == 0) {
        buffer_printf(reader->error, "%s: expected a domain name or /file/name after '!'",
                      reader->origin);
        return false;
    }
    if (member.data[0] == '/') {
        char *path = xstrndup(member.data, member.len);

        add_file(reader->list, path);
        return read_file(reader, path, wanted);
    }
    if (member.data[0] != '[' && memchr(member.data, ':', member.len) != NULL) {
        buffer_printf(reader->error,
                      "%s: \"%.*s\": lookup tables cannot be used here; write the domain names, or "
                      "the /file/name of a list of domain names",
                      reader->origin, (int)member.len, member.data);
        return false;
    }
    return add_name(reader, member, wanted);
}

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next member begins at *at; inside braces nothing separates (mystrtokq() of Postfix). */
static struct slice take_member(const char **at, const char *end)
{
    struct slice member;
    int level = 0;

    while (*at < end && is_separator(**at))
        (*at)++;
    member.data = *at;
    for (; *at < end && (level > 0 || !is_separator(**at)); (*at)++)
        if (**at == '{')
            level++;
        else if (level > 0 && **at == '}')
            level--;
    member.len = (size_t)(*at - member.data);
    return member;
}

static bool read_text(const struct reader *reader, struct slice text, bool wanted)
{
    const char *at = text.data;
    const char *end = at + text.len;
    struct slice member;

    while ((member = take_member(&at, end)).len != 0) {
        if (member.data[0] == '#') {
            log_warning("%s: ignored: comment after other text \"%.*s\"", reader->origin,
                        (int)(end - member.data), member.data);
            break;
        }
        if (!read_member(reader, member, wanted))
            return false;
    }
    return true;
}

/* --- the list ----------------------------------------------------------------------------- */

static struct slice name_text(const struct domain_list *list, const struct name *name)
{
    return (struct slice){buffer_text(&list->text) + name->at, name->len};
}

static int compare_bytes(struct slice a, struct slice b)
{
    int difference = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

    return difference != 0 ? difference : (a.len > b.len) - (a.len < b.len);
}

static int compare_names(const void *left, const void *right, void *list)
{
    const struct name *a = left;
    const struct name *b = right;
    int difference = compare_bytes(name_text(list, a), name_text(list, b));

    return difference != 0 ? difference : (a->at > b->at) - (a->at < b->at);
}

struct domain_list *domain_list_new(const char *text, struct buffer *error)
{
    struct domain_list *list = xcalloc(1, sizeof(*list));
    struct reader reader = {list, "domain", 0, error};

    list->everything = *text == '\0';
    if (!read_text(&reader, slice_of(text), true)) {
        domain_list_free(list);
        return NULL;
    }
    if (list->count != 0)
        qsort_r(list->name, list->count, sizeof(*list->name), compare_names, list);
    return list;
}

void domain_list_free(struct domain_list *list)
{
    if (list == NULL)
        return;
    buffer_free(&list->text);
    free(list->name);
    for (size_t i = 0; i < list->file_count; i++)
        free(list->file[i]);
    free(list->file);
    free(list);
}

const char *domain_list_file(const struct domain_list *list, size_t index)
{
    return index < list->file_count ? list->file[index] : NULL;
}

bool domain_list_match(const struct domain_list *list, struct slice domain)
{
    size_t low = 0;
    size_t high = list->count;

    /* The first of the names that are not before the domain. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_bytes(name_text(list, &list->name[middle]), domain) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < list->count && slice_equal(domain, name_text(list, &list->name[low])))
        return list->name[low].wanted;
    return list->everything;
}
