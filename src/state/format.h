/*
 * format - what is in a state file, byte for byte. Numbers are little-endian.
 *
 *   head   "VMAPDST\n", u32 version, u32 tables, u64[2] boot, u64 boot_ms, u64 wall_ms,
 *          u64[2] fingerprint of each table, u64 check
 *   block  u32 bytes, u32 entries, the entries, u64 check; any number of them
 *   entry  u16 table (its place in the head), u16 key length, u32 value length (highest bit:
 *          negative), s64 when it was said, ms after the time in the head; key, value
 *   end    u32 16, u32 0, u64 entries in all, u64 ms that the saving took, u64 check
 *
 * A check is the hash of all before it in its part, keyed with the part's place in the file, so
 * that no byte can change and no part go missing unseen.
 */
#ifndef VMAPD_STATE_FORMAT_H
#define VMAPD_STATE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

#define STATE_MAGIC       "VMAPDST\n"
#define STATE_MAGIC_BYTES 8
#define STATE_VERSION     1u

#define STATE_HEAD_BYTES    48u /* before the fingerprints */
#define STATE_TABLE_BYTES   16u
#define STATE_BLOCK_BYTES   8u /* before the entries */
#define STATE_ENTRY_BYTES   16u
#define STATE_END_BYTES     16u
#define STATE_CHECK_BYTES   8u
#define STATE_TABLES_MAX    65535u
#define STATE_BLOCK_MAX     (16u << 20) /* no block of ours is longer, so none that we read is */
#define STATE_NEGATIVE      0x80000000u
#define STATE_BLOCK_ENTRIES 4 /* where the number of entries is in a block */

void state_add_u16(struct buffer *out, uint16_t value);
void state_add_u32(struct buffer *out, uint32_t value);
void state_add_u64(struct buffer *out, uint64_t value);
void state_set_u32(struct buffer *out, size_t at, uint32_t value);

uint16_t state_u16(const char *data);
uint32_t state_u32(const char *data);
uint64_t state_u64(const char *data);

/* The check of a part; the head is part 0. */
uint64_t state_check(uint64_t part, const char *data, size_t len);

#endif
