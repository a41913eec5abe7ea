/* measure - what this process takes: memory, CPU time, the longest of many calls. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of memory in use. */
size_t resident(void);

/* CPU time so far. */
double cpu_ns(void);

/* The longest of many calls, without those in which another process had our CPU. */
struct longest {
    uint64_t us; /* the result */
    uint64_t from_us;
    long switches;
};

void longest_start(struct longest *longest);
void longest_begin(struct longest *longest); /* of each call */
void longest_end(struct longest *longest);

#endif
