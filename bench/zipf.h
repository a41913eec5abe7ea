/*
 * zipf - numbers from 0 to count - 1, the more seldom the larger, as mail addresses are: the share
 * of number n goes with 1 / (n + 1) ^ skew. And the random numbers that they come from; the same
 * ones in every run.
 */
#ifndef BENCH_ZIPF_H
#define BENCH_ZIPF_H

#include <stdint.h>

struct zipf;

/* skew 0: all alike. */
struct zipf *zipf_new(uint32_t count, double skew);
void zipf_free(struct zipf *zipf);
uint32_t zipf_next(const struct zipf *zipf);

uint64_t random_next(void);

#endif
