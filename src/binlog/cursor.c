/* cursor - see the header. */
#include "cursor.h"

void cursor_fail(struct cursor *cursor)
{
    cursor->is_short = true;
    cursor->rest = (struct slice){"", 0};
}

struct slice cursor_bytes(struct cursor *cursor, uint64_t len)
{
    struct slice bytes = {cursor->rest.data, len};

    if (len > cursor->rest.len) {
        cursor_fail(cursor);
        return cursor->rest;
    }
    cursor->rest.data += len;
    cursor->rest.len -= len;
    return bytes;
}

uint64_t cursor_number(struct cursor *cursor, size_t bytes)
{
    struct slice digits = cursor_bytes(cursor, bytes);
    uint64_t number = 0;

    while (digits.len != 0)
        number = number << 8 | (unsigned char)digits.data[--digits.len];
    return number;
}

uint64_t cursor_packed(struct cursor *cursor)
{
    uint64_t first = cursor_number(cursor, 1);

    switch (first) {
    case 252:
        return cursor_number(cursor, 2);
    case 253:
        return cursor_number(cursor, 3);
    case 254:
        return cursor_number(cursor, 8);
    case 251:
    case 255:
        cursor_fail(cursor);
        return 0;
    default:
        return first;
    }
}

struct slice cursor_name(struct cursor *cursor)
{
    struct slice name = cursor_bytes(cursor, cursor_number(cursor, 1));

    if (cursor_number(cursor, 1) != 0 || memchr(name.data, '\0', name.len) != NULL)
        cursor_fail(cursor);
    return name;
}

bool cursor_is_done(const struct cursor *cursor)
{
    return !cursor->is_short && cursor->rest.len == 0;
}
