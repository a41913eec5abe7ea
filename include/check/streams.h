/*
 * streams - for tables that want to be told of changes at once: log in to each host as the account that
 * follows its log, and see whether it may, and whether that log tells all. Changes nothing.
 */
#ifndef VMAPD_CHECK_STREAMS_H
#define VMAPD_CHECK_STREAMS_H

#include "checks.h"
#include "config.h"

/* Blocks: connect_timeout for each host that does not answer. */
void check_streams(struct check *check, const struct config *config);

#endif
