/*
 * stats - what the process has done so far. One process-wide structure: everything counts into it
 * from the event loop's thread, the reports read it. Counters only grow, also across reloads.
 */
#ifndef VMAPD_BASE_STATS_H
#define VMAPD_BASE_STATS_H

#include <stdint.h>

#include "outcome.h"

/*
 * Latencies in whole microseconds, rounded down. Values below 16 have a bucket each; above, every
 * power of two is divided into 16, so a bucket's middle is off by at most 1/32. The last bucket ends
 * at 2^35 us (over nine hours) and takes all that is longer. Fixed size, no allocation.
 */
#define HISTOGRAM_BUCKETS 512

struct histogram {
    uint64_t count;
    uint64_t sum_us;
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t us);
/* The value that the given share (0.5, 0.99, 0.999) of all is not above, us; 0 without values. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);
/*
 * How many values were at most us. Exact if us + 1 is a power of two; elsewhere a bucket that us
 * divides is left out.
 */
uint64_t histogram_at_most(const struct histogram *histogram, uint64_t us);

/* Which bucket a value falls into, and the value in the middle of a bucket. */
unsigned histogram_bucket_of(uint64_t us);
uint64_t histogram_bucket_middle(unsigned bucket);

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
    struct map_stats *maps;
};

extern struct stats stats;

/* A map's counters, made at first use; they stay when the map goes. A search: keep the pointer. */
struct map_stats *stats_map(const char *name);

/* Free the maps' counters, at exit. */
void stats_free(void);

#endif
