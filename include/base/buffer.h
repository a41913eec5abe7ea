/*
 * buffer - bytes that grow at the end and are consumed at the front, and the slice: bytes that
 * somebody else owns. Keys and values are bytes with a length everywhere; nothing relies on NUL,
 * though a buffer always keeps one behind its last byte so that text can be printed.
 */
#ifndef VMAPD_BASE_BUFFER_H
#define VMAPD_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data;
    size_t len;
};

/* A slice of a NUL-terminated string; borrowed. */
static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Zero-initialise (BUFFER_EMPTY); data is NULL until the first byte. */
struct buffer {
    char *data;
    size_t len;
    size_t capacity;
};

#define BUFFER_EMPTY                                                                               \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

/* Append; the arguments are copied and may not point into the buffer itself. */
void buffer_add(struct buffer *buffer, const void *data, size_t len);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Make room for len more bytes and return where they go; set buffer->len after writing them. */
char *buffer_reserve(struct buffer *buffer, size_t len);

/*
 * Put '?' in the place of control characters, from this byte on: for text from outside that people read
 * in a log or on a terminal.
 */
void buffer_mask_controls(struct buffer *buffer, size_t from);

/* Drop the first len bytes. */
void buffer_consume(struct buffer *buffer, size_t len);

/* Forget the content and keep the memory; or give the memory back. */
static inline void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

void buffer_free(struct buffer *buffer);

/* Keep the content, and give back the memory that it does not need. */
void buffer_trim(struct buffer *buffer);

/* The content as text, never NULL; borrowed until the next change. */
const char *buffer_text(const struct buffer *buffer);

static inline struct slice buffer_slice(const struct buffer *buffer)
{
    return (struct slice){buffer->data != NULL ? buffer->data : "", buffer->len};
}

#endif
