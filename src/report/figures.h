/*
 * figures - the one table of what the reports tell in numbers. A row says everything about a figure:
 * its member in JSON, its metric for Prometheus, its label for people, and where it stands. The
 * renderers go through the rows, so that a figure is in all of them or in none.
 */
#ifndef VMAPD_REPORT_FIGURES_H
#define VMAPD_REPORT_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct report;

/* What has the figure: there is one of it for each. */
enum figure_owner { FIGURE_OF_PROCESS, FIGURE_OF_HOST, FIGURE_OF_MAP, FIGURE_OF_MIRROR };

/* The structure that it stands in. */
enum figure_place {
    FIGURE_IN_STATS,  /* the process-wide struct stats */
    FIGURE_IN_REPORT, /* struct report */
    FIGURE_IN_ITEM /* of a host: struct report_host; of a map: struct map_stats; of a mirror: struct report_mirror */
};

/* How it is kept. Prometheus has seconds; JSON has the number as it is. */
enum figure_unit { FIGURE_COUNT, FIGURE_MS, FIGURE_US };

struct figure {
    enum figure_owner owner;
    const char *path;   /* in JSON: "cache.hits"; of a host or map: its member. NULL: not there */
    const char *metric; /* for Prometheus; a counter if it ends with "_total". NULL: not there */
    const char *labels; /* beside those that name the owner: "kind=\"positive\"", or "" */
    const char *help;   /* the same for all rows of a metric, which stand together */
    const char *text;   /* the label where people read it; NULL: not there, or not as a plain row */
    enum figure_unit unit;
    enum figure_place place;
    size_t offset;
    size_t size;
};

const struct figure *figure_table(size_t *count);

/* A host or map, or the process (label and name NULL), as those of its figures are found. Borrowed. */
struct figure_item {
    const char *label; /* what Prometheus calls such a thing: "host", "map", "table" */
    const char *name;
    const void *at; /* for FIGURE_IN_ITEM */
};

/* The index-th of its owners; false: there are no more. */
bool figure_item(const struct report *report, enum figure_owner owner, size_t index,
                 struct figure_item *item);

uint64_t figure_value(const struct figure *figure, const struct report *report,
                      const struct figure_item *item);

#endif
