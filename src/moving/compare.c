/*
 * compare - see the header. Each address is asked of each map as it is, and its domain alone: Postfix
 * asks both of most of them, and where it does not it does no harm.
 */
#include "compare.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control_protocol.h"
#include "names.h"
#include "origin.h"
#include "own_tables.h"
#include "sample.h"
#include "xmalloc.h"

/* Keys of one table. */
#define SAMPLE_MAX 1000

/* More lines of one map are only counted. */
#define SHOWN_MAX 20

struct compare {
    const struct compare_options *options;
    struct origin origin;
    struct names requests;
    size_t addresses;
    size_t differences;
    size_t identities; /* found in an identity table that Postfix's own tables do not have */
    size_t lookups;
};

/* --- what is asked -------------------------------------------------------------------------- */

/* An address, and what else mail to it makes Postfix ask. */
static void add_request(struct compare *compare, struct slice address)
{
    const char *at = memrchr(address.data, '@', address.len);

    if (address.len == 0)
        return;
    names_add(&compare->requests, address);
    if (at != NULL)
        names_add(&compare->requests,
                  (struct slice){at + 1, address.len - (size_t)(at + 1 - address.data)});
}

static void read_addresses(struct compare *compare, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;

    while ((len = getline(&line, &size, file)) >= 0) {
        while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
            len--;
        add_request(compare, (struct slice){line, (size_t)len});
    }
    free(line);
}

/* The address with an extension, and one that nobody has: for catch-alls and unknown names. */
static void add_variants(struct compare *compare, const char *address)
{
    const char *delimiter = postconf_value(compare->origin.postconf, "recipient_delimiter");
    const char *at = strrchr(address, '@');
    struct buffer variant = BUFFER_EMPTY;

    if (at == NULL)
        return;
    buffer_printf(&variant, "vmapctl-compare%s", at);
    add_request(compare, buffer_slice(&variant));
    buffer_clear(&variant);
    if (delimiter[0] != '\0' && at != address && at[-1] != '"') {
        buffer_printf(&variant, "%.*s%cvmapctl%s", (int)(at - address), address, delimiter[0], at);
        add_request(compare, buffer_slice(&variant));
    }
    buffer_free(&variant);
}

static void sample_map(const struct import_map *map, struct names *names)
{
    for (size_t t = 0; t < map->table_count; t++) {
        struct config *config = sample_config(map->tables[t]);
        struct buffer error = BUFFER_EMPTY;
        bool whole;

        if (config != NULL && !sample_table(config->tables[0], SAMPLE_MAX, names, &whole, &error))
            printf("note: %s\n", buffer_text(&error));
        config_unref(config);
        buffer_free(&error);
    }
}

static void take_sample(struct compare *compare)
{
    const struct import_plan *plan = compare->origin.plan;
    struct names names = NAMES_EMPTY;

    for (size_t i = 0; i < plan->map_count; i++)
        sample_map(&plan->map[i], &names);
    names_sort(&names);
    for (size_t i = 0; i < names.count; i++) {
        add_request(compare, slice_of(names.at[i]));
        add_variants(compare, names.at[i]);
    }
    names_free(&names);
}

/* --- one map -------------------------------------------------------------------------------- */

static void show_progress(const struct compare *compare, const char *map, size_t done)
{
    if (compare->options->progress && (done % 100 == 0 || done == compare->requests.count))
        fprintf(stderr, "\r%s: %zu of %zu%s", map, done, compare->requests.count,
                done == compare->requests.count ? "\n" : "");
}

/* For a list of domains, what is found does not matter. */
static bool is_same(const struct import_map *map, const char *own, const char *ours)
{
    if (own == NULL || ours == NULL)
        return own == ours;
    return map->parameter->kind == PARAMETER_LIST || strcmp(own, ours) == 0;
}

static void tell(struct compare *compare, const struct import_map *map, size_t *shown,
                 const char *request, const char *own, const char *ours)
{
    compare->differences++;
    if ((*shown)++ < SHOWN_MAX)
        printf("%s: %s: mysql: %s, vmapd: %s\n", map->name, request, own, ours);
}

