/*
 * config - vmapd.conf and the mysql_table(5) files that it names, checked and ready for use. A
 * config never changes once it is loaded; a reload loads another one. Counted references, because
 * lookups in flight keep the definitions that they began with.
 *
 * Times are milliseconds, sizes bytes. Every parameter is one row of the table in options.c: name,
 * sections, type, default, range, what a change means at a reload, where it is stored.
 */
#ifndef VMAPD_CONFIG_CONFIG_H
#define VMAPD_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "map_def.h"
#include "server_options.h"
#include "table_def.h"

struct cache_options {
    size_t max_size;
    uint64_t ttl_ms;
    uint64_t negative_ttl_ms;
    uint64_t stale_ttl_ms;
    uint64_t stale_answer_timeout_ms;
    char *state_file; /* "" = none */
    uint64_t state_interval_ms;
};

struct config {
    char *path;
    struct server_options server;
    struct cache_options cache;
    struct map_def **maps;
    size_t map_count;
    struct table_def **tables;
    size_t table_count;   /* those that a map uses; each once */
    uint64_t fingerprint; /* of the text (not comments, nor passwords) and the tables */

    /* Private. */
    unsigned references;
    struct map_def **by_name; /* the maps in the order of their names */
    char **fixed;             /* the values of the parameters that need a restart */
};

#define CONFIG_DEFAULT_PATH "/etc/vmapd/vmapd.conf"

/* NULL: "FILE:LINE: message" was appended to error. The caller holds the one reference. */
struct config *config_load(const char *path, struct buffer *error);

/* The same for a text; name is what messages call it. */
struct config *config_parse(const char *name, struct slice text, struct buffer *error);

struct config *config_ref(struct config *config);
void config_unref(struct config *config);

/*
 * Append the names of the parameters (", " between them) that differ between the two and that a
 * reload cannot change. False: there are none.
 */
bool config_needs_restart(const struct config *old, const struct config *new, struct buffer *names);

/* Append the settings in effect that matter most, for people: one line, without secrets. */
void config_describe(const struct config *config, struct buffer *out);

/* NULL if there is no such map. */
const struct map_def *config_map(const struct config *config, struct slice name);

#endif
