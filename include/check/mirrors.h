/* mirrors - which tables that should be mirrored can't be, and why. Pure. */
#ifndef VMAPD_CHECK_MIRRORS_H
#define VMAPD_CHECK_MIRRORS_H

#include "checks.h"
#include "config.h"

void check_mirrors(struct check *check, const struct config *config);

#endif
