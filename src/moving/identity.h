/*
 * identity - whether each mailbox is also an alias of itself. While the database is away "not found" is
 * not told for long, so a mailbox that is in no table of aliases is soon refused.
 */
#ifndef VMAPD_MOVING_IDENTITY_H
#define VMAPD_MOVING_IDENTITY_H

#include "buffer.h"
#include "plan.h"

enum identity {
    IDENTITY_THERE,     /* the tables have it */
    IDENTITY_LACKING,   /* and a table with it changes nothing else */
    IDENTITY_CATCH_ALL, /* it would keep mail from a catch-all that takes it today */
    IDENTITY_UNKNOWN    /* the queries do not tell which mailboxes there are */
};

/* Reads the tables. An example or a reason is appended to detail, but not with THERE or LACKING. */
enum identity identity_find(const struct import_plan *plan, const struct import_map *mailboxes,
                            const struct import_map *aliases, struct buffer *detail);

/* Whether a table of aliases has a domain alone, which makes it a domain with aliases only. */
enum identity_domains { DOMAINS_NONE, DOMAINS_SOME, DOMAINS_UNKNOWN };
enum identity_domains identity_alias_domains(const struct import_map *aliases,
                                             struct buffer *detail);

/* The map that is made of main.cf's parameter; NULL: none is. */
const struct import_map *identity_map_of(const struct import_plan *plan, const char *parameter);

#endif
