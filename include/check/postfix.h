/*
 * postfix - each place where Postfix uses a map of ours: is there such a map, does it search as Postfix
 * would, and may whoever asks use it.
 */
#ifndef VMAPD_CHECK_POSTFIX_H
#define VMAPD_CHECK_POSTFIX_H

#include <stdbool.h>

#include "checks.h"
#include "config.h"
#include "postconf.h"

/* Whether Postfix uses one. */
bool check_postfix(struct check *check, const struct config *config,
                   const struct postconf *postconf);

#endif
