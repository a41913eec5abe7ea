/*
 * remote - the asking side of the control socket (control_protocol.h). Blocks.
 */
#ifndef VMAPD_VMAPCTL_REMOTE_H
#define VMAPD_VMAPCTL_REMOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

/*
 * Send the words to the vmapd that listens on the socket at path, and append what it says to text.
 * *status is its verdict (enum control_status). False: there is no answer within timeout_s seconds of
 * silence, or no vmapd; one line that says why, without a newline, is appended to error.
 */
bool remote_ask(const char *path, const char *const *words, size_t count, unsigned timeout_s,
                int *status, struct buffer *text, struct buffer *error);

/* The same as a ask_vmapd (ask.h); arg is the struct vmapctl whose socket it is. */
int remote_ask_for(void *arg, const char *const *words, size_t count, struct buffer *text);

#endif
