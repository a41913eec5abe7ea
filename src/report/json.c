/*
 * json - statistics for scripts. The latencies come as quantiles since the start, and as the
 * buckets that are not empty, so that a poller can tell the quantiles of what came between two polls.
 */
#include "report.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

#include "log.h"
#include "version.h"

/* The two places that add; jansson fails only without memory, as the text in a report is clean. */
static void set(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        log_fatal("out of memory: cannot make the statistics");
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        log_fatal("out of memory: cannot make the statistics");
}

static void set_number(json_t *object, const char *name, uint64_t number)
{
    set(object, name, json_integer((json_int_t)number));
}

static void set_outcomes(json_t *object, const uint64_t *replies)
{
    for (enum outcome outcome = OUTCOME_OK; outcome < OUTCOME_COUNT; outcome++)
        set_number(object, report_outcome_name(outcome), replies[outcome]);
}

static json_t *replies(void)
{
    json_t *object = json_object();

    set_outcomes(object, stats.replies);
    return object;
}

static json_t *cache(const struct cache_counts *counts)
{
    json_t *object = json_object();

    set_number(object, "hits", stats.cache.hits);
    set_number(object, "negative_hits", stats.cache.negative_hits);
    set_number(object, "misses", stats.cache.misses);
    set_number(object, "stale_served", stats.cache.stale_served);
    set_number(object, "coalesced", stats.cache.coalesced);
    set_number(object, "prefetches", stats.cache.prefetches);
    set_number(object, "evictions", counts->evictions);
    set_number(object, "entries", counts->entries);
    set_number(object, "negative_entries", counts->negative_entries);
    set_number(object, "bytes", counts->bytes);
    set_number(object, "max_bytes", counts->max_bytes);
    return object;
}

static json_t *clients(void)
{
    json_t *object = json_object();

    set_number(object, "current", stats.clients.current);
    set_number(object, "accepted", stats.clients.accepted);
    set_number(object, "rejected", stats.clients.rejected);
    return object;
}

static json_t *database(const struct pool_counts *counts)
{
    json_t *object = json_object();

    set_number(object, "connections", counts->connections);
    set_number(object, "busy", counts->busy);
    set_number(object, "waiting", counts->waiting);
    set_number(object, "queries", stats.database.queries);
    set_number(object, "errors", stats.database.errors);
    set_number(object, "timeouts", stats.database.timeouts);
    set_number(object, "reconnects", stats.database.reconnects);
    return object;
}

static json_t *hosts(const struct report *report)
{
    json_t *array = json_array();

    for (size_t i = 0; i < report->host_count; i++) {
        const struct report_host *host = &report->hosts[i];
        json_t *object = json_object();

        set(object, "name", json_string(host->name));
        set(object, "state", json_string(report_host_state_name(host->state)));
        set(object, "last_error", json_string(host->last_error));
        set_number(object, "connections", host->connections);
        append(array, object);
    }
    return array;
}

static json_t *maps(const struct report *report)
{
    json_t *all = json_object();

    for (size_t i = 0; i < report->map_count; i++) {
        const struct map_stats *counters = report->maps[i].counters;
        json_t *object = json_object();

        set_number(object, "lookups", counters->lookups);
        set_outcomes(object, counters->replies);
        set_number(object, "cache_hits", counters->cache_hits);
        set_number(object, "stale_served", counters->stale_served);
        set(all, report->maps[i].name, object);
    }
    return all;
}

static json_t *latency(const struct histogram *histogram)
{
    json_t *object = json_object();
    json_t *buckets = json_array();

    set_number(object, "count", histogram->count);
    set_number(object, "sum", histogram->sum_us);
    set_number(object, "p50", histogram_quantile(histogram, 0.5));
    set_number(object, "p99", histogram_quantile(histogram, 0.99));
    set_number(object, "p999", histogram_quantile(histogram, 0.999));
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        if (histogram->bucket[i] != 0)
            append(buckets, json_pack("[I, I]", (json_int_t)histogram_bucket_middle(i),
                                      (json_int_t)histogram->bucket[i]));
    set(object, "buckets", buckets);
    return object;
}

static json_t *latencies(void)
{
    json_t *object = json_object();

    set(object, "hit", latency(&stats.hit_us));
    set(object, "miss", latency(&stats.miss_us));
    return object;
}

void report_json(const struct report *report, struct buffer *out)
{
    json_t *root = json_object();
    char *text;

    set(root, "version", json_string(VMAPD_VERSION));
    set_number(root, "uptime_seconds", report->uptime_ms / 1000);
    set_number(root, "lookups", stats.lookups);
    set_number(root, "lookups_pending", report->lookups_pending);
    set(root, "replies", replies());
    set(root, "cache", cache(&report->cache));
    set(root, "clients", clients());
    set(root, "database", database(&report->database));
    set(root, "hosts", hosts(report));
    set(root, "maps", maps(report));
    set(root, "latency_us", latencies());
    set_number(root, "loop_stall_max_us", stats.loop_stall_max_us);
    text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(root);
    if (text == NULL)
        log_fatal("out of memory: cannot make the statistics");
    buffer_add_text(out, text);
    buffer_add_char(out, '\n');
    free(text);
}
