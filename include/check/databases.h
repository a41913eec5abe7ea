/*
 * databases - connect to every host as vmapd would, and try every query there. Nothing is changed in a
 * database: a query is explained, or run with a key that nobody has.
 */
#ifndef VMAPD_CHECK_DATABASES_H
#define VMAPD_CHECK_DATABASES_H

#include "checks.h"
#include "config.h"

/* Blocks: connect_timeout for each host that does not answer. */
void check_databases(struct check *check, const struct config *config);

#endif
