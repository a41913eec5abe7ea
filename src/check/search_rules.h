/*
 * search_rules - whether a map searches as Postfix would ask a mysql: table in its place. Postfix leaves
 * that to the table, so what it has set has to be in vmapd.conf as well. Pure.
 */
#ifndef VMAPD_CHECK_SEARCH_RULES_H
#define VMAPD_CHECK_SEARCH_RULES_H

#include "checks.h"
#include "config.h"
#include "parameters.h"
#include "postconf.h"

/* How Postfix would search: that of a parameter, or of a restriction in it. */
struct search_wanted {
    enum search search;
    const char *propagation; /* as in struct parameter */
    const char *parents;
};

/* service: of master.cf, whose settings count; "" = main.cf. where: for messages. */
void check_search_rules(struct check *check, const struct config *config,
                        const struct postconf *postconf, const char *service, const char *where,
                        const struct search_wanted *wanted, const struct map_def *map);

#endif
