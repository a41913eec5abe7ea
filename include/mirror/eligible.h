/*
 * eligible - whether a table can be mirrored, as far as its definition tells. Pure.
 */
#ifndef VMAPD_MIRROR_ELIGIBLE_H
#define VMAPD_MIRROR_ELIGIBLE_H

#include "table_def.h"
#include "turn.h"

/* False: why not, a sentence without a full stop, was appended to reason. turned_free() in any case. */
bool eligible_check(const struct table_def *def, struct turned *turned, struct buffer *reason);

#endif
