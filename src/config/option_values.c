/* option_values - the values of options, from text to where their rows say, and what goes for all of a structure; see options.h. */
#include "options.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "units.h"
#include "xmalloc.h"

/* An enum of config.h is stored through an unsigned. */
_Static_assert(sizeof(enum log_target) == sizeof(unsigned), "enum is not an unsigned");
_Static_assert(sizeof(enum search) == sizeof(unsigned), "enum is not an unsigned");
_Static_assert(sizeof(enum tri_state) == sizeof(unsigned), "enum is not an unsigned");

/* yes and no are Postfix's words. */
static bool parse_bool(const char *text, bool *value, struct buffer *error)
{
    *value = strcasecmp(text, "yes") == 0;
    if (*value || strcasecmp(text, "no") == 0)
        return true;
    buffer_printf(error, "expected yes or no, found \"%s\"", text);
    return false;
}

static void add_quantity(struct buffer *out, enum option_type type, uint64_t value)
{
    if (type == OPTION_NUMBER)
        buffer_printf(out, "%" PRIu64, value);
    else if (type == OPTION_SIZE)
        units_add_size(out, value);
    else if (type == OPTION_TIME)
        units_add_time(out, value);
    else
        units_add_mode(out, value);
}

static bool parse_quantity(const struct option *option, const char *text, uint64_t *value,
                           struct buffer *error)
{
    bool good;

    if (option->type == OPTION_NUMBER)
        good = units_parse_number(text, value, error);
    else if (option->type == OPTION_SIZE)
        good = units_parse_size(text, value, error);
    else if (option->type == OPTION_TIME)
        good = units_parse_time(text, value, error);
    else
        good = units_parse_mode(text, value, error);
    if (!good)
        return false;
    if (*value < option->least || *value > option->most) {
        buffer_add_text(error, "expected a value from ");
        add_quantity(error, option->type, option->least);
        buffer_add_text(error, " to ");
        add_quantity(error, option->type, option->most);
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

    if (!parse_bool(text, &value, error))
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
    case OPTION_FILE:
    case OPTION_TEXT:
    case OPTION_SQL:
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

/* Where the option is in the structure; NULL: not there. */
static void *place_in(const struct option *option, enum option_target target, const void *base)
{
    assert(target != OPTION_IN_NONE);
    for (size_t i = 0; i < sizeof(option->stored) / sizeof(option->stored[0]); i++)
        if (option->stored[i].target == target)
            return (char *)(uintptr_t)base + option->stored[i].offset;
    return NULL;
}

bool option_store(const struct option *option, enum option_target target, void *base,
                  const char *text, struct buffer *error)
{
    void *at = place_in(option, target, base);

    return at == NULL || text == NULL || store(option, at, text, error);
}

/* The text of the option in the structure; NULL: it is not there, or no text. */
static char **text_in(const struct option *option, enum option_target target, void *base)
{
    return option_is_text(option) ? place_in(option, target, base) : NULL;
}

void options_free(enum option_target target, void *base)
{
    size_t count;
    const struct option *option = option_table(&count);

    for (; count > 0; count--, option++) {
        char **text = text_in(option, target, base);

        if (text != NULL)
            free(*text);
    }
}

void options_own(enum option_target target, void *base)
{
    size_t count;
    const struct option *option = option_table(&count);

    for (; count > 0; count--, option++) {
        char **text = text_in(option, target, base);

        if (text != NULL && *text != NULL)
            *text = xstrdup(*text);
    }
}

static void append_number(struct buffer *out, uint64_t value, size_t bytes)
{
    value = htole64(value);
    buffer_add(out, &value, bytes);
}

/* With its end and its absence visible. */
static void append_text(struct buffer *out, const char *text)
{
    buffer_add_char(out, text != NULL ? '+' : '-');
    if (text != NULL)
        buffer_add(out, text, strlen(text) + 1);
}

static void append_value(struct buffer *out, enum option_type type, const void *at)
{
    switch (type) {
    case OPTION_STRING:
    case OPTION_FILE:
    case OPTION_TEXT:
    case OPTION_SQL:
        append_text(out, *(char *const *)at);
        break;
    case OPTION_BOOL:
        buffer_add_char(out, *(const bool *)at ? 'r' : 'n');
        break;
    case OPTION_TIME:
        append_number(out, *(const uint64_t *)at, sizeof(uint64_t));
        break;
    case OPTION_SIZE:
        append_number(out, *(const size_t *)at, sizeof(uint64_t));
        break;
    case OPTION_NUMBER:
    case OPTION_MODE:
    case OPTION_WORD:
    case OPTION_TRI_STATE:
        append_number(out, *(const uint32_t *)at, sizeof(uint32_t));
        break;
    case OPTION_LIST:
        break; /* never stored by its row */
    }
}

static bool is_default(const struct option *option, const void *at)
{
    union {
        char *text;
        uint64_t number;
    } value = {.number = 0};
    struct buffer is = BUFFER_EMPTY, usual = BUFFER_EMPTY;
    bool same;

    if (option->fallback == NULL || !store(option, &value, option->fallback, &is))
        return false;
    append_value(&is, option->type, at);
    append_value(&usual, option->type, &value);
    same = slice_equal(buffer_slice(&is), buffer_slice(&usual));
    buffer_free(&is);
    buffer_free(&usual);
    if (option_is_text(option))
        free(value.text);
    return same;
}

void options_append(enum option_target target, enum option_change decides, const void *base,
                    struct buffer *out)
{
    size_t count;
    const struct option *option = option_table(&count);

    for (; count > 0; count--, option++) {
        const void *at = place_in(option, target, base);

        if (at == NULL || (option->change != decides && option->change != CHANGE_BOTH) ||
            (!option->is_postfix && is_default(option, at)))
            continue;
        if (!option->is_postfix)
            append_text(out, option->name);
        append_value(out, option->type, at);
    }
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_value(enum option_type type, const void *a, const void *b)
{
    switch (type) {
    case OPTION_STRING:
    case OPTION_FILE:
    case OPTION_TEXT:
    case OPTION_SQL:
        return same_text(*(char *const *)a, *(char *const *)b);
    case OPTION_BOOL:
        return *(const bool *)a == *(const bool *)b;
    case OPTION_TIME:
        return *(const uint64_t *)a == *(const uint64_t *)b;
    case OPTION_SIZE:
        return *(const size_t *)a == *(const size_t *)b;
    case OPTION_NUMBER:
    case OPTION_MODE:
    case OPTION_WORD:
    case OPTION_TRI_STATE:
        return *(const uint32_t *)a == *(const uint32_t *)b;
    case OPTION_LIST:
        break; /* never stored by its row */
    }
    return true;
}

bool options_equal(enum option_target target, enum option_change decides, const void *a,
                   const void *b)
{
    size_t count;
    const struct option *option = option_table(&count);

    for (; count > 0; count--, option++) {
        const void *at = place_in(option, target, a);

        if (at != NULL && (option->change == decides || option->change == CHANGE_BOTH) &&
            !same_value(option->type, at, place_in(option, target, b)))
            return false;
    }
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
