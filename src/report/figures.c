/* figures - see the header. A new figure is a row of the table. */
#include "figures.h"

#include <assert.h>
#include <string.h>

#include "contents.h"

#define MEMBER(type, member) offsetof(type, member), sizeof(((type *)0)->member)

#define IN_STATS(member)  FIGURE_IN_STATS, MEMBER(struct stats, member)
#define IN_REPORT(member) FIGURE_IN_REPORT, MEMBER(struct report, member)
#define IN_HOST(member)   FIGURE_IN_ITEM, MEMBER(struct report_host, member)
#define IN_MAP(member)    FIGURE_IN_ITEM, MEMBER(struct map_stats, member)

#define IN_MIRROR(member) FIGURE_IN_ITEM, MEMBER(struct report_mirror, member)

#define OF_PROCESS FIGURE_OF_PROCESS
#define OF_HOST    FIGURE_OF_HOST
#define OF_MAP     FIGURE_OF_MAP
#define OF_MIRROR  FIGURE_OF_MIRROR
#define COUNT      FIGURE_COUNT

/* The help of metrics with several rows. */
#define REPLIES     "Replies by outcome."
#define MAP_REPLIES "Replies of a map by outcome."
#define HITS        "Keys of a table found fresh in the cache."
#define MIRROR_HITS "Keys of a table answered by its mirror."
#define ENTRIES     "Entries by kind."