static int compare_one(struct compare *compare, const struct import_map *map, size_t *shown,
                       const char *request, const char *own)
{
    const char *const words[] = {"lookup", map->name, request};
    struct buffer text = BUFFER_EMPTY;
    int status = compare->options->ask(compare->options->ask_arg, words, 3, &text);
    const char *ours = status == CONTROL_OK ? buffer_text(&text) : NULL;

    compare->lookups++;
    if (text.len > 0 && text.data[text.len - 1] == '\n')
        text.data[--text.len] = '\0';
    if (status == CONTROL_TEMPORARY)
        tell(compare, map, shown, request, own != NULL ? own : "not found", "temporary failure");
    else if (status != CONTROL_OK && status != CONTROL_NOT_FOUND)
        printf("%s: %s\n", map->name, buffer_text(&text));
    else if (map->search == SEARCH_ALIAS && own == NULL && ours != NULL &&
             strcasecmp(request, ours) == 0)
        compare->identities++;
    else if (!is_same(map, own, ours))
        tell(compare, map, shown, request, own != NULL ? own : "not found",
             ours != NULL ? ours : "not found");
    buffer_free(&text);
    return status == CONTROL_NOT_FOUND || status == CONTROL_TEMPORARY ? CONTROL_OK : status;
}

static int compare_map(struct compare *compare, const struct import_map *map)
{
    char **values = xcalloc(compare->requests.count + 1, sizeof(*values));
    struct buffer error = BUFFER_EMPTY;
    int status = CONTROL_OK;
    size_t shown = 0;

    if (!own_tables_ask(compare->origin.plan, map, &compare->requests, values, &error)) {
        printf("%s: Postfix's own table cannot be asked: %s\n", map->name, buffer_text(&error));
        status = CONTROL_TEMPORARY;
    }
    for (size_t i = 0; status == CONTROL_OK && i < compare->requests.count; i++) {
        status = compare_one(compare, map, &shown, compare->requests.at[i], values[i]);
        show_progress(compare, map->name, i + 1);
    }
    if (shown > SHOWN_MAX)
        printf("%s: and %zu more\n", map->name, shown - SHOWN_MAX);
    for (size_t i = 0; i < compare->requests.count; i++)
        free(values[i]);
    free(values);
    buffer_free(&error);
    return status;
}

/* --- all ------------------------------------------------------------------------------------ */

static int conclude(const struct compare *compare, int status)
{
    if (status != CONTROL_OK)
        return status;
    printf("%zu maps, %zu keys, %zu lookups: ", compare->origin.plan->map_count,
           compare->requests.count, compare->lookups);
    if (compare->differences == 0)
        puts("no differences");
    else
        printf("%zu difference%s\n", compare->differences, compare->differences == 1 ? "" : "s");
    if (compare->identities > 0)
        printf("%zu are found as aliases of themselves, which changes no delivery\n",
               compare->identities);
    return compare->differences == 0 ? CONTROL_OK : CONTROL_FAILED;
}

static int compare_all(struct compare *compare)
{
    const struct import_plan *plan = compare->origin.plan;
    int status = CONTROL_OK;

    if (plan->map_count == 0) {
        printf("%s: Postfix has no mysql: tables that vmapd could take over\n",
               postconf_directory(compare->origin.postconf));
        return CONTROL_FAILED;
    }
    if (compare->options->addresses != NULL)
        read_addresses(compare, compare->options->addresses);
    else
        take_sample(compare);
    names_sort(&compare->requests);
    if (compare->requests.count == 0) {
        puts("there is no address to compare; name a FILE with some");
        return CONTROL_FAILED;
    }
    for (size_t i = 0; status == CONTROL_OK && i < plan->map_count; i++)
        status = compare_map(compare, &plan->map[i]);
    return conclude(compare, status);
}

int compare_run(const struct compare_options *options)
{
    struct compare compare = {.options = options};
    struct buffer error = BUFFER_EMPTY;
    int status = CONTROL_FAILED;

    if (origin_read(&compare.origin, options->directory, &error))
        status = compare_all(&compare);
    else
        printf("%s\n", buffer_text(&error));
    origin_free(&compare.origin);
    names_free(&compare.requests);
    buffer_free(&error);
    return status;
}
