/*
 * histogram - latencies in whole microseconds, rounded down. Values below 16 have a bucket each; above,
 * every power of two is divided into 16, so a bucket's middle is off by at most 1/32. The last bucket
 * ends at 2^35 us (over nine hours) and takes all that is longer. Fixed size, no allocation.
 */
#ifndef VMAPD_BASE_HISTOGRAM_H
#define VMAPD_BASE_HISTOGRAM_H

#include <stdint.h>

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

#endif
