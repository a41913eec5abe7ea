/*
 * text - statistics for a person at a terminal of 80 columns. The counters stand in two
 * columns side by side, each written on its own and then pasted together.
 */
#include "report.h"

#include <stdio.h>

#include "columns.h"
#include "human.h"
#include "version.h"

#define COLUMN_WIDTH 40

static const char *const outcome_labels[OUTCOME_COUNT] = {
    [OUTCOME_OK] = "ok",           [OUTCOME_NOTFOUND] = "not found", [OUTCOME_TEMP] = "temporary",
    [OUTCOME_TIMEOUT] = "timeout", [OUTCOME_PERM] = "permanent",
};

static void add_row(struct buffer *out, const char *label, const char *number, const char *note)
{
    buffer_printf(out, "%-14s %10s%s%s\n", label, number, note[0] != '\0' ? "  " : "", note);
}

static void add_count(struct buffer *out, const char *label, uint64_t count)
{
    add_row(out, label, human_count(count).text, "");
}

static double per_second(uint64_t count, uint64_t uptime_ms)
{
    return (double)count * 1000 / (double)(uptime_ms != 0 ? uptime_ms : 1);
}

static void add_count_rate(struct buffer *out, const char *label, uint64_t count,
                           uint64_t uptime_ms)
{
    struct human rate = human_rate(per_second(count, uptime_ms));
    char note[sizeof(rate.text) + 2];

    snprintf(note, sizeof(note), "%s/s", rate.text);
    add_row(out, label, human_count(count).text, note);
}

static void add_lookups(struct buffer *out, const struct report *report)
{
    uint64_t all = 0;

    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        all += stats.replies[i];
    add_count_rate(out, "LOOKUPS", stats.lookups, report->uptime_ms);
    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        add_row(out, outcome_labels[i], human_count(stats.replies[i]).text,
                human_share(stats.replies[i], all).text);
    add_count(out, "in progress", report->lookups_pending);
}

static void add_latency(struct buffer *out, const char *label, const struct histogram *histogram)
{
    buffer_printf(out, "%-6s %9s %9s %9s\n", label,
                  human_us(histogram_quantile(histogram, 0.5)).text,
                  human_us(histogram_quantile(histogram, 0.99)).text,
                  human_us(histogram_quantile(histogram, 0.999)).text);
}

static void add_left(struct buffer *out, const struct report *report)
{
    add_lookups(out, report);
    buffer_printf(out, "\n%-6s %9s %9s %9s\n", "TIME", "median", "p99", "p99.9");
    add_latency(out, "hit", &stats.hit_us);
    add_latency(out, "miss", &stats.miss_us);
    buffer_printf(out, "longest stall of the event loop %s\n",
                  human_us(stats.loop_stall_max_us).text);
    buffer_printf(out, "\nCLIENTS\n");
    add_count(out, "connected", stats.clients.current);
    add_count(out, "accepted", stats.clients.accepted);
    add_count(out, "rejected", stats.clients.rejected);
}

static void add_cache(struct buffer *out, const struct cache_counts *counts)
{
    uint64_t hits = stats.cache.hits + stats.cache.negative_hits;
    char note[64];

    add_row(out, "CACHE", human_share(hits, hits + stats.cache.misses).text, "hit");
    add_count(out, "hits", stats.cache.hits);
    add_count(out, "negative hits", stats.cache.negative_hits);
    add_count(out, "misses", stats.cache.misses);
    add_count(out, "stale served", stats.cache.stale_served);
    add_count(out, "coalesced", stats.cache.coalesced);
    add_count(out, "prefetches", stats.cache.prefetches);
    add_count(out, "evictions", counts->evictions);
    snprintf(note, sizeof(note), "%s neg.", human_count(counts->negative_entries).text);
    add_row(out, "entries", human_count(counts->entries).text, note);
    snprintf(note, sizeof(note), "of %s", human_bytes(counts->max_bytes).text);
    add_row(out, "memory", human_bytes(counts->bytes).text, note);
}

static void add_right(struct buffer *out, const struct report *report)
{
    char note[64];

    add_cache(out, &report->cache);
    buffer_printf(out, "\nDATABASE\n");
    snprintf(note, sizeof(note), "%u busy", report->database.busy);
    add_row(out, "connections", human_count(report->database.connections).text, note);
    add_count(out, "waiting", report->database.waiting);
    add_count_rate(out, "queries", stats.database.queries, report->uptime_ms);
    add_count(out, "errors", stats.database.errors);
    add_count(out, "timeouts", stats.database.timeouts);
    add_count(out, "reconnects", stats.database.reconnects);
}

/* An error message gets a line of its own: it is long, and who looks here wants all of it. */
static void add_hosts(struct buffer *out, const struct report *report)
{
    buffer_printf(out, "\n%-54s %-8s %11s\n", "HOST", "STATE", "CONNECTIONS");
    for (size_t i = 0; i < report->host_count; i++) {
        const struct report_host *host = &report->hosts[i];

        buffer_printf(out, "%-54s %-8s %11u\n", host->name, report_host_state_name(host->state),
                      host->connections);
        if (host->last_error[0] != '\0')
            buffer_printf(out, "    last error: %s\n", host->last_error);
    }
}

static void add_maps(struct buffer *out, const struct report *report)
{
    buffer_printf(out, "\n%-17s %10s %7s %10s %10s %7s %8s\n", "MAP", "LOOKUPS", "PER S", "OK",
                  "NOT FOUND", "FAILED", "CACHED");
    for (size_t i = 0; i < report->map_count; i++) {
        const struct map_stats *map = report->maps[i].counters;
        uint64_t failed =
            map->replies[OUTCOME_TEMP] + map->replies[OUTCOME_TIMEOUT] + map->replies[OUTCOME_PERM];

        buffer_printf(out, "%-17s %10s %7s %10s %10s %7s %8s\n", report->maps[i].name,
                      human_count(map->lookups).text,
                      human_rate(per_second(map->lookups, report->uptime_ms)).text,
                      human_count(map->replies[OUTCOME_OK]).text,
                      human_count(map->replies[OUTCOME_NOTFOUND]).text, human_count(failed).text,
                      human_share(map->cache_hits, map->lookups).text);
    }
}

void report_text(const struct report *report, struct buffer *out)
{
    struct buffer left = BUFFER_EMPTY;
    struct buffer right = BUFFER_EMPTY;

    buffer_printf(out, "vmapd %s, up %s, %s lookups\n\n", VMAPD_VERSION,
                  human_seconds(report->uptime_ms / 1000).text, human_count(stats.lookups).text);
    add_left(&left, report);
    add_right(&right, report);
    columns_paste(buffer_slice(&left), buffer_slice(&right), COLUMN_WIDTH, out);
    add_hosts(out, report);
    add_maps(out, report);
    buffer_free(&left);
    buffer_free(&right);
}
