/*
 * collation - whether two texts of printable ASCII are equal for the server, by the collation of the
 * column that they are compared with. Pure.
 */
#ifndef VMAPD_MIRROR_COLLATION_H
#define VMAPD_MIRROR_COLLATION_H

#include "buffer.h"

/* The same name is not always the same collation. */
enum collation_vendor { COLLATION_MARIADB = 1, COLLATION_MYSQL = 2 };

enum collation_kind {
    COLLATION_UNKNOWN, /* or one in which different letters are equal: only the server knows */
    COLLATION_CI,      /* equal when they are the same but for the case of letters, and only then */
    COLLATION_EXACT,   /* equal when they are the same, and only then */
    COLLATION_SPLITS   /* not equal unless the same but for case; whether then, the server knows */
};

/* name is what COLLATION() of the server says. */
enum collation_kind collation_kind(enum collation_vendor vendor, struct slice name);

#endif
