/*
 * map_def - a name, how keys are searched in it, and its tables.
 */
#ifndef VMAPD_CONFIG_MAP_DEF_H
#define VMAPD_CONFIG_MAP_DEF_H

#include <stddef.h>

#include "search_keys.h"
#include "table_def.h"

struct map_def {
    char *name;
    struct search_rules rules; /* its strings are the two members that follow */
    char *recipient_delimiter;
    char **local_domains;
    struct table_def **local_tables; /* that say which domains are local, too; as tables below */
    size_t local_table_count;
    struct table_def **tables; /* in order; owned by the config, shared between maps */
    size_t table_count;        /* at least 1 */
};

#endif
