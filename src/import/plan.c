/*
 * plan - decide for each parameter with mysql: tables whether it can move; see import.h. What
 * keeps one from moving: import_stay.c; what must not move along with others: import_pin.c.
 */
#include <ctype.h>
#include <stdlib.h>

#include "import.h"
#include "list.h"
#include "parts.h"
#include "table_list.h"
#include "xmalloc.h"

/* --- building the plan ---------------------------------------------------------------------- */

static bool name_is_taken(const struct import_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->map_count; i++)
        if (strcmp(plan->map[i].name, name) == 0)
            return true;
    return false;
}

/* The parameter's name, with that of the service where it is not main.cf's. */
static char *map_name(const struct import_plan *plan, const struct postconf_setting *setting)
{
    char *base = setting->service[0] != '\0' ? xasprintf("%s_%s", setting->name, setting->service)
                                             : xstrdup(setting->name);
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

static struct import_map *add_map(struct import_plan *plan, const struct postconf_setting *setting,
                                  const struct lookup_use *use)
{
    const char *propagated = postconf_value(plan->postconf, "propagate_unmatched_extensions");
    const char *undotted = postconf_value(plan->postconf, "parent_domain_matches_subdomains");
    struct import_map map = {.name = map_name(plan, setting), .use = use};

    map.origin = xasprintf("%s%s%s = %s", setting->service, setting->service[0] != '\0' ? "/" : "",
                           setting->name, setting->written);
    map.propagates = use->propagation != NULL && table_list_has(propagated, use->propagation);
    map.parents_undotted = use->parents != NULL && table_list_has(undotted, use->parents);
    plan->map = xrealloc(plan->map, (plan->map_count + 1) * sizeof(*plan->map));
    plan->map[plan->map_count] = map;
    return &plan->map[plan->map_count++];
}

static void add_table(struct import_map *map, const char *path)
{
    map->tables = xrealloc(map->tables, (map->table_count + 1) * sizeof(*map->tables));
    map->tables[map->table_count++] = xstrdup(path);
}

void import_add_change(struct import_plan *plan, const struct postconf_setting *setting,
                       const char *after)
{
    plan->change = xrealloc(plan->change, (plan->change_count + 1) * sizeof(*plan->change));
    plan->change[plan->change_count++] =
        (struct import_change){xstrdup(setting->service), xstrdup(setting->name),
                               xstrdup(setting->written), xstrdup(after)};
}

void import_add_stay(struct import_plan *plan, const struct postconf_setting *setting,
                     const char *reason, const char *advice)
{
    struct import_stay stay = {NULL, xstrdup(reason), xstrdup(advice)};

    stay.what = xasprintf("%s%s%s", setting->service, setting->service[0] != '\0' ? "/" : "",
                          setting->name);
    plan->stay = xrealloc(plan->stay, (plan->stay_count + 1) * sizeof(*plan->stay));
    plan->stay[plan->stay_count++] = stay;
}

/* --- one list ------------------------------------------------------------------------------- */

static bool same_map(const struct import_member *a, const struct import_member *b)
{
    return a->table != NULL && b->table != NULL && a->negated == b->negated;
}

/* Make maps of the list's runs of mysql: tables, and append the value that names them. */
static void make_maps(struct import_plan *plan, const struct postconf_setting *setting,
                      const struct import_list *list, bool by_hand, struct buffer *after)
{
    const struct lookup_use *use = lookup_use_of(setting->name);
    struct import_map *map = NULL;

    for (size_t i = 0; i < list->count; i++) {
        const struct import_member *member = &list->member[i];

        if (i > 0 && same_map(member, &list->member[i - 1])) {
            add_table(map, member->table);
            continue;
        }
        buffer_add_text(after, i > 0 ? ", " : "");
        if (member->table == NULL) {
            buffer_add_text(after, member->text);
            continue;
        }
        map = add_map(plan, setting, use);
        map->by_hand = by_hand;
        add_table(map, member->table);
        buffer_printf(after, "%s" IMPORT_SOCKETMAP "%s", member->negated ? "!" : "", map->name);
    }
}

static void plan_list(struct import_plan *plan, const struct postconf_setting *setting,
                      import_check *check)
{
    struct buffer after = BUFFER_EMPTY;
    struct import_list list;

    import_list_read(&list, setting->written, setting->expanded);
    if (!import_list_stays(plan, setting, &list, check)) {
        bool by_hand = !import_list_moves_alone(plan, setting, &list);

        make_maps(plan, setting, &list, by_hand, &after);
        if (by_hand)
            import_stay_by_hand(plan, setting, &list, buffer_text(&after));
        else
            import_add_change(plan, setting, buffer_text(&after));
    }
    import_list_free(&list);
    buffer_free(&after);
}

/* --- one parameter -------------------------------------------------------------------------- */

static void plan_setting(struct import_plan *plan, const struct postconf_setting *setting,
                         import_check *check)
{
    if (!names_mysql_table(slice_of(setting->expanded)))
        return;
    switch (lookup_use_of(setting->name)->kind) {
    case LOOKUP_MAPS:
    case LOOKUP_LIST:
        plan_list(plan, setting, check);
        break;
    case LOOKUP_NOTHING:
        break;
    case LOOKUP_BY_VIRTUAL:
    case LOOKUP_BY_LOCAL:
    case LOOKUP_RESTRICTIONS:
    case LOOKUP_UNKNOWN:
        import_stay_by_kind(plan, setting);
        break;
    }
}

struct import_plan *import_plan_new(const struct postconf *postconf, import_check *check)
{
    struct import_plan *plan = xcalloc(1, sizeof(*plan));

    plan->postconf = postconf;
    for (size_t i = 0; i < postconf_count(postconf); i++)
        plan_setting(plan, postconf_setting(postconf, i), check);
    import_pin_references(plan);
    import_pin_proxied(plan);
    return plan;
}

void import_plan_free(struct import_plan *plan)
{
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
