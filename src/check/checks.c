/* checks - see the header. */
#include "checks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 0))) static void add_line(struct check *check, const char *kind,
                                                           const char *format, va_list args)
{
    char line[4000];

    vsnprintf(line, sizeof(line), format, args);
    buffer_printf(&check->text, "%s: %s\n", kind, line);
}

void check_ok(struct check *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_line(check, "ok", format, args);
    va_end(args);
}

void check_note(struct check *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_line(check, "note", format, args);
    va_end(args);
}

/* Whether the line that begins at start is there before, too. */
static bool is_repeated(const struct buffer *text, size_t start)
{
    const char *line = text->data + start;
    size_t len = text->len - start;

    for (const char *at = text->data; at < line; at = strchr(at, '\n') + 1)
        if (strncmp(at, line, len) == 0)
            return true;
    return false;
}

void check_problem(struct check *check, const char *format, ...)
{
    size_t start = check->text.len;
    va_list args;

    va_start(args, format);
    add_line(check, "problem", format, args);
    va_end(args);
    if (is_repeated(&check->text, start)) {
        check->text.len = start;
        check->text.data[start] = '\0';
        return;
    }
    check->problems++;
}
