/*
 * cf - main.cf syntax (postconf(5)) with optional [section] lines: logical lines with their file
 * and line number. Knows nothing of what the names mean.
 *
 * The rules are those of Postfix's readlline(3), dict_load_fp() and split_nameval(3): a line whose
 * first character that is not white space is '#', and a line of white space alone, do not exist, not
 * even between continued lines; a line that begins with white space continues the one before and
 * keeps that white space; white space around name and value is trimmed. A carriage return is white
 * space, so files with CRLF line ends are read as Postfix reads them.
 */
#ifndef VMAPD_CONFIG_CF_H
#define VMAPD_CONFIG_CF_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

/* Bounds on what is read, bytes. */
#define CF_FILE_MAX (4u << 20)
#define CF_LINE_MAX (1u << 20)

enum cf_kind { CF_SECTION, CF_PARAMETER };

/* A physical line that continues a logical one. */
struct cf_piece {
    unsigned line;
    size_t at; /* where in the value its text begins */
};

struct cf_line {
    enum cf_kind kind;
    unsigned line; /* where the logical line begins, from 1 */
    char *name;    /* parameter name; or the section's first word ("map") */
    char *value;   /* trimmed, continued lines joined; or the rest of the section ("aliases") */
    struct cf_piece *pieces; /* of the value, without its first line */
    size_t piece_count;
};

struct cf_file;

/*
 * Read a file or a text. with_sections: whether [section] lines are syntax. NULL on an error, with
 * one "FILE:LINE: message" (or "FILE: message") appended to error. Without sections, what Postfix
 * reads in spite of a mistake is read as it does, with a warning.
 */
struct cf_file *cf_read(const char *path, bool with_sections, struct buffer *error);
struct cf_file *cf_parse(const char *name, struct slice text, bool with_sections,
                         struct buffer *error);
void cf_free(struct cf_file *file);

const char *cf_name(const struct cf_file *file);
size_t cf_count(const struct cf_file *file);
const struct cf_line *cf_line(const struct cf_file *file, size_t index);

/* The physical line that this place of the value stands in. */
unsigned cf_line_at(const struct cf_line *line, size_t at);

/* Whether the permissions of the file that was read give anything to others than owner and group. */
bool cf_is_public(const struct cf_file *file);

#endif
