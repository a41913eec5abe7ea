/* start - have vmapd use a configuration that is new. */
#ifndef VMAPD_VMAPCTL_START_H
#define VMAPD_VMAPCTL_START_H

#include <stdbool.h>

#include "vmapctl.h"

/*
 * Enable and restart the service where systemd runs, else have a vmapd that runs reload. Returns when
 * vmapd answers; prints what was done. False: it does not, and why was told.
 */
bool start_vmapd(const struct vmapctl *run, const char *config);

#endif
