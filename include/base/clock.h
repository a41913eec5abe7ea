/*
 * clock - monotonic time. Steps of the wall clock do not exist for vmapd. Modules below the event
 * loop take the time as an argument instead of asking for it.
 */
#ifndef VMAPD_BASE_CLOCK_H
#define VMAPD_BASE_CLOCK_H

#include <stdint.h>

/* Time since an arbitrary fixed point, in milliseconds or microseconds. */
uint64_t clock_ms(void);
uint64_t clock_us(void);

#endif
