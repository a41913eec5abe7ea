/* names - a set of texts (addresses, domains, keys): filled, then sorted once, then asked. */
#ifndef VMAPD_CHECK_NAMES_H
#define VMAPD_CHECK_NAMES_H

#include <stddef.h>

#include "buffer.h"

struct names {
    char **at;
    size_t count;
    size_t capacity;
};

#define NAMES_EMPTY                                                                                \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }
#define NAMES_NO_ONE ((size_t)-1)

/* A copy of text; one with a NUL or a newline is left out, for no table can be asked for it. */
void names_add(struct names *names, struct slice text);

/* In the order of their bytes, each once. */
void names_sort(struct names *names);

/* Index of the text in sorted names, or NAMES_NO_ONE. */
size_t names_find(const struct names *names, struct slice text);
void names_free(struct names *names);

#endif
