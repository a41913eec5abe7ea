/*
 * restrictions - the access(5) tables in a list of restrictions move one by one, each in its place: no
 * table has to do with another there.
 */
#ifndef VMAPD_IMPORT_RESTRICTIONS_H
#define VMAPD_IMPORT_RESTRICTIONS_H

#include <stdbool.h>

#include "decide.h"
#include "plan.h"

/*
 * Whether the setting is such a list: one of Postfix's own, a restriction class, or what somebody has
 * put together for those, to be used as $name.
 */
bool import_is_restrictions(const struct postconf *postconf,
                            const struct postconf_setting *setting);

/* Plan what moves, and say what does not. What a $name stands for is planned where it is set. */
void import_plan_restrictions(struct import_plan *plan, const struct postconf_setting *setting,
                              import_check *check);

#endif
