/*
 * stats - what the process has done so far. One process-wide structure: everything counts into it
 * from the event loop's thread, the reports read it. Counters only grow, also across reloads.
 */
#ifndef VMAPD_BASE_STATS_H
#define VMAPD_BASE_STATS_H

#include <stdint.h>

#include "histogram.h"
#include "outcome.h"

/* Counters of one map. */
struct map_stats {
    char *name;
    uint64_t lookups;
    uint64_t replies[OUTCOME_COUNT];
    uint64_t cache_hits; /* answered without waiting for the database */
    uint64_t stale_served;
    struct map_stats *next;
};

struct stats {
    uint64_t started_ms; /* monotonic */
    uint64_t lookups;
    uint64_t replies[OUTCOME_COUNT];
    struct {
        uint64_t hits; /* (table, key) probes of the cache: positive, */
        uint64_t negative_hits;
        uint64_t mirror_hits;          /* of the hits: told by a mirror, */
        uint64_t mirror_negative_hits; /* and "not found"s that one was asked for, nobody else */
        uint64_t misses;
        uint64_t stale_served;
        uint64_t coalesced; /* lookups that joined a query already in flight */
        uint64_t prefetches;
    } cache;
    struct {
        uint64_t current; /* a gauge */
        uint64_t accepted;
        uint64_t rejected;
    } clients;
    struct {
        uint64_t queries;
        uint64_t errors;
        uint64_t timeouts;
        uint64_t reconnects; /* connections opened after the first of each pool slot failed */
    } database;
    uint64_t loop_stall_max_us; /* the longest the event loop was away */
    struct histogram hit_us;
    struct histogram miss_us;
    struct map_stats *maps; /* as they came */
    struct map_stats *last_map;
    void *maps_by_name; /* tsearch(3) */
};

extern struct stats stats;

/* A map's counters, made at first use; they stay when the map goes. */
struct map_stats *stats_map(const char *name);

/* Free the maps' counters, at exit. */
void stats_free(void);

#endif
