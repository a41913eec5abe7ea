/*
 * local_domains - see the header. A table is the same if it is the same file, or asks the same: Postfix has a
 * file or a map of ours, and vmapd.conf may have the text of the file.
 */
#include "local_domains.h"

#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "locals.h"
#include "our_maps.h"
#include "sample.h"
#include "table_list.h"
#include "xmalloc.h"

struct asker {
    struct check *check;
    const struct config *config;
    const struct postconf *postconf;
    const char *service;
    const struct map_def *map;
};

/* Told once, however many maps it is so for. */
static void note(const struct asker *asker, const char *what, const char *finding)
{
    bool in_main_cf = asker->service[0] == '\0';
    char *line = xasprintf("%s/%s%s: %s%s", postconf_directory(asker->postconf),
                           in_main_cf ? "main.cf" : "master.cf: ", asker->service, what, finding);

    if (strstr(buffer_text(&asker->check->text), line) == NULL)
        check_note(asker->check, "%s", line);
    free(line);
}

static void add(struct buffer *list, const char *text, size_t len)
{
    buffer_printf(list, "%s%.*s", list->len > 0 ? ", " : "", (int)len, text);
}

/* --- names ---------------------------------------------------------------------------------- */

static bool has_name(const struct map_def *map, struct slice domain)
{
    struct buffer folded = BUFFER_EMPTY;
    bool found = false;

    if (fold_key(domain, &folded))
        for (size_t i = 0; map->local_domains != NULL && map->local_domains[i] != NULL; i++)
            found = found || slice_equal(buffer_slice(&folded), slice_of(map->local_domains[i]));
    buffer_free(&folded);
    return found;
}

static bool list_has_name(struct slice list, const char *folded)
{
    struct list_member member;
    bool found = false;

    while (!found && table_list_next(&list, &member)) {
        struct buffer name = BUFFER_EMPTY;

        found = fold_key(member.text, &name) && slice_equal(buffer_slice(&name), slice_of(folded));
        buffer_free(&name);
    }
    return found;
}

static void check_names(const struct asker *asker, const struct locals *locals)
{
    struct buffer missing = BUFFER_EMPTY, more = BUFFER_EMPTY;
    struct slice rest = buffer_slice(&locals->names);
    char **domain = asker->map->local_domains;
    struct list_member member;

    while (table_list_next(&rest, &member))
        if (!has_name(asker->map, member.text))
            add(&missing, member.text.data, member.text.len);
    /* What Postfix has in tables may be written as names; an address may be one of this machine. */
    for (; domain != NULL && *domain != NULL && locals->table_count == 0; domain++)
        if ((*domain)[0] != '[' && !list_has_name(buffer_slice(&locals->names), *domain))
            add(&more, *domain, strlen(*domain));
    if (missing.len > 0)
        note(asker, buffer_text(&missing),
             ": local to Postfix (mydestination, myorigin) and not in local_domains, so the "
             "localpart alone is not asked for there");
    if (more.len > 0 && locals->notes.len == 0)
        note(asker, buffer_text(&more),
             ": in local_domains and not local to Postfix (mydestination, myorigin), so the "
             "localpart alone is asked for there");
    buffer_free(&missing);
    buffer_free(&more);
}

/* --- tables --------------------------------------------------------------------------------- */

static bool has_table(const struct map_def *map, const struct table_def *table)
{
    for (size_t i = 0; i < map->local_table_count; i++)
        if (table_def_equal(map->local_tables[i], table))
            return true;
    return false;
}

static bool has_tables_of(const struct map_def *map, const struct map_def *list)
{
    for (size_t i = 0; i < list->table_count; i++)
        if (!has_table(map, list->tables[i]))
            return false;
    return true;
}

static bool has_file(const struct map_def *map, const char *path)
{
    struct config *file = sample_config(path);
    bool found = file != NULL && has_table(map, file->tables[0]);

    for (size_t i = 0; i < map->local_table_count; i++)
        found = found || strcmp(map->local_tables[i]->name, path) == 0;
    config_unref(file);
    return found;
}

static void check_table(const struct asker *asker, const char *table)
{
    const char *path = locals_table_file(table);
    struct slice rest = slice_of(table), name;
    struct list_member member;
    char *what = xasprintf("mydestination has a table, %s", table);

    if (path != NULL) {
        if (!has_file(asker->map, path))
            note(asker, what,
                 ", and local_domains has not, so the localpart alone is not asked for in its "
                 "domains");
    } else if (table_list_next(&rest, &member) &&
               our_maps_is(asker->config, asker->postconf, &member, &name)) {
        const struct map_def *list = config_map(asker->config, name);

        if (list != NULL && !has_tables_of(asker->map, list))
            note(asker, what,
                 ", and local_domains has not all tables of that map, so the localpart alone is "
                 "not asked for in their domains");
    } else {
        note(asker, what,
             ", whose names vmapd cannot know; the localpart alone is not asked for in those");
    }
    free(what);
}

void check_local_domains(struct check *check, const struct config *config,
                         const struct postconf *postconf, const char *service,
                         const struct map_def *map)
{
    const struct asker asker = {check, config, postconf, service, map};
    struct locals locals = {0};

    locals_find(postconf, service, &locals);
    check_names(&asker, &locals);
    for (size_t i = 0; i < locals.table_count; i++)
        check_table(&asker, locals.tables[i]);
    if (locals.table_count == 0 && map->local_table_count > 0 && locals.notes.len == 0)
        note(&asker, map->local_tables[0]->name,
             ": a table in local_domains, and mydestination has none, so the localpart alone is "
             "asked for in its domains");
    if (locals.notes.len > 0) {
        locals.notes.data[strcspn(locals.notes.data, "\n")] = '\0';
        note(&asker, locals.notes.data, " vmapd takes no notice of that.");
    }
    locals_free(&locals);
}
