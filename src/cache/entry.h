/*
 * entry - how the cache keeps one answer in memory: 16 bytes, the key, the value, padded to 8 bytes.
 * A reference is a page and an offset within it in units of 8 bytes, in 32 bits; 0 is none.
 */
#ifndef VMAPD_CACHE_ENTRY_H
#define VMAPD_CACHE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "pages.h"

typedef uint32_t entry_ref;

#define ENTRY_UNIT        8u
#define ENTRY_OFFSET_BITS 12 /* PAGE_BYTES / ENTRY_UNIT */
#define ENTRY_KEY_MAX     1000u
#define ENTRY_VALUE_MAX   100000u /* no reply can carry more */
#define ENTRY_USES_MAX    3u
#define ENTRY_LEN_MASK    0x1ffffu

/* Times are ms on a scale that begins this long before the monotonic clock, about 4 years. */
#define ENTRY_TIME_BIAS ((uint64_t)1 << 37)
#define ENTRY_TIME_END  ((uint64_t)1 << 40)

struct entry {
    uint64_t stored_ms : 40;
    uint64_t value_len : 17;
    uint64_t uses : 2;     /* asked since its page last came to the end of its queue */
    uint64_t negative : 1; /* "not found": no value */
    uint64_t removed : 1;  /* no longer in the index, only takes up room */
    uint64_t coming : 1;   /* a row that was new in the pass that its time is of, see tables.h */
    uint64_t unused : 2;
    uint32_t hash;
    uint16_t table;
    uint16_t key_len;
    char bytes[]; /* key, value */
};

static inline size_t entry_bytes(size_t key_len, size_t value_len)
{
    return (sizeof(struct entry) + key_len + value_len + ENTRY_UNIT - 1) &
           ~(size_t)(ENTRY_UNIT - 1);
}

static inline size_t entry_size(const struct entry *entry)
{
    return entry_bytes(entry->key_len, entry->value_len);
}

static inline struct slice entry_key(const struct entry *entry)
{
    return (struct slice){entry->bytes, entry->key_len};
}

static inline struct slice entry_value(const struct entry *entry)
{
    return (struct slice){entry->bytes + entry->key_len, entry->value_len};
}

static inline entry_ref entry_ref_of(page_id page, size_t offset)
{
    return page << ENTRY_OFFSET_BITS | (entry_ref)(offset / ENTRY_UNIT);
}

static inline struct entry *entry_at(const struct pages *pages, entry_ref ref)
{
    char *page = page_at(pages, ref >> ENTRY_OFFSET_BITS);

    return (struct entry *)(void *)(page +
                                    (size_t)(ref & ((1u << ENTRY_OFFSET_BITS) - 1)) * ENTRY_UNIT);
}

#endif
