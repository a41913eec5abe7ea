/*
 * plan - what becomes of Postfix's mysql: tables: the maps that vmapd gets, the parameters that change
 * for it, and those that stay and why. It only holds; decide.h fills it. Pure.
 *
 * One Postfix parameter becomes one map with its tables in order, because Postfix searches each key
 * in all tables before the next key. A map may therefore replace a part of a list only where no
 * partial key is asked, or where what stays in the list is asked before it and for whole keys only.
 */
#ifndef VMAPD_IMPORT_PLAN_H
#define VMAPD_IMPORT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "parameters.h"
#include "postconf.h"

struct import_map {
    char *name;
    char *origin; /* "virtual_alias_maps = ..." */
    const struct parameter *parameter;
    enum search search;    /* the parameter's, or that of a restriction in it */
    char *service;         /* whose rules about addresses it has; "" = main.cf's */
    bool propagates;       /* SEARCH_ALIAS */
    bool parents_undotted; /* Postfix asks "parent", not ".parent" */
    bool is_access;        /* of a restriction */
    bool by_hand;          /* nothing uses it until a person has thought about it */
    char **tables;         /* paths of mysql_table(5) files */
    size_t table_count;
};

/* The domains that are local to main.cf (""), or to a service of master.cf that has set others. */
struct import_locals {
    char *service;
    char *names;   /* ", " between them */
    char **tables; /* paths of mysql_table(5) files that have more of them */
    size_t table_count;
    char *trouble; /* what vmapd cannot know of, one sentence to a line; "" = nothing */
};

/* A parameter that gets another value. */
struct import_change {
    char *service; /* "submission/inet"; "" = main.cf */
    char *parameter;
    char *before; /* as written; NULL: it was not set */
    char *after;
};

/* A parameter that keeps its mysql: tables. */
struct import_stay {
    char *what;   /* the parameter, and its service */
    char *reason; /* a sentence */
    char *advice; /* what to do; commands on lines of their own begin with a tab */
};

struct import_plan {
    const struct postconf *postconf; /* borrowed; has to outlive the plan */
    struct import_locals *locals;    /* main.cf's first */
    size_t locals_count;
    struct import_map *map;
    size_t map_count;
    struct import_change *change;
    size_t change_count;
    struct import_stay *stay;
    size_t stay_count;
};

/* Empty. Free it with import_plan_free(); NULL is fine there. */
struct import_plan *import_plan_new(const struct postconf *postconf);
void import_plan_free(struct import_plan *plan);

/* What is local to a service. */
const struct import_locals *import_plan_locals(const struct import_plan *plan, const char *service);

/* A map without tables, named after the setting. Good until the next one is added. */
struct import_map *import_plan_add_map(struct import_plan *plan,
                                       const struct postconf_setting *setting);

/*
 * A map with one table for a restriction of the setting, named after the restriction; the same map again
 * for the same table and search. Good until the next one is added.
 */
struct import_map *import_plan_access_map(struct import_plan *plan,
                                          const struct postconf_setting *setting,
                                          const char *restriction, enum search search,
                                          const char *path);
void import_map_add_table(struct import_map *map, const char *path);

/*
 * The set of delimiters for a map, as its service has it. And a service of master.cf that has rules of
 * its own about addresses, and so needs maps of its own; NULL: none.
 */
const char *import_map_delimiter(const struct import_plan *plan, const struct import_map *map);
const char *import_plan_unequal_service(const struct import_plan *plan);

/* These copy what they are given. */
void import_plan_add_change(struct import_plan *plan, const struct postconf_setting *setting,
                            const char *after);
void import_plan_add_stay(struct import_plan *plan, const struct postconf_setting *setting,
                          const char *reason, const char *advice);

#endif
