/*
 * local_domains - whether a map takes the same domains for local as Postfix does (mydestination, myorigin):
 * in these the localpart alone is asked for.
 */
#ifndef VMAPD_CHECK_LOCAL_DOMAINS_H
#define VMAPD_CHECK_LOCAL_DOMAINS_H

#include "checks.h"
#include "config.h"
#include "postconf.h"

/* service: of master.cf, whose settings count; "" = main.cf. */
void check_local_domains(struct check *check, const struct config *config,
                         const struct postconf *postconf, const char *service,
                         const struct map_def *map);

#endif
