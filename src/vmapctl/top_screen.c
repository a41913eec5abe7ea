/*
 * top_screen - see the header. Numbers are found by their path of member names; a rate is the
 * difference of the two answers over the time between them.
 */
#include "top_screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "human.h"
#include "stats.h"
#include "xmalloc.h"

#define COLUMN_WIDTH 41

/* Of names: room for those that most have; for maps, what fits beside the numbers in 80 columns. */
#define HOST_LEAST 24
#define HOST_MOST  40
#define MAP_LEAST  20
#define MAP_MOST   30

#define MIRRORS_NAMED 3 /* of a state */
#define HOSTS_MOST    4

struct view {
    const json_t *before; /* NULL: everything began at 0 */
    const json_t *now;
    double seconds;
    struct buffer *out;
};

static const json_t *find(const json_t *object, const char *path)
{
    while (object != NULL && path[0] != '\0') {
        char name[64];
        size_t len = strcspn(path, ".");

        snprintf(name, sizeof(name), "%.*s", (int)len, path);
        object = json_object_get(object, name);
        path += path[len] == '.' ? len + 1 : len;
    }
    return object;
}

static uint64_t number(const json_t *object, const char *path)
{
    json_int_t value = json_integer_value(find(object, path));

    return value > 0 ? (uint64_t)value : 0;
}

/* How much a counter grew. One that shrank belongs to another vmapd. */
static uint64_t grown(const json_t *before, const json_t *now, const char *path)
{
    uint64_t old = number(before, path);
    uint64_t new = number(now, path);

    return new >= old ? new - old : new;
}

static double rate(const struct view *view, const char *path)
{
    return (double)grown(view->before, view->now, path) / view->seconds;
}

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));

    return value != NULL ? value : "";
}

/* --- the two columns ---------------------------------------------------------------------- */

static void add_row(struct buffer *out, const char *label, const char *now, const char *total)
{
    buffer_printf(out, "%-14s %10s %12s\n", label, now, total);
}

static void add_counter(const struct view *view, struct buffer *out, const char *label,
                        const char *path)
{
    add_row(out, label, human_rate(rate(view, path)).text,
            human_count(number(view->now, path)).text);
}

/* What one counter is among several: those between the samples, and all. */
static void add_failures(const struct view *view, struct buffer *out)
{
    static const char *const paths[] = {"replies.temp", "replies.timeout", "replies.perm"};
    double now = 0;
    uint64_t total = 0;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        now += rate(view, paths[i]);
        total += number(view->now, paths[i]);
    }
    add_row(out, "failed", human_rate(now).text, human_count(total).text);
}

/* The histogram that `stats --json` lists as pairs of a value and how often it was seen. */
static void read_histogram(const json_t *object, struct histogram *histogram)
{
    const json_t *buckets = find(object, "buckets");

    memset(histogram, 0, sizeof(*histogram));
    for (size_t i = 0; i < json_array_size(buckets); i++) {
        const json_t *pair = json_array_get(buckets, i);
        json_int_t us = json_integer_value(json_array_get(pair, 0));
        json_int_t count = json_integer_value(json_array_get(pair, 1));

        if (us >= 0 && count > 0) {
            histogram->bucket[histogram_bucket_of((uint64_t)us)] += (uint64_t)count;
            histogram->count += (uint64_t)count;
        }
    }
}

static void subtract(struct histogram *now, const struct histogram *before)
{
    now->count = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (now->bucket[i] >= before->bucket[i])
            now->bucket[i] -= before->bucket[i];
        now->count += now->bucket[i];
    }
}

static void add_latency(const struct view *view, struct buffer *out, const char *label,
                        const char *path)
{
    static const double shares[] = {0.5, 0.99, 0.999};
    struct histogram now;
    struct histogram before;

    read_histogram(find(view->now, path), &now);
    read_histogram(find(view->before, path), &before);
    subtract(&now, &before);
    buffer_printf(out, "%-6s", label);
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
        buffer_printf(out, " %9s",
                      now.count != 0 ? human_us(histogram_quantile(&now, shares[i])).text : "-");
    buffer_add_char(out, '\n');
}

static void add_left(const struct view *view, struct buffer *out)
{
    add_row(out, "LOOKUPS", "PER S", "TOTAL");
    add_counter(view, out, "all", "lookups");
    add_counter(view, out, "ok", "replies.ok");
    add_counter(view, out, "not found", "replies.notfound");
    add_failures(view, out);
    buffer_printf(out, "\n%-6s %9s %9s %9s\n", "TIME", "MEDIAN", "P99", "P99.9");
    add_latency(view, out, "hit", "latency_us.hit");
    add_latency(view, out, "miss", "latency_us.miss");
}

