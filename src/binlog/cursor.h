/*
 * cursor - reads numbers and names off the front of some bytes, little endian as they stand in a binary log. One
 * that is asked for more than there is says so ever after and gives zeros, so that it is enough to look
 * when all has been read.
 */
#ifndef VMAPD_BINLOG_CURSOR_H
#define VMAPD_BINLOG_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

struct cursor {
    struct slice rest; /* borrowed */
    bool is_short;     /* more was asked for than there was; then nothing is left */
};

/* As if too much had been asked for. */
void cursor_fail(struct cursor *cursor);

/* A number of 1 to 8 bytes. */
uint64_t cursor_number(struct cursor *cursor, size_t bytes);

/* MySQL's number of variable length: a byte below 251, or 2, 3 or 8 bytes behind 252, 253 or 254. */
uint64_t cursor_packed(struct cursor *cursor);

/* So many bytes; empty if there are less. */
struct slice cursor_bytes(struct cursor *cursor, uint64_t len);

/* A byte that says how long the name is, the name, and a NUL; without one it is too short. */
struct slice cursor_name(struct cursor *cursor);

/* It had all that was asked for, and no more. */
bool cursor_is_done(const struct cursor *cursor);

#endif
