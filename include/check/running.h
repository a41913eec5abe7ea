/* running - whether vmapd runs, and with the configuration that was checked. */
#ifndef VMAPD_CHECK_RUNNING_H
#define VMAPD_CHECK_RUNNING_H

#include <stdbool.h>

#include "ask.h"
#include "checks.h"
#include "config.h"

/* is_used: Postfix names it. */
void check_running(struct check *check, const struct config *config, bool is_used, ask_vmapd *ask,
                   void *arg);

#endif
