/* describe - the settings in effect that matter most, in one line; see config.h. */
#include "config.h"

#include <string.h>

#include "units.h"

static void add_setting(struct buffer *out, const char *name, uint64_t ms)
{
    buffer_printf(out, ", %s ", name);
    units_add_time(out, ms);
}

static bool has_host(const struct db_params *db, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(db->hosts[i].text, text) == 0)
            return true;
    return false;
}

/* Whether an earlier table, or this one before its host, has named that host. */
static bool is_told(const struct config *config, size_t table, size_t host)
{
    const char *text = config->tables[table]->db.hosts[host].text;

    for (size_t i = 0; i < table; i++)
        if (has_host(&config->tables[i]->db, text, config->tables[i]->db.host_count))
            return true;
    return has_host(&config->tables[table]->db, text, host);
}

static void add_hosts(const struct config *config, struct buffer *out)
{
    buffer_add_text(out, ", hosts");
    for (size_t i = 0; i < config->table_count; i++)
        for (size_t j = 0; j < config->tables[i]->db.host_count; j++)
            if (!is_told(config, i, j))
                buffer_printf(out, " %s", config->tables[i]->db.hosts[j].text);
}

void config_describe(const struct config *config, struct buffer *out)
{
    const struct cache_options *cache = &config->cache;

    buffer_add_text(out, "listen");
    for (size_t i = 0; i < config->server.listen_count; i++)
        buffer_printf(out, " %s", config->server.listen[i].text);
    buffer_printf(out, ", control %s", config->server.control.text);
    add_hosts(config, out);
    buffer_add_text(out, ", max_size ");
    units_add_size(out, cache->max_size);
    add_setting(out, "ttl", cache->ttl_ms);
    add_setting(out, "negative_ttl", cache->negative_ttl_ms);
    add_setting(out, "stale_ttl", cache->stale_ttl_ms);
    add_setting(out, "lookup_timeout", config->server.lookup_timeout_ms);
    buffer_printf(out, ", state_file %s",
                  cache->state_file[0] != '\0' ? cache->state_file : "none");
}
