/*
 * json - statistics for scripts. The latencies come as quantiles since the start, and as the
 * buckets that are not empty, so that a poller can tell the quantiles of what came between two polls.
 */
#include "report.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contents.h"
#include "figures.h"
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

/* The object of that name in root, made when it is asked for first. */
static json_t *member(json_t *root, const char *name)
{
    json_t *object = json_object_get(root, name);

    if (object == NULL) {
        object = json_object();
        set(root, name, object);
    }
    return object;
}

/* "cache.hits" is the member hits of the object cache. */
static void set_path(json_t *root, const char *path, uint64_t number)
{
    const char *dot = strchr(path, '.');
    char name[32];

    if (dot == NULL) {
        set_number(root, path, number);
        return;
    }
    snprintf(name, sizeof(name), "%.*s", (int)(dot - path), path);
    set_number(member(root, name), dot + 1, number);
}

static void set_figures(json_t *object, const struct report *report, enum figure_owner owner,
                        size_t index)
{
    struct figure_item item;
    size_t count;
    const struct figure *figures = figure_table(&count);

    figure_item(report, owner, index, &item);
    for (size_t i = 0; i < count; i++)
        if (figures[i].owner == owner && figures[i].path != NULL)
            set_path(object, figures[i].path, figure_value(&figures[i], report, &item));
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
        set_figures(object, report, FIGURE_OF_HOST, i);
        append(array, object);
    }
    return array;
}

static json_t *maps(const struct report *report)
{
    json_t *all = json_object();

    for (size_t i = 0; i < report->map_count; i++) {
        json_t *object = json_object();

        set_figures(object, report, FIGURE_OF_MAP, i);
        set(all, report->maps[i].name, object);
    }
    return all;
}

static json_t *mirrors(const struct report *report)
{
    json_t *all = json_object();

    for (size_t i = 0; i < report->mirror_count; i++) {
        const struct report_mirror *mirror = &report->mirrors[i];
        json_t *object = json_object();
        json_t *stream = member(object, "stream");

        set(object, "state", json_string(report_mirror_state_name(mirror->status.state)));
        set(object, "reason", json_string(mirror->reason));
        set(stream, "state", json_string(report_stream_state_name(mirror->status.stream.state)));
        set(stream, "reason", json_string(mirror->stream_reason));
        set_figures(object, report, FIGURE_OF_MIRROR, i);
        set(all, mirror->name, object);
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
    set_figures(root, report, FIGURE_OF_PROCESS, 0);
    set(root, "hosts", hosts(report));
    set(root, "maps", maps(report));
    set(root, "mirrors", mirrors(report));
    set(root, "latency_us", latencies());
    text = json_dumps(root, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(root);
    if (text == NULL)
        log_fatal("out of memory: cannot make the statistics");
    buffer_add_text(out, text);
    buffer_add_char(out, '\n');
    free(text);
}
