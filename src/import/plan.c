/* plan - putting together what is decided, and freeing it; see the header. */
#include "plan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "table_list.h"
#include "xmalloc.h"

struct import_plan *import_plan_new(const struct postconf *postconf)
{
    struct import_plan *plan = xcalloc(1, sizeof(*plan));

    plan->postconf = postconf;
    return plan;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

void import_plan_free(struct import_plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->locals_count; i++) {
        free_texts(plan->locals[i].tables, plan->locals[i].table_count);
        free(plan->locals[i].service);
        free(plan->locals[i].names);
        free(plan->locals[i].trouble);
    }
    for (size_t i = 0; i < plan->map_count; i++) {
        free_texts(plan->map[i].tables, plan->map[i].table_count);
        free(plan->map[i].name);
        free(plan->map[i].origin);
        free(plan->map[i].service);
    }
    for (size_t i = 0; i < plan->change_count; i++) {
        free(plan->change[i].service);
        free(plan->change[i].parameter);
        free(plan->change[i].before);
        free(plan->change[i].after);
    }
    for (size_t i = 0; i < plan->stay_count; i++) {
        free(plan->stay[i].what);
        free(plan->stay[i].reason);
        free(plan->stay[i].advice);
    }
    free(plan->locals);
    free(plan->map);
    free(plan->change);
    free(plan->stay);
    free(plan);
}

/* --- rules of a service --------------------------------------------------------------------- */

/* Whether the map would be another one for this service. */
static bool same_rules(const struct import_plan *plan, const struct import_map *map,
                       const char *service)
{
    for (size_t i = 0; i < postconf_count(plan->postconf); i++) {
        const char *name = postconf_setting(plan->postconf, i)->name;

        if (parameters_concern_search(name, map->search) &&
            strcmp(postconf_service_value(plan->postconf, map->service, name),
                   postconf_service_value(plan->postconf, service, name)) != 0)
            return false;
    }
    return true;
}

const struct import_locals *import_plan_locals(const struct import_plan *plan, const char *service)
{
    for (size_t i = 0; i < plan->locals_count; i++)
        if (strcmp(plan->locals[i].service, service) == 0)
            return &plan->locals[i];
    return &plan->locals[0];
}

const char *import_map_delimiter(const struct import_plan *plan, const struct import_map *map)
{
    return postconf_service_value(plan->postconf, map->service, "recipient_delimiter");
}

const char *import_plan_unequal_service(const struct import_plan *plan)
{
    for (size_t i = 0; i < postconf_count(plan->postconf); i++) {
        const struct postconf_setting *setting = postconf_setting(plan->postconf, i);

        if (setting->service[0] != '\0' && parameters_concern_search(setting->name, SEARCH_ACCESS))
            return setting->service;
    }
    return NULL;
}

/* --- maps ----------------------------------------------------------------------------------- */

static bool name_is_taken(const struct import_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->map_count; i++)
        if (strcmp(plan->map[i].name, name) == 0)
            return true;
    return false;
}

/* The three that every mail system has are named as all documents name them. */
static const char *short_name(const char *parameter)
{
    static const char *const names[][2] = {{"virtual_mailbox_domains", "domains"},
                                           {"virtual_mailbox_maps", "mailboxes"},
                                           {"virtual_alias_maps", "aliases"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(parameter, names[i][0]) == 0)
            return names[i][1];
    return parameter;
}

/* Of what it is for, with the name of the service where it is not main.cf's. */
static char *map_name(const struct import_plan *plan, const char *purpose, const char *service)
{
    char *base = service[0] != '\0' ? xasprintf("%s_%s", purpose, service) : xstrdup(purpose);
    char *name;

    for (char *c = base; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c))
            *c = '_';
    name = xstrdup(base);
    for (unsigned n = 2; name_is_taken(plan, name); n++) {
        free(name);
        name = xasprintf("%s_%u", base, n);
    }
    free(base);
    return name;
}

/* Whether a list of words in force for the setting's service has this one. */
static bool value_has(const struct import_plan *plan, const struct postconf_setting *setting,
                      const char *list, const char *word)
{
    return word != NULL &&
           table_list_has(postconf_service_value(plan->postconf, setting->service, list), word);
}

static struct import_map *add_map(struct import_plan *plan, const struct postconf_setting *setting,
                                  const char *purpose, enum search search, const char *parents)
{
    const struct parameter *parameter = parameters_find(setting->name);
    struct import_map map = {
        .name = map_name(plan, purpose, setting->service),
        .parameter = parameter,
        .search = search,
        .service = xstrdup(setting->service),
        .propagates =
            value_has(plan, setting, "propagate_unmatched_extensions", parameter->propagation),
        .parents_undotted = value_has(plan, setting, "parent_domain_matches_subdomains", parents),
    };

    map.origin = xasprintf("%s%s%s = %s", setting->service, setting->service[0] != '\0' ? "/" : "",
                           setting->name, setting->written);
    plan->map = xrealloc(plan->map, (plan->map_count + 1) * sizeof(*plan->map));
    plan->map[plan->map_count] = map;
    return &plan->map[plan->map_count++];
}

struct import_map *import_plan_add_map(struct import_plan *plan,
                                       const struct postconf_setting *setting)
{
    const struct parameter *parameter = parameters_find(setting->name);

    return add_map(plan, setting, short_name(setting->name), parameter->search, parameter->parents);
}

struct import_map *import_plan_access_map(struct import_plan *plan,
                                          const struct postconf_setting *setting,
                                          const char *restriction, enum search search,
                                          const char *path)
{
    struct import_map *map;

    for (size_t i = 0; i < plan->map_count; i++) {
        map = &plan->map[i];
        if (!map->is_access || map->search != search || strcmp(map->tables[0], path) != 0)
            continue;
        if (same_rules(plan, map, setting->service))
            return map;
    }
    map = add_map(plan, setting, restriction, search,
                  search_has_parents(search) ? "smtpd_access_maps" : NULL);
    map->is_access = true;
    import_map_add_table(map, path);
    return map;
}

void import_map_add_table(struct import_map *map, const char *path)
{
    map->tables = xrealloc(map->tables, (map->table_count + 1) * sizeof(*map->tables));
    map->tables[map->table_count++] = xstrdup(path);
}

void import_plan_add_change(struct import_plan *plan, const struct postconf_setting *setting,
                            const char *after)
{
    const struct postconf_setting *before =
        postconf_find(plan->postconf, setting->service, setting->name);

    plan->change = xrealloc(plan->change, (plan->change_count + 1) * sizeof(*plan->change));
    plan->change[plan->change_count++] =
        (struct import_change){xstrdup(setting->service), xstrdup(setting->name),
                               before != NULL ? xstrdup(before->written) : NULL, xstrdup(after)};
}

void import_plan_add_stay(struct import_plan *plan, const struct postconf_setting *setting,
                          const char *reason, const char *advice)
{
    struct import_stay stay = {NULL, xstrdup(reason), xstrdup(advice)};

    stay.what = xasprintf("%s%s%s", setting->service, setting->service[0] != '\0' ? "/" : "",
                          setting->name);
    plan->stay = xrealloc(plan->stay, (plan->stay_count + 1) * sizeof(*plan->stay));
    plan->stay[plan->stay_count++] = stay;
}
