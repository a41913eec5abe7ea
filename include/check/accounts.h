/* accounts - whether the users and groups that [server] names exist. */
#ifndef VMAPD_CHECK_ACCOUNTS_H
#define VMAPD_CHECK_ACCOUNTS_H

#include "checks.h"
#include "config.h"

void check_accounts(struct check *check, const struct config *config);

#endif
