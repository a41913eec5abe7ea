/* option_values - numbers, sizes, times and the like of options.h, from text to where they belong. */
#include "options.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "xmalloc.h"

/* An enum of config.h is stored through an unsigned. */
_Static_assert(sizeof(enum log_target) == sizeof(unsigned), "enum is not an unsigned");
_Static_assert(sizeof(enum search) == sizeof(unsigned), "enum is not an unsigned");

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
    {"G", 1u << 30}, {"M", 1u << 20}, {"k", 1u << 10}, {NULL, 0}};

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

bool option_parse_number(const char *text, uint64_t *value, struct buffer *error)
{
    const char *end;

    return (parse_digits(text, 10, value, &end) && *end == '\0') ||
           expected(error, "a number", text);
}

bool option_parse_size(const char *text, uint64_t *bytes, struct buffer *error)
{
    const char *end;

    return (parse_digits(text, 10, bytes, &end) &&
            (*end == '\0' || apply_unit(size_units, end, true, bytes))) ||
           expected(error, "a size such as 512k, 64M or 2G", text);
}

bool option_parse_time(const char *text, uint64_t *ms, struct buffer *error)
{
    const char *end;

    return (parse_digits(text, 10, ms, &end) &&
            apply_unit(time_units, *end == '\0' ? "s" : end, false, ms)) ||
           expected(error, "a time such as 500ms, 10s, 5m, 2h or 1d", text);
}

/* yes and no are Postfix's words. */
bool option_parse_bool(const char *text, bool *value, struct buffer *error)
{
    *value = strcasecmp(text, "yes") == 0;
    return *value || strcasecmp(text, "no") == 0 || expected(error, "yes or no", text);
}

bool option_parse_mode(const char *text, uint64_t *mode, struct buffer *error)
{
    const char *end;

    return (parse_digits(text, 8, mode, &end) && *end == '\0') ||
           expected(error, "an octal mode such as 0660", text);
}

/* A number as people write it: in the largest unit that leaves no rest. */
static void add_pretty(struct buffer *out, enum option_type type, uint64_t value)
{
    const struct unit *unit = type == OPTION_TIME ? time_units : size_units;

    if (type == OPTION_MODE) {
        buffer_printf(out, "%04" PRIo64, value);
        return;
    }
    while (type != OPTION_NUMBER && value > 0 && unit->name != NULL && value % unit->factor != 0)
        unit++;
    if (type == OPTION_NUMBER || value == 0 || unit->name == NULL)
        buffer_printf(out, "%" PRIu64, value);
    else
        buffer_printf(out, "%" PRIu64 "%s", value / unit->factor, unit->name);
}

static bool parse_quantity(const struct option *option, const char *text, uint64_t *value,
                           struct buffer *error)
{
    bool good;

    if (option->type == OPTION_NUMBER)
        good = option_parse_number(text, value, error);
    else if (option->type == OPTION_SIZE)
        good = option_parse_size(text, value, error);
    else if (option->type == OPTION_TIME)
        good = option_parse_time(text, value, error);
    else
        good = option_parse_mode(text, value, error);
    if (!good)
        return false;
    if (*value < option->least || *value > option->most) {
        buffer_add_text(error, "expected a value from ");
        add_pretty(error, option->type, option->least);
        buffer_add_text(error, " to ");
        add_pretty(error, option->type, option->most);
        buffer_printf(error, ", found \"%s\"", text);
        return false;
    }
    return true;
}

static bool store_quantity(const struct option *option, void *at, const char *text,
                           struct buffer *error)
{
    uint64_t value;

    if (!parse_quantity(option, text, &value, error))
        return false;
    if (option->type == OPTION_TIME)
        *(uint64_t *)at = value;
    else if (option->type == OPTION_SIZE)
        *(size_t *)at = (size_t)value;
    else
        *(uint32_t *)at = (uint32_t)value;
    return true;
}

static bool store_word(const struct option *option, void *at, const char *text,
                       struct buffer *error)
{
    unsigned i;

    for (i = 0; option->words[i] != NULL; i++)
        if (strcmp(option->words[i], text) == 0) {
            *(unsigned *)at = i;
            return true;
        }
    buffer_add_text(error, "expected ");
    for (i = 0; option->words[i] != NULL; i++)
        buffer_printf(error, "%s%s",
                      i == 0                         ? ""
                      : option->words[i + 1] == NULL ? " or "
                                                     : ", ",
                      option->words[i]);
    buffer_printf(error, ", found \"%s\"", text);
    return false;
}

static bool store_bool(const struct option *option, void *at, const char *text,
                       struct buffer *error)
{
    bool value;

    if (!option_parse_bool(text, &value, error))
        return false;
    if (option->type == OPTION_BOOL)
        *(bool *)at = value;
    else
        *(enum tri_state *)at = value ? TRI_YES : TRI_NO;
    return true;
}

static bool store_string(const struct option *option, char **at, const char *text,
                         struct buffer *error)
{
    if (strlen(text) < option->least) {
        buffer_add_text(error, "expected a value, found nothing");
        return false;
    }
    *at = *text == '\0' && option->fallback == NULL ? NULL : xstrdup(text);
    return true;
}

static bool store(const struct option *option, void *at, const char *text, struct buffer *error)
{
    switch (option->type) {
    case OPTION_STRING:
        return store_string(option, at, text, error);
    case OPTION_NUMBER:
    case OPTION_SIZE:
    case OPTION_TIME:
    case OPTION_MODE:
        return store_quantity(option, at, text, error);
    case OPTION_BOOL:
    case OPTION_TRI_STATE:
        return store_bool(option, at, text, error);
    case OPTION_WORD:
        return store_word(option, at, text, error);
    case OPTION_LIST:
        break;
    }
    assert(option->type != OPTION_LIST); /* its module stores it, the row does not say where */
    return false;
}

bool option_store(const struct option *option, enum option_target target, void *base,
                  const char *text, struct buffer *error)
{
    for (size_t i = 0; i < sizeof(option->stored) / sizeof(option->stored[0]); i++)
        if (option->stored[i].target == target && target != OPTION_IN_NONE)
            return text == NULL ||
                   store(option, (char *)base + option->stored[i].offset, text, error);
    return true;
}

bool option_next_member(const char **list, struct slice *member)
{
    static const char separators[] = ", \t\r\n";

    *list += strspn(*list, separators);
    *member = (struct slice){*list, strcspn(*list, separators)};
    *list += member->len;
    return member->len > 0;
}
