/*
 * parameters - what Postfix asks the tables behind each of its parameters, found in its source: which
 * search of ours (search_keys.h) gives the same answers. Pure.
 */
#ifndef VMAPD_POSTCONF_PARAMETERS_H
#define VMAPD_POSTCONF_PARAMETERS_H

#include <stdbool.h>

#include "search_keys.h"

/* Who looks up, and how. */
enum parameter_kind {
    PARAMETER_MAPS,         /* maps_find(3): for each key, each table; the values matter */
    PARAMETER_LIST,         /* match_list(3): for each member, each key; found or not is all */
    PARAMETER_BY_VIRTUAL,   /* virtual(8) alone, which refuses socketmap tables */
    PARAMETER_BY_LOCAL,     /* local(8), which refuses them as well */
    PARAMETER_BY_USERS,     /* postdrop(1), run by anybody, who can't open our socket */
    PARAMETER_RESTRICTIONS, /* access(5) tables inside a list of restrictions */
    PARAMETER_NOTHING,      /* names tables without asking them */
    PARAMETER_UNKNOWN
};

struct parameter {
    const char *name;
    enum parameter_kind kind;
    enum search search;      /* PARAMETER_MAPS and PARAMETER_LIST */
    const char *propagation; /* SEARCH_ALIAS: its class in propagate_unmatched_extensions */
    const char *parents;     /* domains: its name in parent_domain_matches_subdomains */
    const char *inherits;    /* the parameter that is its value if it is not set */
};

/* Never NULL; an unknown parameter is PARAMETER_UNKNOWN. */
const struct parameter *parameters_find(const char *name);

/* All of them, from 0 on; NULL after the last. */
const struct parameter *parameters_at(size_t index);

/*
 * What a restriction asks its access(5) table for ("check_sender_access"); false: it is none with a
 * table. And which restriction a table without a word before it stands for; NULL: none.
 */
bool parameters_restriction(struct slice word, enum search *search);
const char *parameters_bare_restriction(const char *parameter);

/* Whether a program of Postfix ("smtpd") asks the tables of this parameter for addresses or names. */
bool parameters_read_by(const struct parameter *parameter, const char *program);

/* Whether this setting, of main.cf or of a service, changes what a search asks or makes of an answer. */
bool parameters_concern_search(const char *setting, enum search search);

/* Whether mail can be refused because its tables have not what is asked for: else it only takes the usual way. */
bool parameters_refuse(const struct parameter *parameter);

/* Whether the order of keys matters: more than one key may be asked for one lookup. */
bool parameters_partial(const struct parameter *parameter);

#endif
