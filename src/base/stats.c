/* stats - see the header. */
#include "stats.h"

#include <stdlib.h>
#include <string.h>

#include "xmalloc.h"

struct stats stats;

struct map_stats *stats_map(const char *name)
{
    struct map_stats **link = &stats.maps;

    while (*link != NULL && strcmp((*link)->name, name) != 0)
        link = &(*link)->next;
    if (*link == NULL) {
        *link = xcalloc(1, sizeof(**link));
        (*link)->name = xstrdup(name);
    }
    return *link;
}

void stats_free(void)
{
    while (stats.maps != NULL) {
        struct map_stats *map = stats.maps;

        stats.maps = map->next;
        free(map->name);
        free(map);
    }
}
