/* pin - what stays must not change with what moves; see plan.h. Pure. */
#ifndef VMAPD_IMPORT_PIN_H
#define VMAPD_IMPORT_PIN_H

#include "plan.h"

/*
 * When all else is decided: a parameter that stays and takes its tables from one that changes is given
 * them itself; and so is proxy_read_maps, which says what proxymap(8) may open.
 */
void import_pin_references(struct import_plan *plan);
void import_pin_proxied(struct import_plan *plan);

#endif
