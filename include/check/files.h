/* files - whether the user of vmapd can read what the configuration names. */
#ifndef VMAPD_CHECK_FILES_H
#define VMAPD_CHECK_FILES_H

#include "checks.h"
#include "config.h"

/* The user is the one as which vmapd runs. */
void check_files(struct check *check, const struct config *config, const char *user);

#endif
