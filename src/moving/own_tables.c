/* own_tables - see the header. Each table is asked once, for all keys that any request comes to. */
#include "own_tables.h"

#include <stdlib.h>
#include <string.h>

#include "search_keys.h"
#include "child.h"
#include "fold.h"
#include "locals.h"
#include "table_list.h"
#include "xmalloc.h"

/* --- one table ------------------------------------------------------------------------------ */

/* postmap prints "KEY\tVALUE" for each key that it finds. */
static void take_values(const struct buffer *out, const struct names *keys, char **values)
{
    const char *line = out->data, *end = out->data + out->len;

    while (line < end) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        const char *tab, *at = line;
        size_t index = NAMES_NO_ONE;

        if (line_end == NULL)
            line_end = end;
        /* A key may hold tabs itself. */
        while (index == NAMES_NO_ONE && (tab = memchr(at, '\t', (size_t)(line_end - at))) != NULL) {
            index = names_find(keys, (struct slice){line, (size_t)(tab - line)});
            at = tab + 1;
        }
        if (index != NAMES_NO_ONE && values[index] == NULL)
            values[index] = xstrndup(at, (size_t)(line_end - at));
        line = line_end + 1;
    }
}

bool own_tables_ask_one(const char *directory, const char *table, const struct names *keys,
                        char **values, struct buffer *error)
{
    const char *const words[] = {"postmap", "-c", directory, "-q", "-", table, NULL};
    struct buffer input = BUFFER_EMPTY, out = BUFFER_EMPTY, complaints = BUFFER_EMPTY;
    bool good;

    for (size_t i = 0; i < keys->count; i++)
        buffer_printf(&input, "%s\n", keys->at[i]);
    /* 1 says that nothing was found, or that something failed, which postmap then tells. */
    switch (child_run(&(struct child){words, buffer_slice(&input), NULL}, &out, &complaints)) {
    case 0:
        good = true;
        break;
    case 1:
        good = strstr(buffer_text(&complaints), "fatal: ") == NULL;
        break;
    default:
        good = false;
    }
    if (good)
        take_values(&out, keys, values);
    else
        buffer_printf(error, "%s: %s", table, child_last_line(&complaints));
    buffer_free(&input);
    buffer_free(&out);
    buffer_free(&complaints);
    return good;
}

/* --- what is local -------------------------------------------------------------------------- */

static void add_domain_of(const char *request, struct names *domains)
{
    const char *at = strrchr(request, '@');

    if (at != NULL && at[1] != '\0')
        names_add(domains, slice_of(at + 1));
}

/* Tables in mydestination are asked for the domains of the requests. */
static bool add_from_tables(const char *directory, const struct locals *found,
                            const struct names *requests, struct names *locals,
                            struct buffer *error)
{
    struct names domains = NAMES_EMPTY;
    bool good = true;

    for (size_t i = 0; i < requests->count; i++)
        add_domain_of(requests->at[i], &domains);
    names_sort(&domains);
    for (size_t t = 0; good && t < found->table_count; t++) {
        char **values = xcalloc(domains.count + 1, sizeof(*values));

        good = own_tables_ask_one(directory, found->tables[t], &domains, values, error);
        for (size_t i = 0; i < domains.count; i++) {
            if (values[i] != NULL)
                names_add(locals, slice_of(domains.at[i]));
            free(values[i]);
        }
        free(values);
    }
    names_free(&domains);
    return good;
}

static void fold_all(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        struct buffer folded = BUFFER_EMPTY;

        if (fold_key(slice_of(names->at[i]), &folded)) {
            free(names->at[i]);
            names->at[i] = xstrdup(buffer_text(&folded));
        }
        buffer_free(&folded);
    }
}

