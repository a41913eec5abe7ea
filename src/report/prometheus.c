/*
 * prometheus - statistics in Prometheus' text exposition format. Each metric is announced
 * once with HELP and TYPE, then follow its samples. Base units: seconds and bytes.
 */
#include "report.h"

#include <stddef.h>

#include "version.h"

/*
 * Histogram bounds are powers of two microseconds, where counts of our own buckets are exact: from
 * 2 us (a cached answer takes a few) to 17 s (above lookup_timeout).
 */
#define FIRST_BOUND_BITS 1
#define LAST_BOUND_BITS  24

static void announce(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_sample(struct buffer *out, const char *name, uint64_t value)
{
    buffer_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void add_counter(struct buffer *out, const char *name, const char *help, uint64_t value)
{
    announce(out, name, "counter", help);
    add_sample(out, name, value);
}

static void add_gauge(struct buffer *out, const char *name, const char *help, uint64_t value)
{
    announce(out, name, "gauge", help);
    add_sample(out, name, value);
}

/* A label value, quoted. */
static void add_value(struct buffer *out, const char *text)
{
    buffer_add_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '"')
            buffer_add_char(out, '\\');
        if (*text == '\n')
            buffer_add_text(out, "\\n");
        else
            buffer_add_char(out, *text);
    }
    buffer_add_char(out, '"');
}

static void add_labelled(struct buffer *out, const char *name, const char *label,
                         const char *label_value, uint64_t value)
{
    buffer_printf(out, "%s{%s=", name, label);
    add_value(out, label_value);
    buffer_printf(out, "} %llu\n", (unsigned long long)value);
}

static void add_labelled_two(struct buffer *out, const char *name, const char *label,
                             const char *label_value, const char *second, const char *second_value,
                             uint64_t value)
{
    buffer_printf(out, "%s{%s=", name, label);
    add_value(out, label_value);
    buffer_printf(out, ",%s=", second);
    add_value(out, second_value);
    buffer_printf(out, "} %llu\n", (unsigned long long)value);
}

static void add_process(struct buffer *out, const struct report *report)
{
    announce(out, "vmapd_build_info", "gauge", "Always 1; the label tells the version.");
    add_labelled(out, "vmapd_build_info", "version", VMAPD_VERSION, 1);
    announce(out, "vmapd_uptime_seconds", "gauge", "Time since the start.");
    buffer_printf(out, "vmapd_uptime_seconds %.3f\n", (double)report->uptime_ms / 1e3);
    announce(out, "vmapd_event_loop_stall_max_seconds", "gauge",
             "The longest time that the event loop was away.");
    buffer_printf(out, "vmapd_event_loop_stall_max_seconds %.6f\n",
                  (double)stats.loop_stall_max_us / 1e6);
    add_gauge(out, "vmapd_clients", "Open client connections.", stats.clients.current);
    add_counter(out, "vmapd_clients_accepted_total", "Client connections accepted.",
                stats.clients.accepted);
    add_counter(out, "vmapd_clients_rejected_total", "Client connections closed at once.",
                stats.clients.rejected);
}

static void add_lookups(struct buffer *out, const struct report *report)
{
    add_counter(out, "vmapd_lookups_total", "Requests of clients.", stats.lookups);
    announce(out, "vmapd_replies_total", "counter", "Replies by outcome.");
    for (enum outcome i = OUTCOME_OK; i < OUTCOME_COUNT; i++)
        add_labelled(out, "vmapd_replies_total", "outcome", report_outcome_name(i),
                     stats.replies[i]);
    add_gauge(out, "vmapd_lookups_pending", "Lookups that wait for the database.",
              report->lookups_pending);
}

static void add_cache(struct buffer *out, const struct cache_counts *counts)
{
    announce(out, "vmapd_cache_hits_total", "counter", "Keys of a table found fresh in the cache.");
    add_labelled(out, "vmapd_cache_hits_total", "kind", "positive", stats.cache.hits);
    add_labelled(out, "vmapd_cache_hits_total", "kind", "negative", stats.cache.negative_hits);
    add_counter(out, "vmapd_cache_misses_total", "Keys of a table not fresh in the cache.",
                stats.cache.misses);
    add_counter(out, "vmapd_cache_stale_served_total",
                "Expired values answered because the database could not.",
                stats.cache.stale_served);
    add_counter(out, "vmapd_cache_coalesced_total", "Waits that joined a query in flight.",
                stats.cache.coalesced);
    add_counter(out, "vmapd_cache_prefetches_total", "Refreshes ahead of expiry.",
                stats.cache.prefetches);
    add_counter(out, "vmapd_cache_evictions_total", "Entries removed to make room.",
                counts->evictions);
    announce(out, "vmapd_cache_entries", "gauge", "Entries by kind.");
    add_labelled(out, "vmapd_cache_entries", "kind", "positive",
                 counts->entries - counts->negative_entries);
    add_labelled(out, "vmapd_cache_entries", "kind", "negative", counts->negative_entries);
    add_gauge(out, "vmapd_cache_bytes", "Memory of the cache in use.", counts->bytes);
    add_gauge(out, "vmapd_cache_max_bytes", "Memory that the cache may use.", counts->max_bytes);
}

