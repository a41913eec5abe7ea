/* mydestination - which domains are local, and which of that vmapd can know; see plan.h. */
#ifndef VMAPD_IMPORT_MYDESTINATION_H
#define VMAPD_IMPORT_MYDESTINATION_H

#include "decide.h"
#include "plan.h"

/* Find out for main.cf, and for each service that has something else there. Reads the files that it names. */
void import_find_locals(struct import_plan *plan, import_check *check);

#endif
