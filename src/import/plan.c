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

void import_plan_free(struct import_plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->map_count; i++) {
        for (size_t j = 0; j < plan->map[i].table_count; j++)
            free(plan->map[i].tables[j]);
        free(plan->map[i].tables);
        free(plan->map[i].name);
        free(plan->map[i].origin);
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
    free(plan->map);
    free(plan->change);
    free(plan->stay);
    free(plan);
}

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

/* After the parameter, with the name of the service where it is not main.cf's. */
static char *map_name(const struct import_plan *plan, const struct postconf_setting *setting)
{
    const char *name_of_all = short_name(setting->name);
    char *base = setting->service[0] != '\0' ? xasprintf("%s_%s", name_of_all, setting->service)
                                             : xstrdup(name_of_all);
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

struct import_map *import_plan_add_map(struct import_plan *plan,
                                       const struct postconf_setting *setting)
{
    const struct parameter *parameter = parameters_find(setting->name);
    const char *propagated = postconf_value(plan->postconf, "propagate_unmatched_extensions");
    const char *undotted = postconf_value(plan->postconf, "parent_domain_matches_subdomains");
    struct import_map map = {.name = map_name(plan, setting), .parameter = parameter};

    map.origin = xasprintf("%s%s%s = %s", setting->service, setting->service[0] != '\0' ? "/" : "",
                           setting->name, setting->written);
    map.propagates =
        parameter->propagation != NULL && table_list_has(propagated, parameter->propagation);
    map.parents_undotted =
        parameter->parents != NULL && table_list_has(undotted, parameter->parents);
    plan->map = xrealloc(plan->map, (plan->map_count + 1) * sizeof(*plan->map));
    plan->map[plan->map_count] = map;
    return &plan->map[plan->map_count++];
}

void import_map_add_table(struct import_map *map, const char *path)
{
    map->tables = xrealloc(map->tables, (map->table_count + 1) * sizeof(*map->tables));
    map->tables[map->table_count++] = xstrdup(path);
}

void import_plan_add_change(struct import_plan *plan, const struct postconf_setting *setting,
                            const char *after)
{
    plan->change = xrealloc(plan->change, (plan->change_count + 1) * sizeof(*plan->change));
    plan->change[plan->change_count++] =
        (struct import_change){xstrdup(setting->service), xstrdup(setting->name),
                               xstrdup(setting->written), xstrdup(after)};
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