static void add_database(struct buffer *out, const struct pool_counts *counts)
{
    add_gauge(out, "vmapd_database_connections", "Connections open or being opened.",
              counts->connections);
    add_gauge(out, "vmapd_database_connections_busy", "Connections with a query in flight.",
              counts->busy);
    add_gauge(out, "vmapd_database_queries_waiting", "Queries that wait for a connection.",
              counts->waiting);
    add_counter(out, "vmapd_database_queries_total", "Queries sent.", stats.database.queries);
    add_counter(out, "vmapd_database_errors_total", "Queries and connections that failed.",
                stats.database.errors);
    add_counter(out, "vmapd_database_timeouts_total", "Queries and connections that timed out.",
                stats.database.timeouts);
    add_counter(out, "vmapd_database_reconnects_total", "Connections opened after one was lost.",
                stats.database.reconnects);
}

static void add_hosts(struct buffer *out, const struct report *report)
{
    if (report->host_count == 0)
        return;
    announce(out, "vmapd_database_host_state", "gauge",
             "1 for the state that a database host is in, 0 for the others.");
    for (size_t i = 0; i < report->host_count; i++)
        for (enum host_state state = HOST_UNTRIED; state <= HOST_DOWN; state++)
            add_labelled_two(out, "vmapd_database_host_state", "host", report->hosts[i].name,
                             "state", report_host_state_name(state),
                             report->hosts[i].state == state);
    announce(out, "vmapd_database_host_connections", "gauge", "Open connections to a host.");
    for (size_t i = 0; i < report->host_count; i++)
        add_labelled(out, "vmapd_database_host_connections", "host", report->hosts[i].name,
                     report->hosts[i].connections);
}

/* The counters of a map that need no label of their own. */
static const struct {
    const char *name;
    const char *help;
    size_t offset;
} map_counters[] = {
    {"vmapd_map_lookups_total", "Requests for a map.", offsetof(struct map_stats, lookups)},
    {"vmapd_map_cache_hits_total", "Requests for a map answered without waiting for the database.",
     offsetof(struct map_stats, cache_hits)},
    {"vmapd_map_stale_served_total", "Requests for a map answered with an expired value.",
     offsetof(struct map_stats, stale_served)},
};

static void add_map_replies(struct buffer *out, const struct report_map *map)
{
    for (enum outcome i = OUTCOME_OK; i < OUTCOME_COUNT; i++)
        add_labelled_two(out, "vmapd_map_replies_total", "map", map->name, "outcome",
                         report_outcome_name(i), map->counters->replies[i]);
}

static void add_maps(struct buffer *out, const struct report *report)
{
    if (report->map_count == 0)
        return;
    announce(out, "vmapd_map_replies_total", "counter", "Replies of a map by outcome.");
    for (size_t i = 0; i < report->map_count; i++)
        add_map_replies(out, &report->maps[i]);
    for (size_t m = 0; m < sizeof(map_counters) / sizeof(map_counters[0]); m++) {
        announce(out, map_counters[m].name, "counter", map_counters[m].help);
        for (size_t i = 0; i < report->map_count; i++) {
            const char *counters = (const char *)report->maps[i].counters;

            add_labelled(out, map_counters[m].name, "map", report->maps[i].name,
                         *(const uint64_t *)(const void *)(counters + map_counters[m].offset));
        }
    }
}

static void add_histogram(struct buffer *out, const char *path, const struct histogram *histogram)
{
    const char *name = "vmapd_lookup_duration_seconds";

    for (unsigned bits = FIRST_BOUND_BITS; bits <= LAST_BOUND_BITS; bits++) {
        uint64_t bound_us = (uint64_t)1 << bits;

        buffer_printf(out, "%s_bucket{path=\"%s\",le=\"%.6f\"} %llu\n", name, path,
                      (double)bound_us / 1e6,
                      (unsigned long long)histogram_at_most(histogram, bound_us - 1));
    }
    buffer_printf(out, "%s_bucket{path=\"%s\",le=\"+Inf\"} %llu\n", name, path,
                  (unsigned long long)histogram->count);
    buffer_printf(out, "%s_sum{path=\"%s\"} %.6f\n", name, path, (double)histogram->sum_us / 1e6);
    buffer_printf(out, "%s_count{path=\"%s\"} %llu\n", name, path,
                  (unsigned long long)histogram->count);
}

void report_prometheus(const struct report *report, struct buffer *out)
{
    add_process(out, report);
    add_lookups(out, report);
    add_cache(out, &report->cache);
    add_database(out, &report->database);
    add_hosts(out, report);
    add_maps(out, report);
    announce(out, "vmapd_lookup_duration_seconds", "histogram",
             "Time from a request to its reply, answered from the cache (hit) or not (miss).");
    add_histogram(out, "hit", &stats.hit_us);
    add_histogram(out, "miss", &stats.miss_us);
}
