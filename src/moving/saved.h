/*
 * saved - Postfix's configuration as it was before it was switched: main.cf and master.cf in a directory
 * beside them, with a copy of both as the switch left them, to see whether somebody edited them since.
 */
#ifndef VMAPD_MOVING_SAVED_H
#define VMAPD_MOVING_SAVED_H

#include <stdbool.h>

#include "buffer.h"

/* Each false: one line why is appended to error. */
bool saved_keep(const char *directory, struct buffer *error);          /* before the first change */
bool saved_keep_switched(const char *directory, struct buffer *error); /* after the last one */

/* Whether both files are as the switch left them. */
bool saved_is_unedited(const char *directory);

/* Both files as they were, byte for byte. */
bool saved_restore(const char *directory, struct buffer *error);
void saved_forget(const char *directory);

#endif
