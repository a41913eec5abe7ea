/* units - see the header. */
#include "units.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* From the largest to the smallest. */
static const struct unit time_units[] = {
    {"w", 604800000}, {"d", 86400000}, {"h", 3600000}, {"m", 60000},
    {"s", 1000},      {"ms", 1},       {NULL, 0},
};
static const struct unit size_units[] = {
    {"G", 1u << 30}, {"M", 1u << 20}, {"k", 1u << 10}, {"", 1}, {NULL, 0}};

static bool expected(struct buffer *error, const char *what, const char *text)
{
    buffer_printf(error, "expected %s, found \"%s\"", what, text);
    return false;
}

/* Digits in some base, up to *end. False without one, or on overflow. */
static bool parse_digits(const char *text, unsigned base, uint64_t *value, const char **end)
{
    const char *at = text;

    *value = 0;
    for (; *at >= '0' && *at < (char)('0' + base); at++)
        if (__builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, (unsigned)(*at - '0'), value))
            return false;
    *end = at;
    return at > text;
}

static bool apply_unit(const struct unit *units, const char *name, bool any_case, uint64_t *value)
{
    for (; units->name != NULL; units++)
        if ((any_case ? strcasecmp(units->name, name) : strcmp(units->name, name)) == 0)
            return !__builtin_mul_overflow(*value, units->factor, value);
    return false;
}

bool units_parse_number(const char *text, uint64_t *value, struct buffer *error)
{
    const char *end;

    return (parse_digits(text, 10, value, &end) && *end == '\0') ||
           expected(error, "a number", text);
}

bool units_parse_size(const char *text, uint64_t *bytes, struct buffer *error)
{
    const char *end;

    return (parse_digits(text, 10, bytes, &end) && apply_unit(size_units, end, true, bytes)) ||
           expected(error, "a size such as 512k, 64M or 2G", text);
}

bool units_parse_time(const char *text, uint64_t *ms, struct buffer *error)
{
    const char *end;

    return (parse_digits(text, 10, ms, &end) &&
            apply_unit(time_units, *end == '\0' ? "s" : end, false, ms)) ||
           expected(error, "a time such as 500ms, 10s, 5m, 2h or 1d", text);
}

bool units_parse_mode(const char *text, uint64_t *mode, struct buffer *error)
{
    const char *end;

    return (parse_digits(text, 8, mode, &end) && *end == '\0') ||
           expected(error, "an octal mode such as 0660", text);
}

static void add_in_units(struct buffer *out, const struct unit *units, uint64_t value)
{
    while (value % units->factor != 0)
        units++;
    if (value == 0)
        buffer_add_char(out, '0');
    else
        buffer_printf(out, "%" PRIu64 "%s", value / units->factor, units->name);
}

void units_add_size(struct buffer *out, uint64_t bytes)
{
    add_in_units(out, size_units, bytes);
}

void units_add_time(struct buffer *out, uint64_t ms)
{
    add_in_units(out, time_units, ms);
}

void units_add_mode(struct buffer *out, uint64_t mode)
{
    buffer_printf(out, "%04" PRIo64, mode);
}
