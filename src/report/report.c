/*
 * report - see the header. Names and error messages come from configuration files and database
 * servers in whatever character set; they are made fit for every output once, here.
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/utf8.h>

#include "contents.h"
#include "log.h"
#include "lookup.h"
#include "xmalloc.h"

const char *report_host_state_name(enum host_state state)
{
    static const char *const names[] = {
        [HOST_UNTRIED] = "untried", [HOST_UP] = "up", [HOST_DOWN] = "down"};

    return names[state];
}

const char *report_mirror_state_name(enum mirror_state state)
{
    static const char *const names[] = {[MIRROR_OFF] = "off",
                                        [MIRROR_LOADING] = "loading",
                                        [MIRROR_LIVE] = "live",
                                        [MIRROR_BEHIND] = "behind"};

    return names[state];
}

const char *report_stream_state_name(enum mirror_stream_state state)
{
    static const char *const names[] = {[MIRROR_STREAM_OFF] = "off",
                                        [MIRROR_STREAM_STARTING] = "starting",
                                        [MIRROR_STREAM_LIVE] = "live",
                                        [MIRROR_STREAM_BEHIND] = "behind"};

    return names[state];
}

/* A copy that is valid UTF-8 without control characters; the caller frees it. */
static char *clean_copy(const char *text)
{
    char *copy = xstrdup(text);
    const uint8_t *bytes = (const uint8_t *)copy;
    size_t len = strlen(copy);
    size_t next;

    for (size_t at = 0; at < len; at = next) {
        UChar32 code;

        next = at;
        U8_NEXT(bytes, next, len, code);
        if (code < ' ' || (code >= 0x7f && code < 0xa0)) {
            copy[at] = '?';
            next = at + 1;
        }
    }
    return copy;
}

static struct report_host *find_host(struct report *report, const char *name)
{
    struct report_host *host;

    for (size_t i = 0; i < report->host_count; i++)
        if (strcmp(report->hosts[i].name, name) == 0)
            return &report->hosts[i];
    report->hosts = xrealloc(report->hosts, (report->host_count + 1) * sizeof(report->hosts[0]));
    host = &report->hosts[report->host_count++];
    *host = (struct report_host){.name = xstrdup(name), .last_error = xstrdup("")};
    return host;
}

static void add_host(struct report *report, const struct host_status *status, uint64_t now_ms)
{
    char *name = clean_copy(status->name);
    struct report_host *host = find_host(report, name);

    free(name);
    host->connections += status->connections;
    if (status->last_error[0] != '\0' && host->state != HOST_DOWN) {
        free(host->last_error);
        host->last_error = clean_copy(status->last_error);
        host->last_error_age_seconds = (now_ms - status->last_error_ms) / 1000;
    }
    if (status->state == HOST_DOWN || (status->state == HOST_UP && host->state == HOST_UNTRIED))
        host->state = status->state;
}

static void add_pool(struct report *report, const struct pool *pool, uint64_t now_ms)
{
    struct pool_counts counts = pool_counts(pool);

    report->has_database = report->has_database && pool_can_serve(pool);
    report->database.connections += counts.connections;
    report->database.busy += counts.busy;
    report->database.waiting += counts.waiting;
    for (size_t i = 0; i < pool_host_count(pool); i++) {
        struct host_status status = pool_host(pool, i);

        add_host(report, &status, now_ms);
    }
}

static void add_maps(struct report *report)
{
    size_t count = 0;

    for (const struct map_stats *map = stats.maps; map != NULL; map = map->next)
        count++;
    report->maps = xcalloc(count, sizeof(report->maps[0]));
    for (const struct map_stats *map = stats.maps; map != NULL; map = map->next)
        report->maps[report->map_count++] = (struct report_map){clean_copy(map->name), map};
}

/* Never confirmed is as old as the process, for those who draw it. */
static void add_mirror(struct report *report, const struct table_def *def,
                       const struct mirror *mirror, uint64_t now_ms)
{
    struct report_mirror *added;

    report->mirrors =
        xrealloc(report->mirrors, (report->mirror_count + 1) * sizeof(report->mirrors[0]));
    added = &report->mirrors[report->mirror_count++];
    *added = (struct report_mirror){.name = clean_copy(def->name),
                                    .status = mirror_status(mirror, now_ms)};
    added->reason = clean_copy(added->status.reason);
    added->stream_reason = clean_copy(added->status.has_stream ? added->status.stream.reason : "");
    added->has_no_stream =
        added->status.has_stream && added->status.stream.state != MIRROR_STREAM_LIVE;
    added->is_behind = added->status.state == MIRROR_BEHIND;
    added->is_off = added->status.state == MIRROR_OFF;
    if (added->status.confirmed_age_ms == UINT64_MAX)
        added->status.confirmed_age_ms = report->uptime_ms;
}

static void add_mirrors(struct report *report, const struct lookup_service *service,
                        uint64_t now_ms)
{
    for (size_t i = 0; i < lookup_table_count(service); i++)
        if (lookup_table_mirror(service, i) != NULL)
            add_mirror(report, lookup_table_def(service, i), lookup_table_mirror(service, i),
                       now_ms);
}

struct report *report_new(const struct lookup_service *service, uint64_t now_ms)
{
    struct report *report = xcalloc(1, sizeof(*report));

    report->uptime_ms = now_ms - stats.started_ms;
    report->uptime_seconds = report->uptime_ms / 1000;
    report->lookups_pending = lookup_pending(service);
    report->cache = cache_counts(lookup_cache(service));
    report->positive_entries = report->cache.entries - report->cache.negative_entries;
    report->has_database = true;
    report->log_lost = log_lost();
    for (size_t i = 0; i < lookup_pool_count(service); i++)
        add_pool(report, lookup_pool(service, i), now_ms);
    add_maps(report);
    add_mirrors(report, service, now_ms);
    return report;
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->host_count; i++) {
        free(report->hosts[i].name);
        free(report->hosts[i].last_error);
    }
    for (size_t i = 0; i < report->map_count; i++)
        free(report->maps[i].name);
    for (size_t i = 0; i < report->mirror_count; i++) {
        free(report->mirrors[i].name);
        free(report->mirrors[i].reason);
        free(report->mirrors[i].stream_reason);
    }
    free(report->mirrors);
    free(report->hosts);
    free(report->maps);
    free(report);
}

bool report_readiness(const struct report *report, struct buffer *out)
{
    if (report->has_database || report->positive_entries > 0) {
        buffer_add_text(out, report->has_database ? "ok\n" : "ok: from the cache\n");
        return true;
    }
    buffer_add_text(out, "no database can answer, and nothing is cached\n");
    for (size_t i = 0; i < report->host_count; i++)
        if (report->hosts[i].state == HOST_DOWN)
            buffer_printf(out, "%s: %s\n", report->hosts[i].name, report->hosts[i].last_error);
    return false;
}
