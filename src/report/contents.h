/* contents - what a report holds, for those who write it out. */
#ifndef VMAPD_REPORT_CONTENTS_H
#define VMAPD_REPORT_CONTENTS_H

#include <stddef.h>
#include <stdint.h>

#include "cache.h"
#include "mirror.h"
#include "pool.h"
#include "report.h"
#include "stats.h"

/*
 * A database host. Several pools can use the same one; they are told as one, by its name. It is down
 * as soon as one of its pools cannot use it (another may have other credentials, but somebody should
 * look), up if one can and none cannot, untried otherwise.
 */
struct report_host {
    char *name;
    char *last_error; /* "" = none */
    uint64_t last_error_age_seconds;
    enum host_state state;
    unsigned connections;
};

struct report_map {
    char *name;
    const struct map_stats *counters;
};

/* A table that is to be held whole. One for each table that a map uses and that says mirror = yes. */
struct report_mirror {
    char *name;
    char *reason; /* why it is not live, "" = nothing to say */
    struct mirror_status status;
    char *stream_reason;                       /* the same of its stream */
    uint64_t is_behind, is_off, has_no_stream; /* 0 or 1 */
};

/* All text in it is valid UTF-8 without control characters: what was not is shown as '?'. */
struct report {
    uint64_t uptime_ms;
    uint64_t uptime_seconds;
    size_t lookups_pending;
    struct cache_counts cache;
    uint64_t positive_entries;   /* of the cache */
    struct pool_counts database; /* of all pools together */
    bool has_database;           /* each pool can serve, as far as is known */
    uint64_t log_lost;           /* lines that nobody took */
    struct report_host *hosts;
    size_t host_count;
    struct report_map *maps;
    size_t map_count;
    struct report_mirror *mirrors;
    size_t mirror_count;
};

/* "untried", "up", "down". */
const char *report_host_state_name(enum host_state state);

/* "off", "loading", "live", "behind". */
const char *report_mirror_state_name(enum mirror_state state);

/* "off", "starting", "live", "behind". */
const char *report_stream_state_name(enum mirror_stream_state state);

#endif
