/* buffer - see the header. Capacity doubles, so that appending is cheap on average. */
#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "controls.h"
#include "xmalloc.h"

#define SMALLEST_CAPACITY 64

char *buffer_reserve(struct buffer *buffer, size_t len)
{
    size_t needed = buffer->len + len + 1; /* the NUL behind the content */

    if (needed > buffer->capacity) {
        size_t capacity = buffer->capacity != 0 ? buffer->capacity : SMALLEST_CAPACITY;

        while (capacity < needed)
            capacity *= 2;
        buffer->data = xrealloc(buffer->data, capacity);
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->len;
}

void buffer_add(struct buffer *buffer, const void *data, size_t len)
{
    char *end = buffer_reserve(buffer, len);

    if (len != 0)
        memcpy(end, data, len);
    end[len] = '\0';
    buffer->len += len;
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char c)
{
    buffer_add(buffer, &c, 1);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_list again;
    int len;

    va_start(args, format);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len > 0) {
        char *end = buffer_reserve(buffer, (size_t)len);

        vsnprintf(end, (size_t)len + 1, format, again);
        buffer->len += (size_t)len;
    }
    va_end(again);
}

void buffer_mask_controls(struct buffer *buffer, size_t from)
{
    if (buffer->len > from)
        controls_mask(buffer->data + from, buffer->len - from);
}

void buffer_consume(struct buffer *buffer, size_t len)
{
    buffer->len -= len;
    if (len != 0 && buffer->data != NULL)
        memmove(buffer->data, buffer->data + len, buffer->len + 1);
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer)BUFFER_EMPTY;
}

void buffer_trim(struct buffer *buffer)
{
    if (buffer->capacity <= buffer->len + 1)
        return;
    buffer->data = xrealloc(buffer->data, buffer->len + 1);
    buffer->capacity = buffer->len + 1;
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->data != NULL ? buffer->data : "";
}
