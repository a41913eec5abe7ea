/*
 * histogram - see the header. Log-linear: the highest bit of a value chooses the group, the four bits
 * below it the bucket in the group, so adding is a few instructions.
 */
#include "histogram.h"

#define SUB_BITS    4
#define SUB_BUCKETS (1u << SUB_BITS)

unsigned histogram_bucket_of(uint64_t us)
{
    unsigned group;
    unsigned bucket;

    if (us < SUB_BUCKETS)
        return (unsigned)us;
    group = 63u - (unsigned)__builtin_clzll(us) - SUB_BITS;
    bucket = (group << SUB_BITS) + (unsigned)(us >> group);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* A bucket is 2^shift wide. */
static unsigned bucket_shift(unsigned bucket)
{
    return bucket < SUB_BUCKETS ? 0 : (bucket >> SUB_BITS) - 1;
}

static uint64_t bucket_first(unsigned bucket)
{
    unsigned shift = bucket_shift(bucket);

    return (uint64_t)(bucket - (shift << SUB_BITS)) << shift;
}

static uint64_t bucket_last(unsigned bucket)
{
    return bucket_first(bucket) + ((uint64_t)1 << bucket_shift(bucket)) - 1;
}

uint64_t histogram_bucket_middle(unsigned bucket)
{
    return bucket_first(bucket) + ((uint64_t)1 << bucket_shift(bucket)) / 2;
}

void histogram_add(struct histogram *histogram, uint64_t us)
{
    histogram->count++;
    histogram->sum_us += us;
    histogram->bucket[histogram_bucket_of(us)]++;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
    double rank = share * (double)histogram->count;
    uint64_t seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->bucket[i];
        if (seen != 0 && (double)seen >= rank)
            return histogram_bucket_middle(i);
    }
    return 0;
}

uint64_t histogram_at_most(const struct histogram *histogram, uint64_t us)
{
    uint64_t seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS && bucket_last(i) <= us; i++)
        seen += histogram->bucket[i];
    return seen;
}
