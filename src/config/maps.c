/*
 * maps - maps and which tables they use; see parts.h. A table that several maps name is
 * one table_def; a [table] that none names is dropped, with a warning.
 */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "log.h"
#include "xmalloc.h"

/* Maps on their way into the config. */
struct builder {
    struct config *config;
    const struct sections *sections;
    struct table_def **named; /* made from the [table] sections, in their order */
    bool *used;               /* ... and already among the config's tables */
    struct buffer *error;
};

/* A list that names tables: an option, and where it is written. */
struct listing {
    const char *option;
    const struct settings *in;
    unsigned line;
};

static void add_table(struct config *config, struct table_def *table)
{
    config->tables = xrealloc(config->tables, (config->table_count + 1) * sizeof(*config->tables));
    table->index = config->table_count;
    config->tables[config->table_count++] = table;
}

static struct table_def *take_named(struct builder *builder, size_t index)
{
    if (!builder->used[index])
        add_table(builder->config, builder->named[index]);
    builder->used[index] = true;
    return builder->named[index];
}

static struct table_def *take_file(struct builder *builder, const struct listing *listing,
                                   const char *path)
{
    struct config *config = builder->config;
    struct table_def *table;

    /* Only a file has an absolute path for a name. */
    for (size_t i = 0; i < config->table_count; i++)
        if (strcmp(config->tables[i]->name, path) == 0)
            return config->tables[i];
    table = table_def_from_file(path, listing->option, builder->sections, &config->server,
                                listing->in, listing->line, builder->error);
    if (table != NULL)
        add_table(config, table);
    return table;
}

static void fail_table(struct builder *builder, const struct listing *listing, const char *name)
{
    const char *like = sections_table_like(builder->sections, name);

    settings_fail(listing->in, listing->line, builder->error, "%s: there is no [table %s]%s%s%s",
                  listing->option, name, like != NULL ? ", did you mean \"" : "",
                  like != NULL ? like : "", like != NULL ? "\"?" : "");
}

static struct table_def *take_table(struct builder *builder, const struct listing *listing,
                                    const char *member)
{
    size_t index;

    if (member[0] == '/')
        return take_file(builder, listing, member);
    if (sections_table(builder->sections, slice_of(member), &index))
        return take_named(builder, index);
    if (strchr(member, '/') != NULL || strchr(member, ':') != NULL)
        settings_fail(listing->in, listing->line, builder->error,
                      "%s: expected the name of a [table] section or the absolute path of a "
                      "mysql_table(5) file, without a type before it, found \"%s\"",
                      listing->option, member);
    else
        fail_table(builder, listing, member);
    return NULL;
}

static bool map_has(const struct map_def *map, const struct table_def *table)
{
    for (size_t i = 0; i < map->table_count; i++)
        if (map->tables[i] == table)
            return true;
    return false;
}

static void map_add(struct map_def *map, struct table_def *table)
{
    map->tables = xrealloc(map->tables, (map->table_count + 1) * sizeof(struct table_def *));
    map->tables[map->table_count++] = table;
}

/* What describes a table has no place beside a list of tables. */
static bool check_no_table_parameters(const struct settings *own, struct buffer *error)
{
    size_t count;
    const struct option *option = option_table(&count);

    for (; count > 0; count--, option++) {
        struct setting setting;

        if ((option->sections & OPTION_MAP) == 0 || (option->sections & OPTION_TABLE) == 0)
            continue;
        setting = settings_get(own, option->name);
        if (setting.text != NULL)
            return settings_fail(own, setting.line, error,
                                 "%s belongs in the [table] section: this map has tables (line %u)",
                                 option->name, settings_get(own, "tables").line);
    }
    return true;
}

static bool fill_listed(struct builder *builder, struct map_def *map, const struct settings *own)
{
    struct setting tables = settings_get(own, "tables");
    const struct listing listing = {"tables", own, tables.line};
    const char *list = tables.text;
    struct slice member;

    if (!check_no_table_parameters(own, builder->error))
        return false;
    while (option_next_member(&list, &member)) {
        char *text = xstrndup(member.data, member.len);
        struct table_def *table = take_table(builder, &listing, text);

        if (table != NULL && map_has(map, table))
            log_warning("%s:%u: tables: \"%s\" is listed twice", own->file, tables.line, text);
        else if (table != NULL)
            map_add(map, table);
        free(text);
        if (table == NULL)
            return false;
    }
    return map->table_count > 0 ||
           settings_fail(own, tables.line, builder->error, "tables: expected at least one table");
}

static bool fill_own(struct builder *builder, struct map_def *map, const struct settings *own)
{
    struct table_def *table =
        table_def_from_section(own, builder->sections, &builder->config->server, builder->error);

    if (table == NULL)
        return false;
    add_table(builder->config, table);
    map_add(map, table);
    return true;
}

/* --- local domains ------------------------------------------------------------------------ */

/* Names in a list with this in front are tables. */
static const char table_prefix[] = "table:";