static void add_hit_ratio(const struct view *view, struct buffer *out)
{
    uint64_t hits = grown(view->before, view->now, "cache.hits") +
                    grown(view->before, view->now, "cache.negative_hits");
    uint64_t all = number(view->now, "cache.hits") + number(view->now, "cache.negative_hits");

    add_row(out, "hit ratio",
            human_share(hits, hits + grown(view->before, view->now, "cache.misses")).text,
            human_share(all, all + number(view->now, "cache.misses")).text);
}

static void add_right(const struct view *view, struct buffer *out)
{
    struct human most = human_bytes(number(view->now, "cache.max_bytes"));
    char of[sizeof(most.text) + 3];

    snprintf(of, sizeof(of), "of %s", most.text);
    add_row(out, "CACHE", "PER S", "TOTAL");
    add_counter(view, out, "hits", "cache.hits");
    add_counter(view, out, "negative hits", "cache.negative_hits");
    add_counter(view, out, "misses", "cache.misses");
    add_hit_ratio(view, out);
    add_counter(view, out, "stale served", "cache.stale_served");
    add_counter(view, out, "evictions", "cache.evictions");
    add_row(out, "entries", "", human_count(number(view->now, "cache.entries")).text);
    add_row(out, "memory", human_bytes(number(view->now, "cache.bytes")).text, of);
}

/* --- lines of the whole width --------------------------------------------------------------- */

static void add_title(const struct view *view)
{
    struct human up = human_seconds(number(view->now, "uptime_seconds"));

    buffer_printf(view->out, "vmapd %s, up %s: %s clients, %s lookups in progress%s\n\n",
                  text(view->now, "version"), up.text,
                  human_count(number(view->now, "clients.current")).text,
                  human_count(number(view->now, "lookups_pending")).text,
                  view->before == NULL ? " (rates since the start)" : "");
}

static void add_database(const struct view *view)
{
    buffer_printf(view->out,
                  "\nDATABASE: %s queries/s, %s errors/s, %s connections, %s busy, %s waiting\n",
                  human_rate(rate(view, "database.queries")).text,
                  human_rate(rate(view, "database.errors")).text,
                  human_count(number(view->now, "database.connections")).text,
                  human_count(number(view->now, "database.busy")).text,
                  human_count(number(view->now, "database.waiting")).text);
}

/* How many mirrors there are of a state; a few of them by name. */
static void add_mirrors_of(const struct view *view, const char *state, size_t names)
{
    json_t *mirrors = json_object_get(view->now, "mirrors");
    struct buffer named = BUFFER_EMPTY;
    size_t count = 0;
    const char *name;
    json_t *mirror;

    json_object_foreach(mirrors, name, mirror)
    {
        if (strcmp(text(mirror, "state"), state) != 0)
            continue;
        if (count++ < names)
            buffer_printf(&named, "%s%s", named.len == 0 ? " (" : " ", name);
    }
    if (count != 0)
        buffer_printf(view->out, " %zu %s%s%s,", count, state, buffer_text(&named),
                      named.len != 0 ? ")" : "");
    buffer_free(&named);
}

/* Nothing where there are none. */
static void add_mirrors(const struct view *view)
{
    json_t *mirrors = json_object_get(view->now, "mirrors");
    uint64_t rows = 0, bytes = 0;
    const char *name;
    json_t *mirror;

    if (json_object_size(mirrors) == 0)
        return;
    json_object_foreach(mirrors, name, mirror)
    {
        rows += number(mirror, "rows");
        bytes += number(mirror, "bytes");
    }
    buffer_add_text(view->out, "MIRRORS:");
    add_mirrors_of(view, "behind", MIRRORS_NAMED);
    add_mirrors_of(view, "loading", MIRRORS_NAMED);
    add_mirrors_of(view, "live", 0);
    add_mirrors_of(view, "off", 0);
    buffer_printf(view->out, " %s rows, %s, %s hits/s\n", human_count(rows).text,
                  human_bytes(bytes).text, human_rate(rate(view, "cache.mirror_hits")).text);
}

/* A column of so many, or of as many as the name needs, up to most. */
static size_t wide_enough(const char *name, size_t width, size_t most)
{
    size_t needed = columns_of(name);

    if (needed <= width)
        return width;
    return needed < most ? needed : most;
}

