/* xmalloc - see the header. */
#include "xmalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static void *checked(void *ptr, size_t size)
{
    if (ptr == NULL)
        log_fatal("out of memory: cannot allocate %zu bytes", size);
    return ptr;
}

void *xmalloc(size_t size)
{
    return checked(malloc(size != 0 ? size : 1), size);
}

void *xcalloc(size_t count, size_t size)
{
    if (count == 0 || size == 0)
        count = size = 1;
    return checked(calloc(count, size), count * size);
}

void *xrealloc(void *ptr, size_t size)
{
    return checked(realloc(ptr, size != 0 ? size : 1), size);
}

char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t len)
{
    char *copy = xmalloc(len + 1);

    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *xasprintf(const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    return checked(text, strlen(format));
}
