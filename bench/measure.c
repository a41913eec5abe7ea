/* measure - see the header. */
#include "measure.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

size_t resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long total, pages;

    if (file == NULL || fscanf(file, "%lu %lu", &total, &pages) != 2)
        log_fatal("cannot read /proc/self/statm");
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

double cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static long switches_now(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nivcsw;
}

void longest_start(struct longest *longest)
{
    *longest = (struct longest){.switches = switches_now()};
}

void longest_begin(struct longest *longest)
{
    longest->from_us = clock_us();
}

void longest_end(struct longest *longest)
{
    uint64_t took_us = clock_us() - longest->from_us;
    long switches;

    if (took_us <= longest->us)
        return;
    switches = switches_now();
    if (switches == longest->switches)
        longest->us = took_us;
    longest->switches = switches;
}
