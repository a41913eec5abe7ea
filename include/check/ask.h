/* ask - how vmapctl reaches the running vmapd: its control socket is the caller's. */
#ifndef VMAPD_CHECK_ASK_H
#define VMAPD_CHECK_ASK_H

#include <stddef.h>

#include "buffer.h"

/* Send a command; its answer, or why there is none, is appended to text. enum control_status. */
typedef int ask_vmapd(void *arg, const char *const *words, size_t count, struct buffer *text);

#endif
