/*
 * host_address - whether a name is a network address instead. Pure. The rules are those of Postfix's
 * valid_hostaddr(3), which are not quite those of inet_pton(3).
 */
#ifndef VMAPD_RULES_HOST_ADDRESS_H
#define VMAPD_RULES_HOST_ADDRESS_H

#include <stdbool.h>

#include "buffer.h"

/* An IPv4 or IPv6 address without brackets. */
bool host_address_is(struct slice text);

#endif
