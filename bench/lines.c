/* lines - see the header. */
#include "lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "xmalloc.h"

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    /* No file has a NUL byte that is meant for us: this reads all of it. */
    if (file == NULL || getdelim(&text, &size, '\0', file) <= 0)
        log_fatal("cannot read %s: %s", path, strerror(errno));
    fclose(file);
    return text;
}

static size_t count_lines(const char *text)
{
    size_t count = 0;

    for (; (text = strchr(text, '\n')) != NULL; text++)
        count++;
    return count;
}

void lines_read(struct lines *lines, const char *path)
{
    char *rest;

    lines->text = read_all(path);
    lines->count = count_lines(lines->text);
    lines->line = xcalloc(lines->count + 1, sizeof(*lines->line));
    rest = lines->text;
    for (size_t i = 0; i < lines->count; i++)
        lines->line[i] = strsep(&rest, "\n");
    if (lines->count == 0)
        log_fatal("%s: no lines", path);
}

void lines_free(struct lines *lines)
{
    free(lines->line);
    free(lines->text);
    *lines = (struct lines){0};
}
