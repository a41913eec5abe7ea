/*
 * sections - vmapd.conf taken apart: the settings of each of its sections, checked for names that do
 * not belong and for repetitions.
 */
#ifndef VMAPD_CONFIG_SECTIONS_H
#define VMAPD_CONFIG_SECTIONS_H

#include "buffer.h"
#include "settings.h"

struct cf_file;

struct sections {
    struct settings *server; /* these three are never NULL: a section that is not there is empty */
    struct settings *database;
    struct settings *cache;
    struct settings **maps; /* in the order of the file */
    size_t map_count;
    struct settings **tables;
    size_t table_count;
};

/*
 * False: one message was appended to error. file is borrowed as long as the sections live. Warns of what
 * is hardly meant, or refuses it: see doubts.h.
 */
bool sections_read(struct sections *sections, const struct cf_file *file, struct buffer *error);
void sections_free(struct sections *sections);

/* The name of a [table NAME] like this one, or NULL. */
const char *sections_table_like(const struct sections *sections, const char *name);

/* The [table NAME] of that name, its place in tables; false if there is none. */
bool sections_table(const struct sections *sections, struct slice name, size_t *index);

#endif
