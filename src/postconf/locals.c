/* locals - the domains that Postfix takes for local; see the header. */
#include "locals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "table_list.h"

#define DEPTH_MAX 5

struct locals {
    struct buffer *domains;
    struct buffer *notes;
    struct buffer refused; /* "!name" came first; each followed by '\n' */
    struct buffer seen;
};

static bool is_in(const struct buffer *names, struct slice name)
{
    const char *at = names->data;
    const char *end = at + names->len;

    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));

        if (slice_equal((struct slice){at, (size_t)(line_end - at)}, name))
            return true;
        at = line_end + 1;
    }
    return false;
}

static void put(struct buffer *names, struct slice name)
{
    buffer_add(names, name.data, name.len);
    buffer_add_char(names, '\n');
}

static void add_domain(struct locals *locals, struct slice name, bool negated)
{
    if (is_in(&locals->seen, name) || is_in(&locals->refused, name))
        return;
    if (negated) {
        put(&locals->refused, name);
        return;
    }
    put(&locals->seen, name);
    buffer_add_text(locals->domains, locals->domains->len > 0 ? ", " : "");
    buffer_add(locals->domains, name.data, name.len);
}

static void add_list(struct locals *locals, struct slice list, bool negated, unsigned depth);

/* A file with patterns: '#' begins a comment line. */
static void add_file(struct locals *locals, struct slice path, bool negated, unsigned depth)
{
    struct buffer name = BUFFER_EMPTY;
    char *line = NULL;
    size_t size = 0;
    FILE *file;

    buffer_add(&name, path.data, path.len);
    file = depth < DEPTH_MAX ? fopen(buffer_text(&name), "re") : NULL;
    if (file == NULL)
        buffer_printf(locals->notes,
                      "mydestination: %s cannot be read (%s); its names are missing.\n",
                      buffer_text(&name), depth < DEPTH_MAX ? strerror(errno) : "nested too deep");
    while (file != NULL && getline(&line, &size, file) >= 0)
        if (line[strspn(line, " \t")] != '#')
            add_list(locals, slice_of(line), negated, depth + 1);
    free(line);
    if (file != NULL)
        fclose(file);
    buffer_free(&name);
}

static void add_list(struct locals *locals, struct slice list, bool negated, unsigned depth)
{
    struct list_member member;

    while (table_list_next(&list, &member)) {
        bool no = member.negated != negated;

        if (member.name.len > 0 && member.type.len == 0 && member.name.data[0] == '/')
            add_file(locals, member.name, no, depth);
        else if (member.type.len == 0)
            add_domain(locals, member.name, no);
        else
            buffer_printf(locals->notes,
                          "mydestination has a table, %.*s, whose names are missing.\n",
                          (int)member.text.len, member.text.data);
    }
}

/* Debian's Postfix reads the name from the first line of a file. */
static void add_origin(struct locals *locals, const char *origin)
{
    char *line = NULL;
    size_t size = 0;
    FILE *file;

    if (origin[0] != '/') {
        add_list(locals, slice_of(origin), false, 0);
        return;
    }
    file = fopen(origin, "re");
    if (file != NULL && getline(&line, &size, file) > 0)
        add_list(locals, (struct slice){line, strcspn(line, "\r\n")}, false, 0);
    else
        buffer_printf(locals->notes, "myorigin: %s cannot be read; the name in it is missing.\n",
                      origin);
    if (file != NULL)
        fclose(file);
    free(line);
}

void locals_find(const struct postconf *postconf, const char *service, struct buffer *domains,
                 struct buffer *notes)
{
    struct locals locals = {domains, notes, BUFFER_EMPTY, BUFFER_EMPTY};

    add_origin(&locals, postconf_service_value(postconf, service, "myorigin"));
    add_list(&locals, slice_of(postconf_service_value(postconf, service, "mydestination")), false,
             0);
    buffer_free(&locals.refused);
    buffer_free(&locals.seen);
}
