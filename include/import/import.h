/*
 * import - from Postfix's mysql: tables to maps of vmapd: what can move, how, and what cannot and
 * why. Pure but for import_local_domains(), which reads files that main.cf names. Nothing of Postfix
 * is ever changed; a person runs the commands that are printed.
 *
 * One Postfix parameter becomes one map with its tables in order, because Postfix searches each key
 * in all tables before the next key. A map may therefore replace a part of a list only where no
 * partial key is asked, or where what stays in the list is asked before it and for whole keys only.
 */
#ifndef VMAPD_IMPORT_IMPORT_H
#define VMAPD_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "parameters.h"
#include "postconf.h"

struct import_map {
    char *name;
    char *origin; /* "virtual_alias_maps = ..." */
    const struct lookup_use *use;
    bool propagates;       /* SEARCH_ALIAS */
    bool parents_undotted; /* SEARCH_DOMAIN: Postfix asks "parent", not ".parent" */
    bool by_hand;          /* nothing uses it until a person has thought about it */
    char **tables;         /* paths of mysql_table(5) files */
    size_t table_count;
};

/* A parameter that gets another value. */
struct import_change {
    char *service; /* "submission/inet"; "" = main.cf */
    char *parameter;
    char *before; /* as written */
    char *after;
};

/* A parameter that keeps its mysql: tables. */
struct import_stay {
    char *what;   /* the parameter, and its service */
    char *reason; /* a sentence */
    char *advice; /* what to do; commands on lines of their own begin with a tab */
};

struct import_plan {
    const struct postconf *postconf;
    struct import_map *map;
    size_t map_count;
    struct import_change *change;
    size_t change_count;
    struct import_stay *stay;
    size_t stay_count;
};

/* Whether vmapd could serve the mysql_table(5) file at path; if not, says why. */
typedef bool import_check(const char *path, struct buffer *error);

struct import_plan *import_plan_new(const struct postconf *postconf, import_check *check);
void import_plan_free(struct import_plan *plan);

/*
 * The domains whose localparts Postfix also looks up alone (myorigin, mydestination), with ", "
 * between them; what could not be found out is appended to notes, one sentence to a line.
 */
void import_local_domains(const struct postconf *postconf, struct buffer *domains,
                          struct buffer *notes);

/* Append vmapd.conf; the report for people, with the commands to switch and to go back. */
void import_write_config(const struct import_plan *plan, struct buffer *out);
void import_write_report(const struct import_plan *plan, struct buffer *out);

#endif
