/*
 * decide - for each parameter with mysql: tables, whether it can move; see the header. What keeps one
 * from moving: stay.c; what must not move along with others: pin.c.
 */
#include "decide.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "list.h"
#include "mydestination.h"
#include "overrides.h"
#include "parameters.h"
#include "pin.h"
#include "restrictions.h"
#include "stay.h"
#include "table_list.h"
#include "xmalloc.h"

/* --- one list ------------------------------------------------------------------------------- */

static bool same_map(const struct import_member *a, const struct import_member *b)
{
    return a->table != NULL && b->table != NULL && a->negated == b->negated;
}

/* Make maps of the list's runs of mysql: tables, and append the value that names them. */
static void make_maps(struct import_plan *plan, const struct postconf_setting *setting,
                      const struct import_list *list, bool by_hand, struct buffer *after)
{
    struct import_map *map = NULL;

    for (size_t i = 0; i < list->count; i++) {
        const struct import_member *member = &list->member[i];

        if (i > 0 && same_map(member, &list->member[i - 1])) {
            import_map_add_table(map, member->table);
            continue;
        }
        buffer_add_text(after, i > 0 ? ", " : "");
        if (member->table == NULL) {
            buffer_add_text(after, member->text);
            continue;
        }
        map = import_plan_add_map(plan, setting);
        map->by_hand = by_hand;
        import_map_add_table(map, member->table);
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
            import_plan_add_change(plan, setting, buffer_text(&after));
    }
    import_list_free(&list);
    buffer_free(&after);
}

/* --- one parameter -------------------------------------------------------------------------- */

static void plan_setting(struct import_plan *plan, const struct postconf_setting *setting,
                         import_check *check)
{
    import_stay_in_files(plan, setting);
    if (!names_mysql_table(slice_of(setting->expanded)))
        return;
    if (import_is_restrictions(plan->postconf, setting)) {
        import_plan_restrictions(plan, setting, check);
        return;
    }
    switch (parameters_find(setting->name)->kind) {
    case PARAMETER_MAPS:
    case PARAMETER_LIST:
        if (!import_stays_for_service(plan, setting))
            plan_list(plan, setting, check);
        break;
    case PARAMETER_NOTHING:
        break;
    case PARAMETER_BY_VIRTUAL:
    case PARAMETER_BY_LOCAL:
    case PARAMETER_BY_USERS:
    case PARAMETER_RESTRICTIONS:
    case PARAMETER_UNKNOWN:
        import_stay_by_kind(plan, setting);
        break;
    }
}

/* --- what is not set ------------------------------------------------------------------------ */

static bool is_changed(const struct import_plan *plan, const char *service, const char *parameter)
{
    for (size_t i = 0; i < plan->change_count; i++)
        if (strcmp(plan->change[i].service, service) == 0 &&
            strcmp(plan->change[i].parameter, parameter) == 0)
            return true;
    return false;
}

/* Whether the map of one parameter gives the answers of the other's, too. */
static bool is_asked_alike(const struct postconf *postconf, const struct parameter *a,
                           const struct parameter *b)
{
    const char *undotted = postconf_value(postconf, "parent_domain_matches_subdomains");

    if (a->search != b->search)
        return false;
    return a->parents == NULL ||
           table_list_has(undotted, a->parents) == table_list_has(undotted, b->parents);
}

/*
 * A parameter that is not set may have the tables of another by default, and ask them in another way:
 * relay_domains, of mydestination. When those move, it needs maps of its own.
 */
static void plan_default(struct import_plan *plan, const struct parameter *parameter,
                         import_check *check)
{
    struct postconf_setting setting;

    if (parameter->inherits == NULL || postconf_find(plan->postconf, "", parameter->name) != NULL ||
        !is_changed(plan, "", parameter->inherits) ||
        is_asked_alike(plan->postconf, parameter, parameters_find(parameter->inherits)))
        return;
    setting.service = xstrdup("");
    setting.name = xstrdup(parameter->name);
    setting.written = xstrdup(postconf_value(plan->postconf, parameter->name));
    setting.expanded = setting.written;
    plan_setting(plan, &setting, check);
    free(setting.service);
    free(setting.name);
    free(setting.written);
}

/* --- services with other values for a $name ------------------------------------------------- */

