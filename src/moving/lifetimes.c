/* lifetimes - see the header. What is told, and for how long, is in docs/mirror.md. */
#include "lifetimes.h"

#include "eligible.h"
#include "network.h"
#include "sample.h"

static bool is_nearby(const struct db_params *db)
{
    for (size_t i = 0; i < db->host_count; i++)
        if (!db->hosts[i].is_unix && !network_is_loopback(db->hosts[i].name))
            return false;
    return true;
}

static bool all_are_nearby(char *const *tables, size_t count)
{
    bool nearby = true;

    for (size_t t = 0; nearby && t < count; t++) {
        struct config *config = sample_config(tables[t]);

        nearby = config != NULL && is_nearby(&config->tables[0]->db);
        config_unref(config);
    }
    return nearby;
}

bool lifetimes_nearby(const struct import_plan *plan)
{
    for (size_t i = 0; i < plan->map_count; i++)
        if (!all_are_nearby(plan->map[i].tables, plan->map[i].table_count))
            return false;
    for (size_t i = 0; i < plan->locals_count; i++)
        if (!all_are_nearby(plan->locals[i].tables, plan->locals[i].table_count))
            return false;
    return true;
}

/* Whether a mirror ends a "not found" as soon as there is something. */
static bool can_be_mirrored(const char *path)
{
    struct config *config = sample_config(path);
    struct buffer reason = BUFFER_EMPTY;
    struct turned turned = {.keys = 0};
    bool can = config != NULL && eligible_check(config->tables[0], &turned, &reason);

    turned_free(&turned);
    buffer_free(&reason);
    config_unref(config);
    return can;
}

void lifetimes_write_table(const struct import_map *map, const char *path, struct buffer *out)
{
    if (map->is_access || parameters_refuse(map->parameter) || !can_be_mirrored(path))
        return;
    buffer_add_text(
        out, "# Most addresses are not in it, and nobody is refused for that: so it is told for "
             "long while the\n# database is away. Until then the mirror sees what is new.\n"
             "negative_ttl = 1d\n");
}

void lifetimes_write_cache(bool nearby, struct buffer *out, struct buffer *notes)
{
    buffer_add_text(out,
                    "\n[cache]\n"
                    "# What is known survives a restart, also one while the database is away.\n"
                    "state_file = /var/lib/vmapd/cache\n"
                    "# Tables are held whole, and looked at each second.\n"
                    "mirror = yes\n");
    if (nearby) {
        buffer_add_text(out,
                        "# The database is on this machine: while it is away nobody can add an "
                        "address, so who is not in\n# a table is still known not to be. Delete "
                        "this if others write to it then (127.0.0.1 is a\n# tunnel or a proxy).\n"
                        "mirror_expire = 1d\n");
        buffer_add_text(notes,
                        "The database is on this machine, so while it is away \"not found\" is "
                        "told, too (mirror_expire).\n");
    } else {
        buffer_add_text(notes,
                        "The database is not on this machine, so while it is away \"not found\" "
                        "is told for negative_ttl only, and then mail for catch-alls waits; "
                        "mirror_expire in vmapd.conf(5) tells when that may be otherwise.\n");
    }
}
