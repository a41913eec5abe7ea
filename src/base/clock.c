/*
 * clock - see the header. CLOCK_BOOTTIME goes on while the machine is suspended: what the database
 * said before that is as old as it is.
 */
#include "clock.h"

#include <time.h>

uint64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_ms(void)
{
    return clock_us() / 1000;
}
