/*
 * parameters - what Postfix asks the tables behind each of its parameters, found in its source: which
 * search of ours (address.h) gives the same answers. Pure.
 */
#ifndef VMAPD_POSTCONF_PARAMETERS_H
#define VMAPD_POSTCONF_PARAMETERS_H

#include <stdbool.h>

#include "address.h"

/* Who looks up, and how. */
enum lookup_kind {
    LOOKUP_MAPS,         /* maps_find(3): for each key, each table; the values matter */
    LOOKUP_LIST,         /* match_list(3): for each member, each key; found or not is all */
    LOOKUP_BY_VIRTUAL,   /* virtual(8) alone, which refuses socketmap tables */
    LOOKUP_BY_LOCAL,     /* local(8), which refuses them as well */
    LOOKUP_RESTRICTIONS, /* access(5) tables inside a list of restrictions */
    LOOKUP_NOTHING,      /* names tables without asking them */
    LOOKUP_UNKNOWN
};

struct lookup_use {
    const char *parameter;
    enum lookup_kind kind;
    enum search search;      /* LOOKUP_MAPS and LOOKUP_LIST */
    const char *propagation; /* SEARCH_ALIAS: its class in propagate_unmatched_extensions */
    const char *parents;     /* SEARCH_DOMAIN: its name in parent_domain_matches_subdomains */
};

/* Never NULL; an unknown parameter is LOOKUP_UNKNOWN. */
const struct lookup_use *lookup_use_of(const char *parameter);

/* Whether the order of keys matters: more than one key may be asked for one lookup. */
bool lookup_use_is_partial(const struct lookup_use *use);

#endif
