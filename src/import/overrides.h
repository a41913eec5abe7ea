/*
 * overrides - what a value of main.cf comes to in a service of master.cf that has something else for a $name in
 * it. postconf(1) tells that of a service's own settings only. Pure.
 */
#ifndef VMAPD_IMPORT_OVERRIDES_H
#define VMAPD_IMPORT_OVERRIDES_H

#include <stdbool.h>

#include "buffer.h"
#include "postconf.h"

/* Whether the value takes something, by whatever way, from what the service has for itself. */
bool import_takes_from_service(const struct postconf *postconf, const char *service,
                               const char *value);

/*
 * Append the value as the service has it, each $name replaced. False: it depends on a condition, or on a name that
 * postconf was not asked for.
 */
bool import_expand_for_service(const struct postconf *postconf, const char *service,
                               const char *value, struct buffer *out);

#endif
