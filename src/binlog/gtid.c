/* gtid - see the header. */
#include "gtid.h"

#include <ctype.h>
#include <stdio.h>

uint64_t gtid_take_number(struct cursor *cursor)
{
    uint64_t first = cursor_number(cursor, 1), rest;
    unsigned more = 0;

    while (more < 8 && (first >> more & 1) != 0)
        more++;
    rest = more == 0 ? 0 : cursor_number(cursor, more);
    if (more == 8)
        return rest;
    return first >> (more + 1) | rest << (7 - more);
}

bool gtid_is_number(uint64_t number)
{
    return number != 0 && number < INT64_MAX;
}

static void write_uuid(struct slice uuid, char *text)
{
    for (size_t i = 0; i < uuid.len; i++) {
        bool has_hyphen = i == 4 || i == 6 || i == 8 || i == 10;

        text += sprintf(text, "%s%02x", has_hyphen ? "-" : "", (unsigned char)uuid.data[i]);
    }
}

static void write(char *text, struct slice uuid, struct slice tag, uint64_t number)
{
    char name[2 * GTID_UUID + 4 + 1];

    write_uuid(uuid, name);
    snprintf(text, BINLOG_NAME_MAX + 1, "%s%s%.*s:%llu", name, tag.len != 0 ? ":" : "",
             (int)tag.len, tag.data, (unsigned long long)number);
}

bool gtid_read(struct cursor body, char *text)
{
    struct slice uuid;
    uint64_t number;

    cursor_bytes(&body, 1); /* flags */
    uuid = cursor_bytes(&body, GTID_UUID);
    number = cursor_number(&body, 8);
    if (body.is_short || !gtid_is_number(number))
        return false;
    write(text, uuid, (struct slice){"", 0}, number);
    return true;
}

bool gtid_is_tag(struct slice tag)
{
    for (size_t i = 0; i < tag.len; i++) {
        unsigned char c = tag.data[i];

        if (!islower(c) && c != '_' && (i == 0 || !isdigit(c)))
            return false;
    }
    return tag.len <= GTID_TAG_MAX;
}

/*
 * Each field stands behind its number. The number of the format and the length of it all come first, then
 * which fields may not be left aside by those who do not know them.
 */
bool gtid_read_tagged(struct cursor body, char *text)
{
    enum { FLAGS, SERVER, NUMBER, TAG };
    char bytes[GTID_UUID];
    struct slice tag;
    uint64_t length = body.rest.len, number;
    bool fits = gtid_take_number(&body) == 1 && gtid_take_number(&body) == length;

    gtid_take_number(&body);
    fits &= gtid_take_number(&body) == FLAGS;
    gtid_take_number(&body);
    fits &= gtid_take_number(&body) == SERVER;
    for (size_t i = 0; i < GTID_UUID; i++) {
        uint64_t byte = gtid_take_number(&body);

        fits &= byte <= UINT8_MAX;
        bytes[i] = (char)byte;
    }
    fits &= gtid_take_number(&body) == NUMBER;
    number = gtid_take_number(&body); /* of those with a sign, which is the lowest bit */
    fits &= (number & 1) == 0 && gtid_is_number(number >> 1);
    fits &= gtid_take_number(&body) == TAG;
    tag = cursor_bytes(&body, gtid_take_number(&body));
    if (!fits || body.is_short || !gtid_is_tag(tag))
        return false;
    write(text, (struct slice){bytes, GTID_UUID}, tag, number >> 1);
    return true;
}
