/* outage - what would lose known recipients while the database is away, though all is well today. */
#ifndef VMAPD_CHECK_OUTAGE_H
#define VMAPD_CHECK_OUTAGE_H

#include "ask.h"
#include "checks.h"
#include "config.h"
#include "postconf.h"

/* Only for a Postfix that uses our maps. Asks vmapd for some mailboxes, and doveconf(1) if there is one. */
void check_outage(struct check *check, const struct config *config, const struct postconf *postconf,
                  ask_vmapd *ask, void *arg);

#endif
