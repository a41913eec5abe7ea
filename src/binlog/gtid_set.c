/* gtid_set - see the header. */
#include "gtid_set.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

#include "gtid.h"

/* The text as it is read, and the set as it is written: entries of a server, a tag, and intervals. */
struct encoding {
    struct slice rest;
    struct buffer *out;
    bool has_tags;
    uint64_t entries;
    size_t intervals_at; /* in out: how many the entry has */
    uint64_t intervals;
    uint64_t last; /* the number behind the last interval */
};

static void put(struct buffer *out, uint64_t number)
{
    for (int i = 0; i < 8; i++, number >>= 8)
        buffer_add_char(out, (char)number);
}

static void put_at(struct buffer *out, size_t at, uint64_t number)
{
    for (int i = 0; i < 8; i++, number >>= 8)
        out->data[at + i] = (char)number;
}

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

static struct slice take_tag(struct slice *rest)
{
    struct slice tag = *rest;

    while (rest->len != 0 && (isalnum((unsigned char)rest->data[0]) || rest->data[0] == '_')) {
        rest->data++;
        rest->len--;
    }
    tag.len -= rest->len;
    return tag;
}

static void begin_entry(struct encoding *encoding, const char *uuid, struct slice tag)
{
    encoding->entries++;
    buffer_add(encoding->out, uuid, GTID_UUID);
    if (encoding->has_tags) {
        buffer_add_char(encoding->out, (char)(tag.len << 1)); /* see gtid_take_number() */
        buffer_add(encoding->out, tag.data, tag.len);
    }
    encoding->intervals_at = encoding->out->len;
    encoding->intervals = encoding->last = 0;
    put(encoding->out, 0);
}

/* "5" or "5-9"; the end is written as the number behind it. */
static bool take_interval(struct encoding *encoding)
{
    uint64_t first, last;

    if (!take_number(&encoding->rest, &first) || first <= encoding->last)
        return false;
    last = first;
    if (take_char(&encoding->rest, '-') && (!take_number(&encoding->rest, &last) || last < first))
        return false;
    encoding->last = last + 1;
    put(encoding->out, first);
    put(encoding->out, encoding->last);
    put_at(encoding->out, encoding->intervals_at, ++encoding->intervals);
    return true;
}

static bool begins_tag(struct slice rest)
{
    return rest.len != 0 && (islower((unsigned char)rest.data[0]) || rest.data[0] == '_');
}

/* "UUID:1-5:7", "UUID:tag:1-3", "UUID:1-5:tag:1-3" */
static bool take_server(struct encoding *encoding)
{
    char uuid[GTID_UUID];

    if (!take_uuid(&encoding->rest, uuid))
        return false;
    for (bool has_entry = false; take_char(&encoding->rest, ':'); has_entry = true) {
        struct slice tag = {"", 0};

        if (begins_tag(encoding->rest)) {
            tag = take_tag(&encoding->rest);
            if (!gtid_is_tag(tag) || !take_char(&encoding->rest, ':'))
                return false;
        }
        if (!has_entry || tag.len != 0)
            begin_entry(encoding, uuid, tag);
        if (!take_interval(encoding))
            return false;
    }
    return encoding->intervals != 0;
}

static bool has_tags(struct slice text)
{
    for (size_t i = 1; i < text.len; i++)
        if (text.data[i - 1] == ':' && begins_tag((struct slice){text.data + i, text.len - i}))
            return true;
    return false;
}

bool gtid_set_encode(struct buffer *out, struct slice text)
{
    struct encoding encoding = {.rest = text, .out = out, .has_tags = has_tags(text)};
    size_t count_at = out->len;

    put(out, 0);
    skip_blanks(&encoding.rest);
    if (encoding.rest.len == 0)
        return true;
    do {
        encoding.intervals = 0;
        skip_blanks(&encoding.rest);
        if (!take_server(&encoding))
            return false;
        skip_blanks(&encoding.rest);
    } while (take_char(&encoding.rest, ','));
    /* With tags the number of the form stands around the count. */
    put_at(out, count_at,
           encoding.has_tags ? 1ull << 56 | encoding.entries << 8 | 1 : encoding.entries);
    return encoding.rest.len == 0;
}
