/*
 * text - statistics for a person at a terminal of 80 columns. The counters stand in two
 * columns side by side, each written on its own and then pasted together.
 */
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "contents.h"
#include "figures.h"
#include "human.h"
#include "version.h"

#define COLUMN_WIDTH 40

/* Of the names of maps: room for those that most have; what fits beside the numbers. */
#define NAME_LEAST 17
#define NAME_MOST  22

#define HOST_WIDTH 54

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

/* Whether people see it as a row of the section, such as "cache"; "": of none. */
static bool is_row_of(const struct figure *figure, const char *section)
{
    size_t len = strlen(section);

    if (figure->owner != FIGURE_OF_PROCESS || figure->text == NULL)
        return false;
    if (len == 0)
        return strchr(figure->path, '.') == NULL;
    return strncmp(figure->path, section, len) == 0 && figure->path[len] == '.';
}

/* all: what each is told as a share of, or NULL. */
static void add_section(struct buffer *out, const struct report *report, const char *section,
                        const uint64_t *all)
{
    struct figure_item process;
    size_t count;
    const struct figure *figures = figure_table(&count);

    figure_item(report, FIGURE_OF_PROCESS, 0, &process);
    for (size_t i = 0; i < count; i++) {
        uint64_t value;

        if (!is_row_of(&figures[i], section))
            continue;
        value = figure_value(&figures[i], report, &process);
        add_row(out, figures[i].text, human_count(value).text,
                all != NULL ? human_share(value, *all).text : "");
    }
}

static void add_lookups(struct buffer *out, const struct report *report)
{
    uint64_t all = 0;

    for (unsigned i = 0; i < OUTCOME_COUNT; i++)
        all += stats.replies[i];
    add_count_rate(out, "LOOKUPS", stats.lookups, report->uptime_ms);
    add_section(out, report, "replies", &all);
    add_section(out, report, "", NULL);
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
    add_section(out, report, "clients", NULL);
}

static void add_cache(struct buffer *out, const struct report *report)
{
    const struct cache_counts *counts = &report->cache;
    uint64_t hits = stats.cache.hits + stats.cache.negative_hits;
    char note[64];

    add_row(out, "CACHE", human_share(hits, hits + stats.cache.misses).text, "hit");
    add_section(out, report, "cache", NULL);
    snprintf(note, sizeof(note), "%s neg.", human_count(counts->negative_entries).text);
    add_row(out, "entries", human_count(counts->entries).text, note);
    snprintf(note, sizeof(note), "of %s", human_bytes(counts->max_bytes).text);
    add_row(out, "memory", human_bytes(counts->bytes).text, note);
}

static void add_right(struct buffer *out, const struct report *report)
{
    char note[64];

    add_cache(out, report);
    buffer_printf(out, "\nDATABASE\n");
    snprintf(note, sizeof(note), "%u busy", report->database.busy);
    add_row(out, "connections", human_count(report->database.connections).text, note);
    add_count(out, "waiting", report->database.waiting);
    add_count_rate(out, "queries", stats.database.queries, report->uptime_ms);
    add_section(out, report, "database", NULL);
}

/* An error message gets a line of its own: it is long, and who looks here wants all of it. */
static void add_hosts(struct buffer *out, const struct report *report)
{
    buffer_printf(out, "\n%-*s %-8s %11s\n", HOST_WIDTH, "HOST", "STATE", "CONNECTIONS");
    for (size_t i = 0; i < report->host_count; i++) {
        const struct report_host *host = &report->hosts[i];

        columns_add(host->name, HOST_WIDTH, out);
        buffer_printf(out, " %-8s %11u\n", report_host_state_name(host->state), host->connections);
        if (host->last_error[0] != '\0')
            buffer_printf(out, "    last error, %s ago: %s\n",
                          human_seconds(host->last_error_age_seconds).text, host->last_error);
    }
}

static int name_width(const struct report *report)
{
    size_t width = NAME_LEAST;

    for (size_t i = 0; i < report->map_count; i++)
        if (columns_of(report->maps[i].name) > width)
            width = columns_of(report->maps[i].name);
    return (int)(width < NAME_MOST ? width : NAME_MOST);
}

static void add_maps(struct buffer *out, const struct report *report)
{
    int width = name_width(report);

    buffer_printf(out, "\n%-*s %10s %7s %10s %10s %7s %8s\n", width, "MAP", "LOOKUPS", "PER S",
                  "OK", "NOT FOUND", "FAILED", "CACHED");
    for (size_t i = 0; i < report->map_count; i++) {
        const struct map_stats *map = report->maps[i].counters;
        uint64_t failed =
            map->replies[OUTCOME_TEMP] + map->replies[OUTCOME_TIMEOUT] + map->replies[OUTCOME_PERM];

        columns_add(report->maps[i].name, (size_t)width, out);
        buffer_printf(out, " %10s %7s %10s %10s %7s %8s\n", human_count(map->lookups).text,
                      human_rate(per_second(map->lookups, report->uptime_ms)).text,
                      human_count(map->replies[OUTCOME_OK]).text,
                      human_count(map->replies[OUTCOME_NOTFOUND]).text, human_count(failed).text,
                      human_share(map->cache_hits, map->lookups).text);
    }
}

/* Why one is not live gets a line of its own. */
static void add_mirrors(struct buffer *out, const struct report *report)
{
    if (report->mirror_count != 0)
        buffer_printf(out, "\n%-30s %-8s %9s %9s %9s %9s\n", "MIRROR", "STATE", "ROWS", "MEMORY",
                      "AS OF", "READS");
    for (size_t i = 0; i < report->mirror_count; i++) {
        const struct report_mirror *mirror = &report->mirrors[i];
        const struct mirror_status *status = &mirror->status;

        buffer_printf(out, "%-30s %-8s %9s %9s %9s %9s\n", mirror->name,
                      report_mirror_state_name(status->state), human_count(status->rows).text,
                      human_bytes(status->bytes).text,
                      human_seconds(status->confirmed_age_ms / 1000).text,
                      human_count(status->reads).text);
        if (mirror->reason[0] != '\0')
            buffer_printf(out, "    %s\n", mirror->reason);
        if (status->has_stream)
            buffer_printf(out, "    stream %s%s%s\n",
                          report_stream_state_name(status->stream.state),
                          mirror->stream_reason[0] != '\0' ? ": " : "", mirror->stream_reason);
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
    add_mirrors(out, report);
    buffer_free(&left);
    buffer_free(&right);
}
