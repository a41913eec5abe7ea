/*
 * locals - the domains that Postfix takes for local; see the header. The list is a match list: the first
 * member that has the domain decides. Names may be looked for before tables, unless one is refused ("!name")
 * before a table is asked that might have it.
 */
#include "locals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "table_list.h"
#include "xmalloc.h"

#define DEPTH_MAX 5

struct finder {
    struct locals *locals;
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

static void add_name(struct finder *finder, struct slice name, bool negated)
{
    struct buffer *names = &finder->locals->names;

    if (is_in(&finder->seen, name) || is_in(&finder->refused, name))
        return;
    if (negated) {
        put(&finder->refused, name);
        return;
    }
    put(&finder->seen, name);
    buffer_add_text(names, names->len > 0 ? ", " : "");
    buffer_add(names, name.data, name.len);
}

static void add_table(struct finder *finder, const struct list_member *member, bool negated)
{
    struct locals *locals = finder->locals;

    if (negated) {
        buffer_printf(&locals->notes, "mydestination has %.*s, whose names are not local.\n",
                      (int)member->text.len, member->text.data);
        return;
    }
    if (finder->refused.len > 0)
        buffer_printf(&locals->notes,
                      "mydestination has !%.*s in front of %.*s, so it is not local even if it is "
                      "there.\n",
                      (int)strcspn(buffer_text(&finder->refused), "\n"),
                      buffer_text(&finder->refused), (int)member->text.len, member->text.data);
    locals->tables = xrealloc(locals->tables, (locals->table_count + 1) * sizeof(*locals->tables));
    locals->tables[locals->table_count++] =
        xasprintf("%.*s:%.*s", (int)member->type.len, member->type.data, (int)member->name.len,
                  member->name.data);
}

static void add_list(struct finder *finder, struct slice list, bool negated, unsigned depth);

/* A file with patterns: '#' begins a comment line. */
static void add_file(struct finder *finder, struct slice path, bool negated, unsigned depth)
{
    struct buffer name = BUFFER_EMPTY;
    char *line = NULL;
    size_t size = 0;
    FILE *file;

    buffer_add(&name, path.data, path.len);
    file = depth < DEPTH_MAX ? fopen(buffer_text(&name), "re") : NULL;
    if (file == NULL)
        buffer_printf(&finder->locals->notes,
                      "mydestination: %s cannot be read (%s); its names are missing.\n",
                      buffer_text(&name), depth < DEPTH_MAX ? strerror(errno) : "nested too deep");
    while (file != NULL && getline(&line, &size, file) >= 0)
        if (line[strspn(line, " \t")] != '#')
            add_list(finder, slice_of(line), negated, depth + 1);
    free(line);
    if (file != NULL)
        fclose(file);
    buffer_free(&name);
}

static void add_list(struct finder *finder, struct slice list, bool negated, unsigned depth)
{
    struct list_member member;

    while (table_list_next(&list, &member)) {
        bool no = member.negated != negated;

        if (member.name.len > 0 && member.type.len == 0 && member.name.data[0] == '/')
            add_file(finder, member.name, no, depth);
        else if (member.type.len == 0)
            add_name(finder, member.name, no);
        else
            add_table(finder, &member, no);
    }
}

/* Debian's Postfix reads the name from the first line of a file. */
static void add_origin(struct finder *finder, const char *origin)
{
    char *line = NULL;
    size_t size = 0;
    FILE *file;

    if (origin[0] != '/') {
        add_list(finder, slice_of(origin), false, 0);
        return;
    }
    file = fopen(origin, "re");
    if (file != NULL && getline(&line, &size, file) > 0)
        add_list(finder, (struct slice){line, strcspn(line, "\r\n")}, false, 0);
    else
        buffer_printf(&finder->locals->notes,
                      "myorigin: %s cannot be read; the name in it is missing.\n", origin);
    if (file != NULL)
        fclose(file);
    free(line);
}

void locals_find(const struct postconf *postconf, const char *service, struct locals *locals)
{
    struct finder finder = {locals, BUFFER_EMPTY, BUFFER_EMPTY};

    add_origin(&finder, postconf_service_value(postconf, service, "myorigin"));
    add_list(&finder, slice_of(postconf_service_value(postconf, service, "mydestination")), false,
             0);
    buffer_free(&finder.refused);
    buffer_free(&finder.seen);
}

void locals_free(struct locals *locals)
{
    buffer_free(&locals->names);
    for (size_t i = 0; i < locals->table_count; i++)
        free(locals->tables[i]);
    free(locals->tables);
    buffer_free(&locals->notes);
    *locals = (struct locals){0};
}

const char *locals_table_file(const char *table)
{
    static const char type[] = "mysql:";
    const char *path = table + strlen(type);

    return strncmp(table, type, strlen(type)) == 0 && path[0] == '/' ? path : NULL;
}
