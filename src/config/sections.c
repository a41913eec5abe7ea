/* sections - see the header. */
#include "sections.h"

#include <stdlib.h>
#include <string.h>

#include "cf.h"
#include "doubts.h"
#include "similar.h"
#include "xmalloc.h"

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

static bool fail(const struct cf_file *file, const struct cf_line *line, struct buffer *error,
                 const char *message)
{
    buffer_printf(error, "%s:%u: %s", cf_name(file), line->line, message);
    return false;
}

static struct settings *find_named(struct settings **list, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(slice_of(list[i]->name), name))
            return list[i];
    return NULL;
}

/* [server] and the like: once, without a name. */
static struct settings *open_single(struct settings *settings, const struct cf_file *file,
                                    const struct cf_line *line, struct buffer *error)
{
    if (line->value[0] != '\0') {
        buffer_printf(error, "%s:%u: expected [%s] without a name", cf_name(file), line->line,
                      line->name);
        return NULL;
    }
    if (settings->line != 0) {
        buffer_printf(error, "%s:%u: [%s] began already in line %u", cf_name(file), line->line,
                      line->name, settings->line);
        return NULL;
    }
    settings->line = line->line;
    return settings;
}

/* [map NAME] and [table NAME]: once for each name. */
static struct settings *open_named(struct settings ***list, size_t *count, enum option_section kind,
                                   const struct cf_file *file, const struct cf_line *line,
                                   struct buffer *error)
{
    const char *name = line->value;
    struct settings *before = find_named(*list, *count, slice_of(name));

    if (name[0] == '\0' || name[strspn(name, NAME_LETTERS)] != '\0') {
        buffer_printf(error,
                      "%s:%u: expected [%s NAME], where NAME is of letters, digits, "
                      "'_', '-' and '.'",
                      cf_name(file), line->line, line->name);
        return NULL;
    }
    if (before != NULL) {
        buffer_printf(error, "%s:%u: [%s %s] began already in line %u", cf_name(file), line->line,
                      line->name, name, before->line);
        return NULL;
    }
    *list = xrealloc(*list, (*count + 1) * sizeof(**list));
    (*list)[*count] = settings_new(kind, cf_name(file), name, line->line);
    return (*list)[(*count)++];
}

static struct settings *open_section(struct sections *sections, const struct cf_file *file,
                                     const struct cf_line *line, struct buffer *error)
{
    if (strcmp(line->name, "server") == 0)
        return open_single(sections->server, file, line, error);
    if (strcmp(line->name, "database") == 0)
        return open_single(sections->database, file, line, error);
    if (strcmp(line->name, "cache") == 0)
        return open_single(sections->cache, file, line, error);
    if (strcmp(line->name, "map") == 0)
        return open_named(&sections->maps, &sections->map_count, OPTION_MAP, file, line, error);
    if (strcmp(line->name, "table") == 0)
        return open_named(&sections->tables, &sections->table_count, OPTION_TABLE, file, line,
                          error);
    buffer_printf(error,
                  "%s:%u: unknown section [%.60s], expected [server], [database], [cache], "
                  "[map NAME] or [table NAME]",
                  cf_name(file), line->line, line->name);
    return NULL;
}

static bool read_lines(struct sections *sections, const struct cf_file *file, struct buffer *error)
{
    struct settings *current = NULL;

    for (size_t i = 0; i < cf_count(file); i++) {
        const struct cf_line *line = cf_line(file, i);

        if (line->kind == CF_SECTION) {
            current = open_section(sections, file, line, error);
            if (current == NULL)
                return false;
        } else if (current == NULL) {
            return fail(file, line, error,
                        "expected a [section] line such as [server] before the first parameter");
        } else if (!settings_add(current, line, error)) {
            return false;
        }
    }
    return true;
}

static bool check_doubts(struct settings *const *list, size_t count, struct buffer *error)
{
    for (size_t i = 0; i < count; i++)
        if (!doubts_check(list[i], error))
            return false;
    return true;
}

static bool check_all_doubts(const struct sections *sections, struct buffer *error)
{
    struct settings *const single[] = {sections->server, sections->database, sections->cache};

    return check_doubts(single, 3, error) &&
           check_doubts(sections->maps, sections->map_count, error) &&
           check_doubts(sections->tables, sections->table_count, error);
}

bool sections_read(struct sections *sections, const struct cf_file *file, struct buffer *error)
{
    *sections = (struct sections){
        .server = settings_new(OPTION_SERVER, cf_name(file), "", 0),
        .database = settings_new(OPTION_DATABASE, cf_name(file), "", 0),
        .cache = settings_new(OPTION_CACHE, cf_name(file), "", 0),
    };
    if (read_lines(sections, file, error) && check_all_doubts(sections, error))
        return true;
    sections_free(sections);
    return false;
}

void sections_free(struct sections *sections)
{
    settings_free(sections->server);
    settings_free(sections->database);
    settings_free(sections->cache);
    for (size_t i = 0; i < sections->map_count; i++)
        settings_free(sections->maps[i]);
    for (size_t i = 0; i < sections->table_count; i++)
        settings_free(sections->tables[i]);
    free(sections->maps);
    free(sections->tables);
    *sections = (struct sections){0};
}

const char *sections_table_like(const struct sections *sections, const char *name)
{
    struct similar similar = {NULL, 0};

    for (size_t i = 0; i < sections->table_count; i++)
        similar_consider(&similar, name, sections->tables[i]->name);
    return similar.name;
}

bool sections_table(const struct sections *sections, struct slice name, size_t *index)
{
    for (*index = 0; *index < sections->table_count; ++*index)
        if (slice_equal(slice_of(sections->tables[*index]->name), name))
            return true;
    return false;
}
