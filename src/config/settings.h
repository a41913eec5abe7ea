/*
 * settings - what was written in one section of vmapd.conf, or in one mysql_table(5) file: text and
 * line of each parameter of the option table. Values are looked for along a chain of settings, from
 * the section itself to those that it takes its defaults from.
 */
#ifndef VMAPD_CONFIG_SETTINGS_H
#define VMAPD_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "cf.h"
#include "options.h"

struct setting {
    const char *text; /* NULL = not written; borrowed from the cf_file */
    unsigned line;
    const struct cf_line *written; /* where text is from */
};

struct settings {
    enum option_section kind;
    const char *file;        /* borrowed */
    const char *name;        /* NAME of [map NAME] or [table NAME], else ""; borrowed */
    unsigned line;           /* of the [section] line; 0 if there is none; 1 for a .cf file */
    struct setting *setting; /* one for each row of the option table */
};

/* Nothing written yet. file and name are borrowed, and so are the lines added later. */
struct settings *settings_new(enum option_section kind, const char *file, const char *name,
                              unsigned line);
void settings_free(struct settings *settings);

/*
 * Take one parameter. False, with a message: an unknown name, one that does not belong here, one that
 * was written already. In a .cf file these are warnings: Postfix ignores what it does not know, and
 * takes the later of two.
 */
bool settings_add(struct settings *settings, const struct cf_line *line, struct buffer *error);

/* Another text for what was written; borrowed. */
void settings_set(struct settings *settings, const char *name, const char *text);

/* What was written in these settings alone; text NULL: nothing. The name must exist for the kind. */
struct setting settings_get(const struct settings *settings, const char *name);

/* Warn if there is a password in them and the file's permissions are open to others. */
void settings_warn_of_password(const struct settings *settings, const struct cf_file *file);

/* "[map aliases]", "[server]" or "/etc/postfix/x.cf", for messages. */
void settings_title(const struct settings *settings, struct buffer *out);

/* Append "FILE:LINE: " and the message; always false. line 0: the line of the section. */
bool settings_fail(const struct settings *settings, unsigned line, struct buffer *error,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Where to look for a value, in this order. */
#define SETTINGS_CHAIN_MAX 3

struct settings_chain {
    size_t count;
    const struct settings *at[SETTINGS_CHAIN_MAX];
};

struct found {
    const char *text;          /* as written, or the default; NULL = neither */
    const struct settings *in; /* NULL = not written */
    unsigned line;
};

/*
 * The value that holds. If the chain begins with a .cf file, the others are not asked for parameters
 * of mysql_table(5): such a file means the same here as in Postfix.
 */
struct found settings_find(const struct settings_chain *chain, const struct option *option);

/* As settings_find() for the option of that name in the chain's first settings or else the next. */
struct found settings_find_name(const struct settings_chain *chain, const char *name);

/* Say where the value was written, its name, and what was expected of it; always false. */
bool settings_fail_value(const struct settings_chain *chain, const char *name,
                         const char *expectation, struct buffer *error);

/* Store every option of this target in the structure that begins at base. */
bool settings_store(const struct settings_chain *chain, enum option_target target, void *base,
                    struct buffer *error);

#endif
