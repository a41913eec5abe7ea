/* write_all - a whole text to a descriptor that may take it in pieces, or be interrupted. */
#ifndef VMAPD_BASE_WRITE_ALL_H
#define VMAPD_BASE_WRITE_ALL_H

#include <stdbool.h>

#include "buffer.h"

/* Waits as write(2) does. false, with errno: it failed, and a part may have been written. */
bool write_all(int fd, struct slice text);

#endif
