/*
 * top_screen - what vmapctl top shows: two answers of `stats --json`, and what came between them.
 * Pure.
 */
#ifndef VMAPD_VMAPCTL_TOP_SCREEN_H
#define VMAPD_VMAPCTL_TOP_SCREEN_H

#include <jansson.h>
#include <stddef.h>

#include "buffer.h"

/*
 * Append the screen: lines of at most columns characters, at most rows of them. before is what now
 * was seconds ago; NULL (or from before a restart of vmapd): the rates are those since its start.
 * Members that are missing count as 0.
 */
void top_screen(const json_t *before, const json_t *now, double seconds, size_t rows,
                size_t columns, struct buffer *out);

#endif
