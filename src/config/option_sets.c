/*
 * option_sets - all options of a structure at once: freed, copied, compared, and as bytes; see options.h.
 * The rows say what belongs to it, so that none can be forgotten.
 */
#include "options.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "xmalloc.h"

/* The text of the option in the structure; NULL: it is not there, or no text. */
static char **text_in(const struct option *option, enum option_target target, void *base)
{
    return option_is_text(option) ? option_place(option, target, base) : NULL;
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

    if (option->fallback == NULL || !option_read(option, &value, option->fallback, &is))
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
        const void *at = option_place(option, target, base);

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
        const void *at = option_place(option, target, a);

        if (at != NULL && (option->change == decides || option->change == CHANGE_BOTH) &&
            !same_value(option->type, at, option_place(option, target, b)))
            return false;
    }
    return true;
}
