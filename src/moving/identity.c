/* identity - see the header. */
#include "identity.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "own_tables.h"
#include "sample.h"
#include "template.h"
#include "xmalloc.h"

#define MAILBOXES_MAX 1000   /* of a table */
#define ALIASES_MAX   200000 /* all of a table, for what none may have */

const struct import_map *identity_map_of(const struct import_plan *plan, const char *parameter)
{
    for (size_t i = 0; i < plan->map_count; i++)
        if (strcmp(plan->map[i].parameter->name, parameter) == 0 &&
            strncmp(plan->map[i].origin, parameter, strlen(parameter)) == 0)
            return &plan->map[i];
    return NULL;
}

/* --- keys of one kind among the aliases ----------------------------------------------------- */

typedef bool wanted_key(const char *key);

static bool is_catch_all(const char *key)
{
    return key[0] == '@';
}

static bool is_domain(const char *key)
{
    return strchr(key, '@') == NULL && strchr(key, '.') != NULL;
}

enum presence { PRESENT, ABSENT, UNCERTAIN };

/* Whether one table has such a key; example is one that any of them looks like. */
static enum presence find_in_table(const char *path, wanted_key *wanted, const char *example,
                                   struct buffer *detail)
{
    struct config *config = sample_config(path);
    struct names names = NAMES_EMPTY;
    struct buffer error = BUFFER_EMPTY;
    enum presence presence = UNCERTAIN;
    bool whole = false;

    if (config == NULL)
        return UNCERTAIN;
    if (!template_key_fits(config->tables[0]->rules.template, slice_of(example))) {
        presence = ABSENT;
    } else if (sample_table(config->tables[0], ALIASES_MAX, &names, &whole, &error)) {
        presence = whole ? ABSENT : UNCERTAIN;
        for (size_t i = 0; i < names.count && presence != PRESENT; i++)
            if (wanted(names.at[i])) {
                presence = PRESENT;
                buffer_add_text(detail, names.at[i]);
            }
    }
    if (presence == UNCERTAIN)
        buffer_add_text(detail, error.len > 0 ? buffer_text(&error) : path);
    config_unref(config);
    names_free(&names);
    buffer_free(&error);
    return presence;
}

static enum presence find_in_map(const struct import_map *map, wanted_key *wanted,
                                 const char *example, struct buffer *detail)
{
    enum presence presence = ABSENT;

    for (size_t t = 0; presence == ABSENT && t < map->table_count; t++)
        presence = find_in_table(map->tables[t], wanted, example, detail);
    return presence;
}

enum identity_domains identity_alias_domains(const struct import_map *aliases,
                                             struct buffer *detail)
{
    switch (find_in_map(aliases, is_domain, "domain.example", detail)) {
    case PRESENT:
        return DOMAINS_SOME;
    case ABSENT:
        return DOMAINS_NONE;
    case UNCERTAIN:
        break;
    }
    return DOMAINS_UNKNOWN;
}

/* --- mailboxes among the aliases ------------------------------------------------------------ */

static void list_mailboxes(const struct import_map *mailboxes, struct names *names,
                           struct buffer *detail)
{
    for (size_t t = 0; t < mailboxes->table_count; t++) {
        struct config *config = sample_config(mailboxes->tables[t]);
        struct names keys = NAMES_EMPTY;
        bool whole;

        if (config != NULL)
            sample_table(config->tables[0], MAILBOXES_MAX, &keys, &whole, detail);
        for (size_t i = 0; i < keys.count; i++)
            if (strchr(keys.at[i], '@') != NULL && keys.at[i][0] != '@')
                names_add(names, slice_of(keys.at[i]));
        names_free(&keys);
        config_unref(config);
    }
    names_sort(names);
}

/* Whether each of the mailboxes is found by its whole address. */
static bool all_are_aliases(const struct import_plan *plan, const struct import_map *aliases,
                            const struct names *mailboxes, struct buffer *error)
{
    char **values = xcalloc(mailboxes->count + 1, sizeof(*values));
    bool all = true;

    for (size_t t = 0; t < aliases->table_count; t++) {
        char *table = xasprintf("mysql:%s", aliases->tables[t]);

        own_tables_ask_one(postconf_directory(plan->postconf), table, mailboxes, values, error);
        free(table);
    }
    for (size_t i = 0; i < mailboxes->count; i++) {
        all = all && values[i] != NULL;
        free(values[i]);
    }
    free(values);
    return all;
}

enum identity identity_find(const struct import_plan *plan, const struct import_map *mailboxes,
                            const struct import_map *aliases, struct buffer *detail)
{
    struct names names = NAMES_EMPTY;
    struct buffer error = BUFFER_EMPTY;
    enum identity identity = IDENTITY_UNKNOWN;

    list_mailboxes(mailboxes, &names, &error);
    if (names.count == 0)
        buffer_add_text(detail, error.len > 0 ? buffer_text(&error) : "there is no mailbox");
    else if (all_are_aliases(plan, aliases, &names, &error))
        identity = IDENTITY_THERE;
    else if (find_in_map(aliases, is_catch_all, "@domain.example", detail) == ABSENT)
        identity = IDENTITY_LACKING;
    else
        identity = IDENTITY_CATCH_ALL;
    names_free(&names);
    buffer_free(&error);
    return identity;
}
