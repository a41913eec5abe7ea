/*
 * list - the value of one Postfix parameter as a list of members, with each $name replaced
 * where a mysql: table comes out of it and left alone where none does. Pure.
 */
#ifndef VMAPD_IMPORT_LIST_H
#define VMAPD_IMPORT_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct import_member {
    char *text;   /* for the new value */
    char *table;  /* what follows "mysql:"; NULL: not a mysql: table */
    bool negated; /* these two of a mysql: table */
    bool proxied;
    bool pattern;  /* everything in it is asked for whole keys only */
    bool empty;    /* a $name that stands for nothing */
    bool composed; /* a mysql: table is inside it, as in unionmap:{...} */
};

struct import_list {
    struct import_member *member;
    size_t count;
};

/* The value as written, and as postconf(1) expands it. */
void import_list_read(struct import_list *list, const char *written, const char *expanded);
void import_list_free(struct import_list *list);

#endif