/* Those that are down first: they are what one looks for. */
static void add_hosts_of(const struct view *view, bool down, size_t width, size_t *left)
{
    const json_t *hosts = find(view->now, "hosts");

    for (size_t i = 0; i < json_array_size(hosts) && *left > 0; i++) {
        const json_t *host = json_array_get(hosts, i);

        if ((strcmp(text(host, "state"), "down") == 0) != down)
            continue;
        columns_add(text(host, "name"), width, view->out);
        buffer_printf(view->out, " %-8s %5s", text(host, "state"),
                      human_count(number(host, "connections")).text);
        if (text(host, "last_error")[0] != '\0')
            buffer_printf(view->out, "  %s ago: %s",
                          human_seconds(number(host, "last_error_age_seconds")).text,
                          text(host, "last_error"));
        buffer_add_char(view->out, '\n');
        --*left;
    }
}

static void add_hosts(const struct view *view)
{
    const json_t *hosts = find(view->now, "hosts");
    size_t left = HOSTS_MOST;
    size_t width = HOST_LEAST;

    for (size_t i = 0; i < json_array_size(hosts); i++)
        width = wide_enough(text(json_array_get(hosts, i), "name"), width, HOST_MOST);
    columns_add("HOST", width, view->out);
    buffer_printf(view->out, " %-8s %5s  %s\n", "STATE", "CONN.", "LAST ERROR");
    add_hosts_of(view, true, width, &left);
    add_hosts_of(view, false, width, &left);
}

struct map_line {
    const char *name;
    const json_t *before;
    const json_t *now;
    uint64_t grown;
};

static int busier(const void *a, const void *b)
{
    const struct map_line *x = a;
    const struct map_line *y = b;

    if (x->grown != y->grown)
        return x->grown < y->grown ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void add_map(const struct view *view, const struct map_line *map, size_t width)
{
    uint64_t failed = grown(map->before, map->now, "temp") +
                      grown(map->before, map->now, "timeout") +
                      grown(map->before, map->now, "perm");

    columns_add(map->name, width, view->out);
    buffer_printf(view->out, " %9s %9s %9s %9s %9s\n",
                  human_rate((double)map->grown / view->seconds).text,
                  human_rate((double)grown(map->before, map->now, "ok") / view->seconds).text,
                  human_rate((double)grown(map->before, map->now, "notfound") / view->seconds).text,
                  human_rate((double)failed / view->seconds).text,
                  human_share(grown(map->before, map->now, "cache_hits"), map->grown).text);
}

static void add_maps(const struct view *view)
{
    json_t *maps = json_object_get(view->now, "maps");
    const json_t *old = find(view->before, "maps");
    struct map_line *lines = xcalloc(json_object_size(maps), sizeof(*lines));
    size_t count = 0;
    size_t width = MAP_LEAST;
    const char *name;
    json_t *map;

    json_object_foreach(maps, name, map)
    {
        const json_t *before = json_object_get(old, name);

        width = wide_enough(name, width, MAP_MOST);
        lines[count++] = (struct map_line){name, before, map, grown(before, map, "lookups")};
    }
    qsort(lines, count, sizeof(*lines), busier);
    buffer_add_char(view->out, '\n');
    columns_add("MAP (PER S)", width, view->out);
    buffer_printf(view->out, " %9s %9s %9s %9s %9s\n", "LOOKUPS", "OK", "NOT FOUND", "FAILED",
                  "CACHED");
    for (size_t i = 0; i < count; i++)
        add_map(view, &lines[i], width);
    free(lines);
}

void top_screen(const json_t *before, const json_t *now, double seconds, size_t rows,
                size_t columns, struct buffer *out)
{
    struct buffer all = BUFFER_EMPTY;
    struct buffer left = BUFFER_EMPTY;
    struct buffer right = BUFFER_EMPTY;
    struct view view = {before, now, seconds, &all};

    if (before == NULL || number(now, "uptime_seconds") < number(before, "uptime_seconds")) {
        view.before = NULL;
        view.seconds = (double)number(now, "uptime_seconds");
    }
    if (view.seconds <= 0)
        view.seconds = 1;
    add_title(&view);
    add_left(&view, &left);
    add_right(&view, &right);
    columns_paste(buffer_slice(&left), buffer_slice(&right), COLUMN_WIDTH, &all);
    add_database(&view);
    add_mirrors(&view);
    add_hosts(&view);
    add_maps(&view);
    columns_cut(buffer_slice(&all), columns, rows, out);
    buffer_free(&all);
    buffer_free(&left);
    buffer_free(&right);
}
