/* bench_cache - the parts of the cache's benchmark; each prints its own tables. */
#ifndef BENCH_CACHE_H
#define BENCH_CACHE_H

#include <stddef.h>
#include <stdint.h>

/*
 * One size: bytes for each entry beyond its key and value, time of stores and lookups, longest
 * single store. In a process of its own, which had nothing in memory before.
 */
void bench_size(uint32_t entries);

/* A budget under stores of twice what it holds, of small entries or of all sizes. Likewise. */
void bench_budget(size_t max_bytes, size_t longest_value);

/* A mirror of so many rows: memory, time to load, to compare and to change them, lookups. Likewise. */
void bench_rows(uint32_t rows);

/* A state file with so many entries: how long it takes to save and to load. */
void bench_state(uint32_t entries);

/* Hit ratio of real recipients against plain LRU and against who knows the future. */
void bench_hits(uint32_t capacity, double skew, unsigned unknown_per_real);

#endif
