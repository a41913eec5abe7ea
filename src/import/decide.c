/*
 * decide - for each parameter with mysql: tables, whether it can move; see the header. What keeps one
 * from moving: stay.c; what must not move along with others: pin.c.
 */
#include "decide.h"

#include "command.h"
#include "list.h"
#include "parameters.h"
#include "pin.h"
#include "stay.h"
#include "table_list.h"

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
    if (!names_mysql_table(slice_of(setting->expanded)))
        return;
    switch (parameters_find(setting->name)->kind) {
    case PARAMETER_MAPS:
    case PARAMETER_LIST:
        plan_list(plan, setting, check);
        break;
    case PARAMETER_NOTHING:
        break;
    case PARAMETER_BY_VIRTUAL:
    case PARAMETER_BY_LOCAL:
    case PARAMETER_RESTRICTIONS:
    case PARAMETER_UNKNOWN:
        import_stay_by_kind(plan, setting);
        break;
    }
}

struct import_plan *import_decide(const struct postconf *postconf, import_check *check)
{
    struct import_plan *plan = import_plan_new(postconf);

    for (size_t i = 0; i < postconf_count(postconf); i++)
        plan_setting(plan, postconf_setting(postconf, i), check);
    import_pin_references(plan);
    import_pin_proxied(plan);
    return plan;
}
