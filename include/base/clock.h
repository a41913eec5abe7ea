/*
 * clock - monotonic time. Steps of the wall clock do not exist for vmapd. Modules below the event
 * loop take the time as an argument instead of asking for it.
 */
#ifndef VMAPD_BASE_CLOCK_H
#define VMAPD_BASE_CLOCK_H

#include <stdint.h>
#include <sys/time.h>

/* Time since an arbitrary fixed point, in milliseconds or microseconds. */
uint64_t clock_ms(void);
uint64_t clock_us(void);

/* So many milliseconds, as libevent takes them. */
static inline struct timeval clock_timeval(uint64_t ms)
{
    return (struct timeval){.tv_sec = (time_t)(ms / 1000),
                            .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
}

#endif
