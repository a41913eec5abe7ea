/* step - one step of a walk: one key in one table. */
#ifndef VMAPD_LOOKUP_STEP_H
#define VMAPD_LOOKUP_STEP_H

#include "walk.h"

/* What one step of the walk came to. */
enum step {
    STEP_NOT_FOUND, /* go on; also if a table of local_domains has the domain: lookup->is_local */
    STEP_FOUND,     /* lookup->found is the value */
    STEP_FAILED,    /* lookup->found is the reason, lookup->failure the outcome */
    STEP_WAIT       /* a flight will call back, or the timer */
};

/* The answer of the table to the key that the walk has come to. */
enum step lookup_step(struct lookup *lookup, uint64_t now_ms);

/* What a step that waited comes to: by its flight (text is borrowed), or because time is up. */
enum step lookup_step_landed(struct lookup *lookup, enum outcome outcome, struct slice text);
enum step lookup_step_late(struct lookup *lookup, uint64_t now_ms);

/* Give back the old value that it waits with. */
void lookup_drop_old(struct lookup *lookup);

enum step lookup_fail(struct lookup *lookup, enum outcome failure, struct slice reason);

#endif
