/* columns - see the header. */
#include "columns.h"

#include <stdint.h>

/* The first line of text, without its newline; text goes on behind it. */
static struct slice next_line(struct slice *text)
{
    const char *end = text->len != 0 ? memchr(text->data, '\n', text->len) : NULL;
    struct slice line = {text->data, end != NULL ? (size_t)(end - text->data) : text->len};
    size_t used = line.len + (end != NULL);

    *text = (struct slice){text->data + used, text->len - used};
    return line;
}

/* Bytes of the first width characters; *used is how many characters there are. */
static size_t bytes_of(struct slice line, size_t width, size_t *used)
{
    size_t bytes = 0;

    *used = 0;
    while (bytes < line.len) {
        bool begins = ((unsigned char)line.data[bytes] & 0xc0) != 0x80;

        if (begins && *used == width)
            break;
        *used += begins;
        bytes++;
    }
    return bytes;
}

void columns_paste(struct slice left, struct slice right, size_t width, struct buffer *out)
{
    while (left.len != 0 || right.len != 0) {
        struct slice a = next_line(&left);
        struct slice b = next_line(&right);
        size_t used;

        bytes_of(a, a.len, &used);
        buffer_add(out, a.data, a.len);
        for (; b.len != 0 && used < width; used++)
            buffer_add_char(out, ' ');
        buffer_add(out, b.data, b.len);
        buffer_add_char(out, '\n');
    }
}

void columns_cut(struct slice text, size_t width, size_t rows, struct buffer *out)
{
    for (; rows > 0 && text.len != 0; rows--) {
        struct slice line = next_line(&text);
        size_t used;

        line.len = bytes_of(line, width, &used);
        while (line.len > 0 && line.data[line.len - 1] == ' ')
            line.len--;
        buffer_add(out, line.data, line.len);
        buffer_add_char(out, '\n');
    }
}

size_t columns_of(const char *text)
{
    size_t used;

    bytes_of(slice_of(text), SIZE_MAX, &used);
    return used;
}

void columns_add(const char *text, size_t width, struct buffer *out)
{
    size_t used = columns_of(text);

    buffer_add_text(out, text);
    if (used > width) {
        buffer_add_char(out, '\n');
        used = 0;
    }
    for (; used < width; used++)
        buffer_add_char(out, ' ');
}
