/*
 * privileges - become another user for good, after what needs root was done.
 */
#ifndef VMAPD_DAEMON_PRIVILEGES_H
#define VMAPD_DAEMON_PRIVILEGES_H

#include <stdbool.h>

#include "buffer.h"

/*
 * Take on the user, its primary group and its supplementary groups. user "": nothing to do. Not
 * root: fine if we are that user already, an error otherwise. False: a message in error.
 */
bool privileges_drop(const char *user, struct buffer *error);

/* Keep passwords out of core dumps and away from debuggers of the same user. */
void privileges_hide_memory(void);

#endif
