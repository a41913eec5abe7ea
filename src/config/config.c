/*
 * config - see the header. Text becomes lines (cf.c), lines become sections with settings (sections.c,
 * settings.c), and these the structures (server.c, tables.c, maps.c), each value
 * by its row of the option table (options.c).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "cf.h"
#include "hash.h"
#include "options.h"
#include "parts.h"
#include "sections.h"
#include "xmalloc.h"

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(struct map_def *const *)a)->name, (*(struct map_def *const *)b)->name);
}

static void index_maps(struct config *config)
{
    size_t size = config->map_count * sizeof(struct map_def *);

    config->by_name = xmalloc(size);
    memcpy(config->by_name, config->maps, size);
    qsort(config->by_name, config->map_count, sizeof(struct map_def *), compare_names);
}

static void warn_of_passwords(const struct sections *sections, const struct cf_file *file)
{
    settings_warn_of_password(sections->database, file);
    for (size_t i = 0; i < sections->map_count; i++)
        settings_warn_of_password(sections->maps[i], file);
    for (size_t i = 0; i < sections->table_count; i++)
        settings_warn_of_password(sections->tables[i], file);
}

/*
 * Of every parameter in the file, and of the tables that are files of their own. Not of passwords: who
 * may ask for it is not always one who may read the file, and could try some.
 */
static uint64_t fingerprint_of(const struct config *config, const struct cf_file *file)
{
    static const struct hash_secret key = {{0x636f6e666967, 1}};
    struct buffer all = BUFFER_EMPTY;
    uint64_t fingerprint;

    for (size_t i = 0; i < cf_count(file); i++) {
        const struct cf_line *line = cf_line(file, i);

        if (strcmp(line->name, "password") == 0 ||
            strcmp(line->name, "mirror_stream_password") == 0)
            continue;
        buffer_add(&all, line->name, strlen(line->name) + 1);
        buffer_add(&all, line->value, strlen(line->value) + 1);
    }
    for (size_t i = 0; i < config->table_count; i++)
        table_def_append(config->tables[i], &all);
    fingerprint = hash_bytes(&key, all.data, all.len);
    buffer_free(&all);
    return fingerprint;
}

static bool fill(struct config *config, const struct cf_file *file, struct buffer *error)
{
    struct sections sections;
    bool good;

    if (!sections_read(&sections, file, error))
        return false;
    good = server_options_fill(config, &sections, error) &&
           tables_check_defaults(sections.database, error) && maps_fill(config, &sections, error);
    if (good && config->map_count == 0) {
        buffer_printf(error, "%s:1: expected at least one [map NAME] section", config->path);
        good = false;
    }
    if (good) {
        warn_of_passwords(&sections, file);
        tables_warn_of_timeout(sections.database, &config->server);
        config->fixed = server_fixed_values(&sections);
        index_maps(config);
        config->fingerprint = fingerprint_of(config, file);
    }
    sections_free(&sections);
    return good;
}

/* Takes file over. */
static struct config *build(const char *path, struct cf_file *file, struct buffer *error)
{
    struct config *config;
    bool good;

    if (file == NULL)
        return NULL;
    config = xcalloc(1, sizeof(*config));
    config->path = xstrdup(path);
    config->references = 1;
    good = fill(config, file, error);
    cf_free(file);
    if (good)
        return config;
    config_unref(config);
    return NULL;
}

struct config *config_load(const char *path, struct buffer *error)
{
    return build(path, cf_read(path, true, error), error);
}

struct config *config_parse(const char *name, struct slice text, struct buffer *error)
{
    return build(name, cf_parse(name, text, true, error), error);
}

struct config *config_ref(struct config *config)
{
    config->references++;
    return config;
}

static void free_fixed(char **values)
{
    size_t count;

    option_table(&count);
    for (size_t i = 0; i < count && values != NULL; i++)
        free(values[i]);
    free(values);
}

void config_unref(struct config *config)
{
    if (config == NULL || --config->references > 0)
        return;
    for (size_t i = 0; i < config->map_count; i++)
        map_def_free(config->maps[i]);
    for (size_t i = 0; i < config->table_count; i++)
        table_def_free(config->tables[i]);
    server_options_free(&config->server);
    free_fixed(config->fixed);
    options_free(OPTION_IN_CACHE, &config->cache);
    free(config->maps);
    free(config->tables);
    free(config->by_name);
    free(config->path);
    free(config);
}

bool config_needs_restart(const struct config *old, const struct config *new, struct buffer *names)
{
    size_t count, before = names->len;
    const struct option *option = option_table(&count);

    for (size_t i = 0; i < count; i++)
        if (option[i].change == CHANGE_RESTART && strcmp(old->fixed[i], new->fixed[i]) != 0)
            buffer_printf(names, "%s%s", names->len > before ? ", " : "", option[i].name);
    return names->len > before;
}

/* Order of a map's name and a name that may hold any bytes, as compare_names() has it. */
static int compare_name(const struct map_def *map, struct slice name)
{
    size_t len = strlen(map->name);
    int order = memcmp(map->name, name.data, len < name.len ? len : name.len);

    return order != 0 ? order : (len > name.len) - (len < name.len);
}

/* On every request's path; a configuration has few maps. */
const struct map_def *config_map(const struct config *config, struct slice name)
{
    size_t low = 0, high = config->map_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_name(config->by_name[middle], name);

        if (order == 0)
            return config->by_name[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
