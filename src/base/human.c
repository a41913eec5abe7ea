/* human - see the header. Three digits that matter, then the unit. */
#include "human.h"

#include <stdio.h>

/* 1.2 but 12 for round numbers and 123 for large ones. */
static struct human with_unit(double value, const char *unit)
{
    struct human human;
    double rounded = (double)(uint64_t)(value * 10 + 0.5) / 10;
    int decimals = rounded < 100 && rounded != (double)(uint64_t)rounded ? 1 : 0;

    snprintf(human.text, sizeof(human.text), "%.*f%s", decimals, value, unit);
    return human;
}

struct human human_count(uint64_t count)
{
    struct human human;

    if (count >= 10000000000000u)
        return with_unit((double)count / 1e12, "T");
    if (count >= 10000000000u)
        return with_unit((double)count / 1e9, "G");
    snprintf(human.text, sizeof(human.text), "%llu", (unsigned long long)count);
    return human;
}

struct human human_rate(double per_second)
{
    struct human human;
    int decimals = per_second >= 99.95 || per_second <= 0 ? 0 : per_second >= 0.995 ? 1 : 2;

    if (per_second >= 1e7)
        return with_unit(per_second / 1e6, "M");
    snprintf(human.text, sizeof(human.text), "%.*f", decimals, per_second);
    return human;
}

struct human human_share(uint64_t part, uint64_t all)
{
    struct human human = {"-"};

    if (all != 0)
        snprintf(human.text, sizeof(human.text), "%.1f %%", 100 * (double)part / (double)all);
    return human;
}

struct human human_us(uint64_t us)
{
    if (us >= 1000000)
        return with_unit((double)us / 1e6, " s");
    if (us >= 1000)
        return with_unit((double)us / 1e3, " ms");
    return with_unit((double)us, " us");
}

struct human human_bytes(uint64_t bytes)
{
    static const char *const units[] = {"", "K", "M", "G", "T", "P", "E"};
    double value = (double)bytes;
    unsigned unit = 0;

    while (value >= 1023.5) {
        value /= 1024;
        unit++;
    }
    return with_unit(value, units[unit]);
}

static struct human two_units(uint64_t seconds, uint64_t large, char large_name, uint64_t small,
                              char small_name)
{
    struct human human;

    snprintf(human.text, sizeof(human.text), "%llu%c %u%c", (unsigned long long)(seconds / large),
             large_name, (unsigned)(seconds % large / small), small_name);
    return human;
}

struct human human_seconds(uint64_t seconds)
{
    struct human human;

    if (seconds >= 86400)
        return two_units(seconds, 86400, 'd', 3600, 'h');
    if (seconds >= 3600)
        return two_units(seconds, 3600, 'h', 60, 'm');
    if (seconds >= 60)
        return two_units(seconds, 60, 'm', 1, 's');
    snprintf(human.text, sizeof(human.text), "%us", (unsigned)seconds);
    return human;
}
