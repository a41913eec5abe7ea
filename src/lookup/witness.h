/*
 * witness - two that know something of a key: the table's mirror, and what the database itself has said
 * lately. The younger has the word. Pure.
 */
#ifndef VMAPD_LOOKUP_WITNESS_H
#define VMAPD_LOOKUP_WITNESS_H

#include "cache.h"
#include "mirror.h"
#include "table_def.h"

/*
 * Make of the cache's answer what is left of it beside the mirror's, which is not one that is told at
 * once: a value of a mirror that is not live becomes an answer as old as that; what the mirror refutes is
 * nothing, or old where it only may be refuted.
 */
void witness_weigh(const struct table_def *def, const struct mirror_answer *said,
                   struct cache_answer *answer);

#endif
