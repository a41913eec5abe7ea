/* configuration - whether vmapd.conf is one. */
#ifndef VMAPD_CHECK_CONFIGURATION_H
#define VMAPD_CHECK_CONFIGURATION_H

#include "checks.h"
#include "config.h"

/* Load it; its warnings are problems. NULL: it is wrong, which is told. Else unref it. */
struct config *check_configuration(struct check *check, const char *path);

#endif
