/*
 * sockets - whether a user can reach the unix sockets of the configuration, by the modes and owners of
 * what is on the way (not by access control lists).
 */
#ifndef VMAPD_CHECK_SOCKETS_H
#define VMAPD_CHECK_SOCKETS_H

#include "checks.h"
#include "config.h"

/* The user is the one as which Postfix connects. */
void check_sockets(struct check *check, const struct config *config, const char *user);

#endif
