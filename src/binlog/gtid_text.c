/* gtid_text - see the header. */
#include "gtid_text.h"

#include <ctype.h>

static bool take_char(struct slice *rest, char c)
{
    if (rest->len == 0 || rest->data[0] != c)
        return false;
    rest->data++;
    rest->len--;
    return true;
}

static void skip_blanks(struct slice *rest)
{
    while (take_char(rest, ' ') || take_char(rest, '\n') || take_char(rest, '\r'))
        ;
}

static bool take_number(struct slice *rest, uint64_t *number)
{
    *number = 0;
    while (rest->len != 0 && isdigit((unsigned char)rest->data[0]) && *number <= INT64_MAX / 10) {
        *number = *number * 10 + (uint64_t)(rest->data[0] - '0');
        rest->data++;
        rest->len--;
    }
    return gtid_is_number(*number);
}

static int hex(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Hyphens may stand between any two bytes, for us. */
static bool take_uuid(struct slice *rest, char *uuid)
{
    for (size_t i = 0; i < GTID_UUID; i++) {
        take_char(rest, '-');
        if (rest->len < 2 || !isxdigit((unsigned char)rest->data[0]) ||
            !isxdigit((unsigned char)rest->data[1]))
            return false;
        uuid[i] = (char)(hex(rest->data[0]) << 4 | hex(rest->data[1]));
        rest->data += 2;
        rest->len -= 2;
    }
    return true;
}

static bool begins_tag(struct slice rest)
{
    return rest.len != 0 && (islower((unsigned char)rest.data[0]) || rest.data[0] == '_');
}

static bool take_tag(struct slice *rest, char *tag)
{
    struct slice name = *rest;

    while (rest->len != 0 && (isalnum((unsigned char)rest->data[0]) || rest->data[0] == '_')) {
        rest->data++;
        rest->len--;
    }
    name.len -= rest->len;
    if (!gtid_is_tag(name) || !take_char(rest, ':'))
        return false;
    memcpy(tag, name.data, name.len);
    tag[name.len] = '\0';
    return true;
}

/* "5" or "5-9"; they ascend within a source. */
static bool take_interval(struct gtid_text *text)
{
    uint64_t before = text->is_new_source ? 0 : text->last;

    if (!take_number(&text->rest, &text->first) ||
        (!text->is_new_source && text->first <= before + 1))
        return false;
    text->last = text->first;
    return !take_char(&text->rest, '-') ||
           (take_number(&text->rest, &text->last) && text->last >= text->first);
}

/* Behind a ',' or at the beginning. */
static bool take_server(struct gtid_text *text)
{
    skip_blanks(&text->rest);
    text->source.tag[0] = '\0';
    text->is_new_source = text->is_in_server = true;
    return take_uuid(&text->rest, text->source.uuid) && take_char(&text->rest, ':');
}

static bool take(struct gtid_text *text)
{
    text->is_new_source = false;
    if (!text->is_in_server || !take_char(&text->rest, ':')) {
        skip_blanks(&text->rest);
        if (text->is_in_server && !take_char(&text->rest, ','))
            return false;
        if (!take_server(text))
            return false;
    }
    if (begins_tag(text->rest)) {
        text->is_new_source = true;
        if (!take_tag(&text->rest, text->source.tag))
            return false;
    }
    return take_interval(text);
}

bool gtid_text_next(struct gtid_text *text)
{
    struct slice rest = text->rest;

    skip_blanks(&rest);
    if (rest.len == 0 || text->is_wrong)
        return false;
    text->is_wrong = !take(text);
    return !text->is_wrong;
}
