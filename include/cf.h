/*
 * cf - main.cf syntax (postconf(5)) with optional [section] lines: logical lines with their file
 * and line number. Knows nothing of what the names mean.
 */
#ifndef VMAPD_CF_H
#define VMAPD_CF_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

enum cf_kind { CF_SECTION, CF_PARAMETER };

struct cf_line {
    enum cf_kind kind;
    unsigned line;     /* where the logical line begins, from 1 */
    const char *name;  /* parameter name; or the section's first word ("map") */
    const char *value; /* trimmed, continued lines joined; or the rest of the section ("aliases") */
};

struct cf_file;

/*
 * Read a file or a text. with_sections: whether [section] lines are syntax. NULL on an error, with
 * one "FILE:LINE: message" (or "FILE: message") appended to error.
 */
struct cf_file *cf_read(const char *path, bool with_sections, struct buffer *error);
struct cf_file *cf_parse(const char *name, struct slice text, bool with_sections,
                         struct buffer *error);
void cf_free(struct cf_file *file);

const char *cf_name(const struct cf_file *file);
size_t cf_count(const struct cf_file *file);
const struct cf_line *cf_line(const struct cf_file *file, size_t index);

#endif