/* What a parameter of main.cf is made of. */
static const char *source_of(const struct import_plan *plan, const char *parameter, char **owned)
{
    const struct postconf_setting *set = postconf_find(plan->postconf, "", parameter);
    const char *inherits = parameters_find(parameter)->inherits;

    *owned = NULL;
    if (set != NULL)
        return set->written;
    *owned = inherits != NULL ? xasprintf("$%s", inherits) : xstrdup("");
    return *owned;
}

/*
 * main.cf's new value has in it what a $name stood for there. A service that has something else for that name is
 * given the parameter with this.
 */
static void plan_override(struct import_plan *plan, const char *service, const char *parameter,
                          import_check *check)
{
    struct buffer value = BUFFER_EMPTY;
    char *owned;
    const char *source = source_of(plan, parameter, &owned);

    if (import_takes_from_service(plan->postconf, service, source) &&
        import_expand_for_service(plan->postconf, service, source, &value)) {
        char *text = xstrdup(buffer_text(&value));
        struct postconf_setting setting = {xstrdup(service), xstrdup(parameter), text, text};

        plan_setting(plan, &setting, check);
        if (!is_changed(plan, service, parameter))
            import_plan_add_change(plan, &setting, text);
        free(setting.service);
        free(setting.name);
        free(text);
    }
    buffer_free(&value);
    free(owned);
}

static void plan_overrides(struct import_plan *plan, import_check *check)
{
    size_t changes = plan->change_count;

    for (size_t i = 0; i < changes; i++) {
        const struct postconf_setting *set =
            postconf_find(plan->postconf, "", plan->change[i].parameter);

        if (plan->change[i].service[0] != '\0' ||
            (set != NULL && import_is_restrictions(plan->postconf, set)))
            continue;
        for (size_t s = 0; s < postconf_count(plan->postconf); s++) {
            const char *service = postconf_setting(plan->postconf, s)->service;

            if (service[0] != '\0' && !is_changed(plan, service, plan->change[i].parameter) &&
                postconf_find(plan->postconf, service, plan->change[i].parameter) == NULL)
                plan_override(plan, service, plan->change[i].parameter, check);
        }
    }
}

/* --- services with rules of their own ------------------------------------------------------- */

static bool is_concerned(const struct postconf_setting *rule, const struct parameter *parameter)
{
    if (parameter->kind == PARAMETER_RESTRICTIONS)
        return parameters_concern_search(rule->name, SEARCH_ACCESS) ||
               parameters_concern_search(rule->name, SEARCH_CLIENT);
    return parameters_concern_search(rule->name, parameter->search);
}

/* Give the service maps with its own rules in the place of main.cf's; or what main.cf has until now. */
static void plan_service(struct import_plan *plan, const struct postconf_setting *rule,
                         const char *program, import_check *check)
{
    size_t changes = plan->change_count;

    for (size_t i = 0; i < changes; i++) {
        const char *name = plan->change[i].parameter;
        const struct parameter *parameter = parameters_find(name);
        const struct postconf_setting *set = postconf_find(plan->postconf, "", name);
        struct postconf_setting setting;

        if (plan->change[i].service[0] != '\0' || set == NULL ||
            !parameters_read_by(parameter, program) || !is_concerned(rule, parameter) ||
            postconf_find(plan->postconf, rule->service, name) != NULL ||
            is_changed(plan, rule->service, name))
            continue;
        setting = (struct postconf_setting){rule->service, set->name, set->written, set->expanded};
        plan_setting(plan, &setting, check);
        if (!is_changed(plan, rule->service, name))
            import_plan_add_change(plan, &setting, set->expanded);
    }
}

static void plan_services(struct import_plan *plan, import_check *check)
{
    for (size_t i = 0; i < postconf_count(plan->postconf); i++) {
        const struct postconf_setting *rule = postconf_setting(plan->postconf, i);
        const char *program = postconf_program(plan->postconf, rule->service);

        if (program != NULL)
            plan_service(plan, rule, program, check);
    }
}

struct import_plan *import_decide(const struct postconf *postconf, import_check *check)
{
    struct import_plan *plan = import_plan_new(postconf);

    import_find_locals(plan, check);
    for (size_t i = 0; i < postconf_count(postconf); i++)
        plan_setting(plan, postconf_setting(postconf, i), check);
    for (size_t i = 0; parameters_at(i) != NULL; i++)
        plan_default(plan, parameters_at(i), check);
    plan_overrides(plan, check);
    plan_services(plan, check);
    import_pin_references(plan);
    import_pin_proxied(plan);
    return plan;
}