/* clang-format off */
static const struct figure figures[] = {
    /* owner, path, metric, labels, help, text, unit, where */

    /* The process. */
    {OF_PROCESS, "uptime_seconds", NULL, "", "", NULL, COUNT, IN_REPORT(uptime_seconds)},
    {OF_PROCESS, NULL, "vmapd_uptime_seconds", "", "Time since the start.",
        NULL, FIGURE_MS, IN_REPORT(uptime_ms)},
    {OF_PROCESS, "lookups", "vmapd_lookups_total", "", "Requests of clients.",
        NULL, COUNT, IN_STATS(lookups)},
    {OF_PROCESS, "lookups_pending", "vmapd_lookups_pending", "",
        "Lookups that wait for the database.", "in progress", COUNT, IN_REPORT(lookups_pending)},
    {OF_PROCESS, "loop_stall_max_us", "vmapd_event_loop_stall_max_seconds", "",
        "The longest time that the event loop was away.",
        NULL, FIGURE_US, IN_STATS(loop_stall_max_us)},

    {OF_PROCESS, "replies.ok", "vmapd_replies_total", "outcome=\"ok\"", REPLIES,
        "ok", COUNT, IN_STATS(replies[OUTCOME_OK])},
    {OF_PROCESS, "replies.notfound", "vmapd_replies_total", "outcome=\"notfound\"", REPLIES,
        "not found", COUNT, IN_STATS(replies[OUTCOME_NOTFOUND])},
    {OF_PROCESS, "replies.temp", "vmapd_replies_total", "outcome=\"temp\"", REPLIES,
        "temporary", COUNT, IN_STATS(replies[OUTCOME_TEMP])},
    {OF_PROCESS, "replies.timeout", "vmapd_replies_total", "outcome=\"timeout\"", REPLIES,
        "timeout", COUNT, IN_STATS(replies[OUTCOME_TIMEOUT])},
    {OF_PROCESS, "replies.perm", "vmapd_replies_total", "outcome=\"perm\"", REPLIES,
        "permanent", COUNT, IN_STATS(replies[OUTCOME_PERM])},

    /* The cache. */
    {OF_PROCESS, "cache.hits", "vmapd_cache_hits_total", "kind=\"positive\"", HITS,
        "hits", COUNT, IN_STATS(cache.hits)},
    {OF_PROCESS, "cache.negative_hits", "vmapd_cache_hits_total", "kind=\"negative\"", HITS,
        "negative hits", COUNT, IN_STATS(cache.negative_hits)},
    {OF_PROCESS, "cache.mirror_hits", "vmapd_cache_mirror_hits_total", "kind=\"positive\"", MIRROR_HITS,
        "by mirror", COUNT, IN_STATS(cache.mirror_hits)},
    {OF_PROCESS, "cache.mirror_negative_hits", "vmapd_cache_mirror_hits_total", "kind=\"negative\"",
        MIRROR_HITS, "by mirror neg.", COUNT, IN_STATS(cache.mirror_negative_hits)},
    {OF_PROCESS, "cache.misses", "vmapd_cache_misses_total", "",
        "Keys of a table not fresh in the cache.", "misses", COUNT, IN_STATS(cache.misses)},
    {OF_PROCESS, "cache.stale_served", "vmapd_cache_stale_served_total", "",
        "Expired values answered because the database could not.",
        "stale served", COUNT, IN_STATS(cache.stale_served)},
    {OF_PROCESS, "cache.coalesced", "vmapd_cache_coalesced_total", "",
        "Waits that joined a query in flight.", "coalesced", COUNT, IN_STATS(cache.coalesced)},
    {OF_PROCESS, "cache.prefetches", "vmapd_cache_prefetches_total", "",
        "Refreshes ahead of expiry.", "prefetches", COUNT, IN_STATS(cache.prefetches)},
    {OF_PROCESS, "cache.evictions", "vmapd_cache_evictions_total", "",
        "Entries removed to make room.", "evictions", COUNT, IN_REPORT(cache.evictions)},
    {OF_PROCESS, "cache.entries", NULL, "", "", NULL, COUNT, IN_REPORT(cache.entries)},
    {OF_PROCESS, NULL, "vmapd_cache_entries", "kind=\"positive\"", ENTRIES,
        NULL, COUNT, IN_REPORT(positive_entries)},
    {OF_PROCESS, "cache.negative_entries", "vmapd_cache_entries", "kind=\"negative\"", ENTRIES,
        NULL, COUNT, IN_REPORT(cache.negative_entries)},
    {OF_PROCESS, "cache.bytes", "vmapd_cache_bytes", "", "Memory of the cache in use.",
        NULL, COUNT, IN_REPORT(cache.bytes)},
    {OF_PROCESS, "cache.max_bytes", "vmapd_cache_max_bytes", "",
        "Memory that the cache may use.", NULL, COUNT, IN_REPORT(cache.max_bytes)},

    /* Clients. */
    {OF_PROCESS, "clients.current", "vmapd_clients", "", "Open client connections.",
        "connected", COUNT, IN_STATS(clients.current)},
    {OF_PROCESS, "clients.accepted", "vmapd_clients_accepted_total", "",
        "Client connections accepted.", "accepted", COUNT, IN_STATS(clients.accepted)},
    {OF_PROCESS, "clients.rejected", "vmapd_clients_rejected_total", "",
        "Client connections closed at once.", "rejected", COUNT, IN_STATS(clients.rejected)},

    /* The database. */
    {OF_PROCESS, "database.connections", "vmapd_database_connections", "",
        "Connections open or being opened.", NULL, COUNT, IN_REPORT(database.connections)},
    {OF_PROCESS, "database.busy", "vmapd_database_connections_busy", "",
        "Connections with a query in flight.", NULL, COUNT, IN_REPORT(database.busy)},
    {OF_PROCESS, "database.waiting", "vmapd_database_queries_waiting", "",
        "Queries that wait for a connection.", NULL, COUNT, IN_REPORT(database.waiting)},
    {OF_PROCESS, "database.queries", "vmapd_database_queries_total", "", "Queries sent.",
        NULL, COUNT, IN_STATS(database.queries)},
    {OF_PROCESS, "database.errors", "vmapd_database_errors_total", "",
        "Queries and connections that failed.", "errors", COUNT, IN_STATS(database.errors)},
    {OF_PROCESS, "database.timeouts", "vmapd_database_timeouts_total", "",
        "Queries and connections that timed out.", "timeouts", COUNT, IN_STATS(database.timeouts)},
    {OF_PROCESS, "database.reconnects", "vmapd_database_reconnects_total", "",
        "Connections opened after one was lost.",
        "reconnects", COUNT, IN_STATS(database.reconnects)},

    /* The log. */
    {OF_PROCESS, "log.lost", "vmapd_log_lines_lost_total", "", "Log lines that nobody took.",
        NULL, COUNT, IN_REPORT(log_lost)},

    /* Each host. */
    {OF_HOST, "last_error_age_seconds", NULL, "", "", NULL, COUNT, IN_HOST(last_error_age_seconds)},
    {OF_HOST, "connections", "vmapd_database_host_connections", "", "Open connections to a host.",
        NULL, COUNT, IN_HOST(connections)},

    /* Each map. */
    {OF_MAP, "lookups", "vmapd_map_lookups_total", "", "Requests for a map.",
        NULL, COUNT, IN_MAP(lookups)},
    {OF_MAP, "ok", "vmapd_map_replies_total", "outcome=\"ok\"", MAP_REPLIES,
        NULL, COUNT, IN_MAP(replies[OUTCOME_OK])},
    {OF_MAP, "notfound", "vmapd_map_replies_total", "outcome=\"notfound\"", MAP_REPLIES,
        NULL, COUNT, IN_MAP(replies[OUTCOME_NOTFOUND])},
    {OF_MAP, "temp", "vmapd_map_replies_total", "outcome=\"temp\"", MAP_REPLIES,
        NULL, COUNT, IN_MAP(replies[OUTCOME_TEMP])},
    {OF_MAP, "timeout", "vmapd_map_replies_total", "outcome=\"timeout\"", MAP_REPLIES,
        NULL, COUNT, IN_MAP(replies[OUTCOME_TIMEOUT])},
    {OF_MAP, "perm", "vmapd_map_replies_total", "outcome=\"perm\"", MAP_REPLIES,
        NULL, COUNT, IN_MAP(replies[OUTCOME_PERM])},
    {OF_MAP, "cache_hits", "vmapd_map_cache_hits_total", "",
        "Requests for a map answered without waiting for the database.",
        NULL, COUNT, IN_MAP(cache_hits)},
    {OF_MAP, "stale_served", "vmapd_map_stale_served_total", "",
        "Requests for a map answered with an expired value.", NULL, COUNT, IN_MAP(stale_served)},

    /* Each mirror. */
    {OF_MIRROR, "rows", "vmapd_mirror_rows", "", "Rows of a mirrored table.",
        NULL, COUNT, IN_MIRROR(status.rows)},
    {OF_MIRROR, "bytes", "vmapd_mirror_bytes", "", "Memory of a mirror.",
        NULL, COUNT, IN_MIRROR(status.bytes)},
    {OF_MIRROR, "confirmed_age_ms", "vmapd_mirror_confirmed_age_seconds", "",
        "Time since it was certain that the mirror is the table.",
        NULL, FIGURE_MS, IN_MIRROR(status.confirmed_age_ms)},
    {OF_MIRROR, "reads", "vmapd_mirror_reads_total", "", "Times that the table was read whole.",
        NULL, COUNT, IN_MIRROR(status.reads)},
    {OF_MIRROR, "read_ms", "vmapd_mirror_read_seconds", "", "How long that took the last time.",
        NULL, FIGURE_MS, IN_MIRROR(status.read_ms)},
    {OF_MIRROR, "changes", "vmapd_mirror_changes_total", "",
        "Times that reading it again showed something new.",
        NULL, COUNT, IN_MIRROR(status.changes)},
    {OF_MIRROR, "differences", "vmapd_mirror_differences_total", "",
        "Changes of which the server's version said nothing.",
        NULL, COUNT, IN_MIRROR(status.differences)},
    {OF_MIRROR, NULL, "vmapd_mirror_behind", "", "1 while a mirror is not confirmed any more.",
        NULL, COUNT, IN_MIRROR(is_behind)},
    {OF_MIRROR, "stream.events", "vmapd_mirror_stream_events_total", "",
        "Events of its server's log that were followed.", NULL, COUNT, IN_MIRROR(status.stream.events)},
    {OF_MIRROR, "stream.dirty", "vmapd_mirror_stream_dirty_total", "",
        "Times that they said that the table has changed.",
        NULL, COUNT, IN_MIRROR(status.stream.dirty)},
    {OF_MIRROR, "stream.restarts", "vmapd_mirror_stream_restarts_total", "",
        "Times that the stream has ended.", NULL, COUNT, IN_MIRROR(status.stream.restarts)},
    {OF_MIRROR, "stream.disagreements", "vmapd_mirror_stream_disagreements_total", "",
        "Times that the stream and the server's version said something else.",
        NULL, COUNT, IN_MIRROR(status.stream.disagreements)},
    {OF_MIRROR, "stream.lag_ms", "vmapd_mirror_stream_lag_seconds", "",
        "Since when the server's version says more than the stream.",
        NULL, FIGURE_MS, IN_MIRROR(status.stream.lag_ms)},
    {OF_MIRROR, NULL, "vmapd_mirror_stream_down", "",
        "1 while there is no stream of changes though there should be one.",
        NULL, COUNT, IN_MIRROR(has_no_stream)},
    {OF_MIRROR, NULL, "vmapd_mirror_off", "", "1 for a table that is not mirrored though it should be.",
        NULL, COUNT, IN_MIRROR(is_off)},
};
/* clang-format on */

