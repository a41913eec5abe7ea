/*
 * prometheus - statistics in Prometheus' text exposition format. Each metric is announced
 * once with HELP and TYPE, then follow its samples. Base units: seconds and bytes.
 */
#include "report.h"

#include <string.h>

#include "contents.h"
#include "figures.h"
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

/* A label, its value quoted. */
static void add_label(struct buffer *out, const char *label, const char *value)
{
    buffer_printf(out, "%s=\"", label);
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            buffer_add_char(out, '\\');
        if (*value == '\n')
            buffer_add_text(out, "\\n");
        else
            buffer_add_char(out, *value);
    }
    buffer_add_char(out, '"');
}

static void add_labels(struct buffer *out, const struct figure_item *item, const char *labels)
{
    if (item->label == NULL && labels[0] == '\0')
        return;
    buffer_add_char(out, '{');
    if (item->label != NULL)
        add_label(out, item->label, item->name);
    if (item->label != NULL && labels[0] != '\0')
        buffer_add_char(out, ',');
    buffer_printf(out, "%s}", labels);
}

static void add_value(struct buffer *out, enum figure_unit unit, uint64_t value)
{
    switch (unit) {
    case FIGURE_COUNT:
        buffer_printf(out, " %llu\n", (unsigned long long)value);
        break;
    case FIGURE_MS:
        buffer_printf(out, " %.3f\n", (double)value / 1e3);
        break;
    case FIGURE_US:
        buffer_printf(out, " %.6f\n", (double)value / 1e6);
        break;
    }
}

static void add_sample(struct buffer *out, const struct report *report, const struct figure *figure,
                       const struct figure_item *item)
{
    buffer_add_text(out, figure->metric);
    add_labels(out, item, figure->labels);
    add_value(out, figure->unit, figure_value(figure, report, item));
}

static const char *type_of(const char *metric)
{
    const char *total = strstr(metric, "_total");

    return total != NULL && total[strlen("_total")] == '\0' ? "counter" : "gauge";
}

/* A metric of so many rows, for each that has it. */
static void add_metric(struct buffer *out, const struct report *report,
                       const struct figure *figures, size_t rows)
{
    struct figure_item item;

    for (size_t i = 0; figure_item(report, figures->owner, i, &item); i++) {
        if (i == 0)
            announce(out, figures->metric, type_of(figures->metric), figures->help);
        for (size_t row = 0; row < rows; row++)
            add_sample(out, report, &figures[row], &item);
    }
}

/* How many rows from here on are of one metric. */
static size_t rows_of_metric(const struct figure *figures, size_t count)
{
    size_t rows = 1;

    while (rows < count && figures[rows].metric != NULL &&
           strcmp(figures[rows].metric, figures->metric) == 0)
        rows++;
    return rows;
}

static void add_figures(struct buffer *out, const struct report *report)
{
    size_t count;
    size_t rows;
    const struct figure *figures = figure_table(&count);

    for (size_t i = 0; i < count; i += rows) {
        rows = 1;
        if (figures[i].metric == NULL)
            continue;
        rows = rows_of_metric(&figures[i], count - i);
        add_metric(out, report, &figures[i], rows);
    }
}

static void add_host_states(struct buffer *out, const struct report *report)
{
    struct figure_item item;

    for (size_t i = 0; figure_item(report, FIGURE_OF_HOST, i, &item); i++) {
        if (i == 0)
            announce(out, "vmapd_database_host_state", "gauge",
                     "1 for the state that a database host is in, 0 for the others.");
        for (enum host_state state = HOST_UNTRIED; state <= HOST_DOWN; state++) {
            buffer_add_text(out, "vmapd_database_host_state{");
            add_label(out, item.label, item.name);
            buffer_printf(out, ",state=\"%s\"} %d\n", report_host_state_name(state),
                          report->hosts[i].state == state);
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
    announce(out, "vmapd_build_info", "gauge", "Always 1; the label tells the version.");
    buffer_add_text(out, "vmapd_build_info{version=\"" VMAPD_VERSION "\"} 1\n");
    add_figures(out, report);
    add_host_states(out, report);
    announce(out, "vmapd_lookup_duration_seconds", "histogram",
             "Time from a request to its reply, answered from the cache (hit) or not (miss).");
    add_histogram(out, "hit", &stats.hit_us);
    add_histogram(out, "miss", &stats.miss_us);
}
