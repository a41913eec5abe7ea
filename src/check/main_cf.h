/* main_cf - whether each name of a socketmap table in main.cf and master.cf leads somewhere. */
#ifndef VMAPD_CHECK_MAIN_CF_H
#define VMAPD_CHECK_MAIN_CF_H

#include "checks.h"
#include "config.h"
#include "postconf.h"

/* One setting; where is how messages call it. Pure but for a look whether sockets are there. */
void check_table_names(struct check *check, const struct config *config,
                       const struct postconf *postconf, const struct postconf_setting *setting,
                       const char *where);

#endif