const struct figure *figure_table(size_t *count)
{
    *count = sizeof(figures) / sizeof(figures[0]);
    return figures;
}

bool figure_item(const struct report *report, enum figure_owner owner, size_t index,
                 struct figure_item *item)
{
    switch (owner) {
    case FIGURE_OF_PROCESS:
        *item = (struct figure_item){NULL, NULL, NULL};
        return index == 0;
    case FIGURE_OF_HOST:
        if (index < report->host_count)
            *item = (struct figure_item){"host", report->hosts[index].name, &report->hosts[index]};
        return index < report->host_count;
    case FIGURE_OF_MAP:
        if (index < report->map_count)
            *item =
                (struct figure_item){"map", report->maps[index].name, report->maps[index].counters};
        return index < report->map_count;
    case FIGURE_OF_MIRROR:
        if (index < report->mirror_count)
            *item =
                (struct figure_item){"table", report->mirrors[index].name, &report->mirrors[index]};
        return index < report->mirror_count;
    }
    return false;
}

uint64_t figure_value(const struct figure *figure, const struct report *report,
                      const struct figure_item *item)
{
    const void *const bases[] = {
        [FIGURE_IN_STATS] = &stats, [FIGURE_IN_REPORT] = report, [FIGURE_IN_ITEM] = item->at};
    const char *at = (const char *)bases[figure->place] + figure->offset;
    uint64_t wide;
    uint32_t narrow;

    if (figure->size == sizeof(narrow)) {
        memcpy(&narrow, at, sizeof(narrow));
        return narrow;
    }
    assert(figure->size == sizeof(wide));
    memcpy(&wide, at, sizeof(wide));
    return wide;
}
