/* stats - see the header. */
#include "stats.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "xmalloc.h"

struct stats stats;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct map_stats *)a)->name, ((const struct map_stats *)b)->name);
}

static struct map_stats *add_map(const char *name)
{
    struct map_stats *map = xcalloc(1, sizeof(*map));

    map->name = xstrdup(name);
    if (stats.last_map != NULL)
        stats.last_map->next = map;
    else
        stats.maps = map;
    stats.last_map = map;
    if (tsearch(map, &stats.maps_by_name, by_name) == NULL)
        log_fatal("out of memory: cannot make the statistics");
    return map;
}

struct map_stats *stats_map(const char *name)
{
    const struct map_stats wanted = {.name = (char *)(size_t)name}; /* is only looked at */
    struct map_stats *const *found = tfind(&wanted, &stats.maps_by_name, by_name);

    return found != NULL ? *found : add_map(name);
}

static void leave(void *map)
{
    (void)map; /* it goes with the list */
}

void stats_free(void)
{
    tdestroy(stats.maps_by_name, leave);
    stats.maps_by_name = NULL;
    stats.last_map = NULL;
    while (stats.maps != NULL) {
        struct map_stats *map = stats.maps;

        stats.maps = map->next;
        free(map->name);
        free(map);
    }
}
