/* zipf - see the header. By the sums of the shares and a binary search in them. */
#include "zipf.h"

#include <math.h>
#include <stdlib.h>

#include "xmalloc.h"

struct zipf {
    uint32_t count;
    double *sum; /* NULL = all alike */
};

/* xorshift64 (Marsaglia). */
uint64_t random_next(void)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

struct zipf *zipf_new(uint32_t count, double skew)
{
    struct zipf *zipf = xcalloc(1, sizeof(*zipf));
    double sum = 0;

    zipf->count = count;
    if (skew > 0)
        zipf->sum = xmalloc(count * sizeof(*zipf->sum));
    for (uint32_t i = 0; i < count && zipf->sum != NULL; i++)
        zipf->sum[i] = sum += pow(i + 1, -skew);
    return zipf;
}

void zipf_free(struct zipf *zipf)
{
    free(zipf->sum);
    free(zipf);
}

uint32_t zipf_next(const struct zipf *zipf)
{
    uint32_t low = 0, high = zipf->count - 1;
    double at;

    if (zipf->sum == NULL)
        return (uint32_t)(random_next() % zipf->count);
    at = (double)(random_next() >> 11) / 9007199254740992.0 * zipf->sum[high];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (zipf->sum[middle] < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