static bool add_local_table(struct builder *builder, struct map_def *map,
                            const struct listing *listing, const char *name)
{
    struct table_def *table = take_table(builder, listing, name);

    if (table == NULL)
        return false;
    map->local_tables =
        xrealloc(map->local_tables, (map->local_table_count + 1) * sizeof(struct table_def *));
    map->local_tables[map->local_table_count++] = table;
    return true;
}

static bool add_local_name(struct builder *builder, struct map_def *map, size_t *count,
                           const struct listing *listing, struct slice name)
{
    struct buffer folded = BUFFER_EMPTY;
    bool good = fold_key(name, &folded);

    if (good) {
        map->local_domains = xrealloc(map->local_domains, (*count + 2) * sizeof(char *));
        map->local_domains[(*count)++] = xstrdup(buffer_text(&folded));
        map->local_domains[*count] = NULL;
    }
    buffer_free(&folded);
    return good || settings_fail(listing->in, listing->line, builder->error,
                                 "local_domains: expected UTF-8 text");
}

/* A domain, "table:NAME", or what somebody has taken over from mydestination. */
static bool add_local(struct builder *builder, struct map_def *map, size_t *count,
                      const struct listing *listing, const char *member)
{
    size_t prefix = strlen(table_prefix);

    if (strncmp(member, table_prefix, prefix) == 0)
        return add_local_table(builder, map, listing, member + prefix);
    if (member[0] == '/' || member[0] == '!' || (member[0] != '[' && strchr(member, ':') != NULL))
        return settings_fail(listing->in, listing->line, builder->error,
                             "local_domains: expected a domain, or table:NAME for a [table], or "
                             "table:/PATH for a mysql_table(5) file, found \"%s\"",
                             member);
    return add_local_name(builder, map, count, listing, slice_of(member));
}

static bool fill_local_domains(struct builder *builder, struct map_def *map,
                               const struct settings_chain *chain)
{
    struct found found = settings_find_name(chain, "local_domains");
    const struct listing listing = {"local_domains", found.in, found.line};
    const char *list = found.text;
    struct slice member;
    size_t count = 0;
    bool good = true;

    while (good && option_next_member(&list, &member)) {
        char *text = xstrndup(member.data, member.len);

        good = add_local(builder, map, &count, &listing, text);
        free(text);
    }
    map->rules.local_domains = (const char *const *)map->local_domains;
    map->rules.has_local_tables = map->local_table_count > 0;
    return good;
}

/* --- a map -------------------------------------------------------------------------------- */

static bool fill_map(struct builder *builder, struct map_def *map, const struct settings *own)
{
    const struct settings_chain chain = {2, {own, builder->sections->server}};
    bool good;

    map->name = xstrdup(own->name);
    good = settings_store(&chain, OPTION_IN_MAP, map, builder->error) &&
           fill_local_domains(builder, map, &chain) &&
           (settings_get(own, "tables").text != NULL ? fill_listed(builder, map, own)
                                                     : fill_own(builder, map, own));
    map->rules.recipient_delimiter = map->recipient_delimiter;
    return good;
}

static bool make_named(struct builder *builder)
{
    const struct sections *sections = builder->sections;

    for (size_t i = 0; i < sections->table_count; i++) {
        builder->named[i] = table_def_from_section(sections->tables[i], sections,
                                                   &builder->config->server, builder->error);
        if (builder->named[i] == NULL)
            return false;
    }
    return true;
}

static bool make_maps(struct builder *builder)
{
    const struct sections *sections = builder->sections;
    struct config *config = builder->config;

    config->maps = xcalloc(sections->map_count, sizeof(struct map_def *));
    for (size_t i = 0; i < sections->map_count; i++) {
        struct map_def *map = xcalloc(1, sizeof(*map));

        config->maps[config->map_count++] = map;
        if (!fill_map(builder, map, sections->maps[i]))
            return false;
    }
    return true;
}

bool maps_fill(struct config *config, const struct sections *sections, struct buffer *error)
{
    struct builder builder = {
        .config = config,
        .sections = sections,
        .named = xcalloc(sections->table_count, sizeof(struct table_def *)),
        .used = xcalloc(sections->table_count, sizeof(bool)),
        .error = error,
    };
    bool good = make_named(&builder) && make_maps(&builder);

    for (size_t i = 0; i < sections->table_count; i++) {
        const struct settings *own = sections->tables[i];

        if (good && !builder.used[i])
            log_warning("%s:%u: no map uses [table %s]", own->file, own->line, own->name);
        if (builder.named[i] != NULL && !builder.used[i])
            table_def_free(builder.named[i]);
    }
    free(builder.named);
    free(builder.used);
    return good;
}

void map_def_free(struct map_def *map)
{
    free(map->name);
    options_free(OPTION_IN_MAP, map);
    for (char **domain = map->local_domains; domain != NULL && *domain != NULL; domain++)
        free(*domain);
    free(map->local_domains);
    free(map->local_tables);
    free(map->tables);
    free(map);
}
