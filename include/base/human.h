/*
 * human - numbers as people read them, short enough for a column of a table. Each function returns
 * its text by value: printf("%s", human_us(n).text).
 */
#ifndef VMAPD_BASE_HUMAN_H
#define VMAPD_BASE_HUMAN_H

#include <stdint.h>

struct human {
    char text[32];
};

struct human human_count(uint64_t count);              /* 1234567, from 10^10 on 12.3G */
struct human human_rate(double per_second);            /* 0.02, 12.3, 4567 */
struct human human_share(uint64_t part, uint64_t all); /* 98.2 %, - without any */
struct human human_us(uint64_t us);                    /* 850 us, 1.2 ms, 3.4 s */
struct human human_bytes(uint64_t bytes);              /* 512, 12.3K, 64M (1024) */
struct human human_seconds(uint64_t seconds);          /* 45s, 12m 3s, 4h 12m, 3d 4h */

#endif
