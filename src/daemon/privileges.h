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

/*
 * A process has the groups that its user had when it began. If the user was put into another since, append a
 * remark that says so, and what to do. May wait for the user database; any thread.
 */
void privileges_name_new_group(struct buffer *message);

/* Keep passwords out of core dumps and away from debuggers of the same user. */
void privileges_hide_memory(void);

#endif
