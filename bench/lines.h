/* lines - a file in memory, line by line. */
#ifndef BENCH_LINES_H
#define BENCH_LINES_H

#include <stddef.h>

struct lines {
    size_t count;
    char **line; /* without the newline */
    char *text;  /* of them all */
};

/* Exits with a message if the file cannot be read or is empty. */
void lines_read(struct lines *lines, const char *path);
void lines_free(struct lines *lines);

#endif
