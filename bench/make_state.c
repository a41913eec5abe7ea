/*
 * make_state - a state file as vmapd leaves it behind, without the mail traffic of years: for one map
 * of a configuration, so many mailboxes that all are there.
 *
 *   make_state CONFIGURATION MAP TEMPLATE COUNT
 *
 * In TEMPLATE %s stands for 0, 1, ... COUNT - 1; the values are "1".
 */
#include <stdio.h>
#include <stdlib.h>

#include "cache.h"
#include "clock.h"
#include "config.h"
#include "load_keys.h"
#include "log.h"
#include "state.h"

static const struct table_def *find_table(const struct config *config, const char *map)
{
    for (size_t i = 0; i < config->map_count; i++)
        if (strcmp(config->maps[i]->name, map) == 0)
            return config->maps[i]->tables[0];
    log_fatal("there is no map %s", map);
}

int main(int argc, char **argv)
{
    struct buffer text = BUFFER_EMPTY;
    struct hash_secret secret = {{1, 2}};
    struct state_table table;
    struct state_clock clock;
    struct config *config;
    const struct table_def *def;
    struct cache *cache;

    log_open("make_state", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    if (argc != 5) {
        fputs("usage: make_state CONFIGURATION MAP TEMPLATE COUNT\n", stderr);
        return 2;
    }
    config = config_load(argv[1], &text);
    if (config == NULL)
        log_fatal("%s", buffer_text(&text));
    def = find_table(config, argv[2]);
    cache = cache_new(config->cache.max_size, &secret);
    table.table = cache_table_add(
        cache, &(struct cache_policy){def->ttl_ms, def->negative_ttl_ms, def->stale_ttl_ms});
    state_fingerprint(def, table.fingerprint);
    for (long i = 0; i < atol(argv[4]); i++) {
        char number[24];

        snprintf(number, sizeof(number), "%ld", i);
        buffer_clear(&text);
        load_keys_expand(&text, argv[3], number);
        cache_store(cache, table.table, buffer_slice(&text), slice_of("1"), clock_ms());
    }
    state_clock_read(&clock);
    if (!state_save(config->cache.state_file, cache, &table, 1, &clock, clock_ms()))
        return 1;
    cache_free(cache);
    config_unref(config);
    buffer_free(&text);
    return 0;
}
