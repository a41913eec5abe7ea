/* option_values - the values of options, from text to where their rows say; see options.h. */
#include "options.h"

#include <assert.h>
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

bool option_read(const struct option *option, void *at, const char *text, struct buffer *error)
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

void *option_place(const struct option *option, enum option_target target, const void *base)
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
    void *at = option_place(option, target, base);

    return at == NULL || text == NULL || option_read(option, at, text, error);
}

bool option_next_member(const char **list, struct slice *member)
{
    static const char separators[] = ", \t\r\n";

    *list += strspn(*list, separators);
    *member = (struct slice){*list, strcspn(*list, separators)};
    *list += member->len;
    return member->len > 0;
}
