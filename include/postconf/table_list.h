/*
 * table_list - the members of a Postfix list of lookup tables ("proxy:mysql:/etc/postfix/x.cf,
 * hash:/etc/postfix/y") or of a match list ("$mydestination !mysql:/etc/postfix/z.cf"). Pure. The
 * rules are those of mystrtokq(3) and match_list(3) of Postfix: members are separated by blanks and
 * commas, braces hold together, each '!' in front negates.
 */
#ifndef VMAPD_POSTCONF_TABLE_LIST_H
#define VMAPD_POSTCONF_TABLE_LIST_H

#include <stdbool.h>

#include "buffer.h"

struct list_member {
    struct slice text; /* as written */
    bool negated;
    bool proxied;      /* behind proxy: */
    struct slice type; /* "mysql", "hash", ...; empty: no "type:" in front */
    struct slice name; /* what follows it */
};

/* Cut the next member off the list; false at its end. Slices point into the list. */
bool table_list_next(struct slice *list, struct list_member *member);

/* Whether one of the members is this, as it is written. */
bool table_list_has(const char *list, const char *member);

/* A mysql: table, directly or behind proxy:. */
bool list_member_is_mysql(const struct list_member *member);

/* Whether a mysql: table stands anywhere in the text, also inside unionmap:{...} and the like. */
bool names_mysql_table(struct slice text);

/*
 * Whether Postfix asks tables of this type for whole keys only, never for parts of an address
 * (DICT_FLAG_PATTERN in Postfix's source).
 */
bool list_member_is_pattern(const struct list_member *member);

#endif
