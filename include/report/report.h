/*
 * report - the statistics as a person, a script or Prometheus wants them. report_take() collects
 * what is known at one moment (beside the counters in stats.h, which are read as they are); the
 * three renderers turn it into text. Names of JSON members and metrics stay once released.
 */
#ifndef VMAPD_REPORT_REPORT_H
#define VMAPD_REPORT_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "cache.h"
#include "lookup.h"
#include "pool.h"
#include "stats.h"

/*
 * A database host. Several pools can use the same one; they are told as one, by its name. It is down
 * as soon as one of its pools cannot use it (another may have other credentials, but somebody should
 * look), up if one can and none cannot, untried otherwise.
 */
struct report_host {
    char *name;
    char *last_error; /* "" = none */
    enum host_state state;
    unsigned connections;
};

struct report_map {
    char *name;
    const struct map_stats *counters;
};

/* All text in it is valid UTF-8 without control characters: what was not is shown as '?'. */
struct report {
    uint64_t uptime_ms;
    uint64_t uptime_seconds;
    size_t lookups_pending;
    struct cache_counts cache;
    uint64_t positive_entries;   /* of the cache */
    struct pool_counts database; /* of all pools together */
    struct report_host *hosts;
    size_t host_count;
    struct report_map *maps;
    size_t map_count;
};

void report_take(struct report *report, const struct lookup_service *service, uint64_t now_ms);
void report_free(struct report *report);

/* Append. */
void report_text(const struct report *report, struct buffer *out);       /* for 80 columns */
void report_json(const struct report *report, struct buffer *out);       /* one line */
void report_prometheus(const struct report *report, struct buffer *out); /* its text format 0.0.4 */

/* A word that the renderers share: "untried", "up", "down". */
const char *report_host_state_name(enum host_state state);

#endif