/* The domains that are local to Postfix, as a list that ends with NULL. */
static bool find_locals(const struct import_plan *plan, const char *service,
                        const struct names *requests, struct names *locals, struct buffer *error)
{
    struct locals found = {0};
    struct list_member member;
    struct slice rest;
    bool good;

    locals_find(plan->postconf, service, &found);
    rest = buffer_slice(&found.names);
    while (table_list_next(&rest, &member))
        names_add(locals, member.text);
    good = add_from_tables(postconf_directory(plan->postconf), &found, requests, locals, error);
    fold_all(locals);
    locals->at = xrealloc(locals->at, (locals->count + 1) * sizeof(*locals->at));
    locals->at[locals->count] = NULL;
    locals_free(&found);
    return good;
}

/* --- a map ---------------------------------------------------------------------------------- */

struct asked {
    const struct search_rules *rules;
    const struct import_map *map;
    struct names keys;
    char ***values; /* for each table, one for each of the keys */
};

/* The value for a request, as Postfix would use it. */
static char *find_value(const struct asked *asked, struct search_keys *keys, const char *request)
{
    if (search_keys(asked->rules, slice_of(request), keys) != OUTCOME_OK)
        return NULL;
    for (size_t k = 0; k < keys->count; k++) {
        size_t index = names_find(&asked->keys, search_key(keys, k));

        for (size_t t = 0; index != NAMES_NO_ONE && t < asked->map->table_count; t++) {
            const char *value = asked->values[t][index];
            struct buffer changed = BUFFER_EMPTY;
            char *result;

            if (value == NULL)
                continue;
            result = search_value(asked->rules, keys, k, slice_of(value), &changed)
                         ? xstrdup(buffer_text(&changed))
                         : xstrdup(value);
            buffer_free(&changed);
            return result;
        }
    }
    return NULL;
}

static void derive_keys(struct asked *asked, struct search_keys *keys, const struct names *requests)
{
    for (size_t i = 0; i < requests->count; i++)
        if (search_keys(asked->rules, slice_of(requests->at[i]), keys) == OUTCOME_OK)
            for (size_t k = 0; k < keys->count; k++)
                names_add(&asked->keys, search_key(keys, k));
    names_sort(&asked->keys);
}

static bool ask_tables(struct asked *asked, const char *directory, struct buffer *error)
{
    bool good = true;

    asked->values = xcalloc(asked->map->table_count, sizeof(*asked->values));
    for (size_t t = 0; good && t < asked->map->table_count; t++) {
        char *table = xasprintf("mysql:%s", asked->map->tables[t]);

        asked->values[t] = xcalloc(asked->keys.count + 1, sizeof(**asked->values));
        good = own_tables_ask_one(directory, table, &asked->keys, asked->values[t], error);
        free(table);
    }
    return good;
}

static void asked_free(struct asked *asked)
{
    for (size_t t = 0; asked->values != NULL && t < asked->map->table_count; t++) {
        for (size_t i = 0; asked->values[t] != NULL && i < asked->keys.count; i++)
            free(asked->values[t][i]);
        free(asked->values[t]);
    }
    free(asked->values);
    names_free(&asked->keys);
}

bool own_tables_ask(const struct import_plan *plan, const struct import_map *map,
                    const struct names *requests, char **values, struct buffer *error)
{
    struct names locals = NAMES_EMPTY;
    bool good = find_locals(plan, map->service, requests, &locals, error);
    const struct search_rules rules = {
        .search = map->search,
        .recipient_delimiter = import_map_delimiter(plan, map),
        .propagate_extension = map->propagates,
        .local_domains = (const char *const *)locals.at,
        .plain_parents = map->parents_undotted,
    };
    struct asked asked = {&rules, map, NAMES_EMPTY, NULL};
    struct search_keys keys = {0};

    derive_keys(&asked, &keys, requests);
    good = good && ask_tables(&asked, postconf_directory(plan->postconf), error);
    for (size_t i = 0; i < requests->count; i++)
        values[i] = good ? find_value(&asked, &keys, requests->at[i]) : NULL;
    search_keys_free(&keys);
    asked_free(&asked);
    names_free(&locals);
    return good;
}
