/* inside - what the files that make up the cache share: the cache itself, its hash and its time. */
#ifndef VMAPD_CACHE_INSIDE_H
#define VMAPD_CACHE_INSIDE_H

#include "cache.h"
#include "store.h"

struct cache {
    struct hash_secret secret;
    struct store store;
};

/* Each table has a hash of its own: a key that several tables know is several keys. */
static inline uint32_t cache_hash(const struct cache *cache, cache_table table, struct slice key)
{
    struct hash_secret secret = cache->secret;

    secret.word[1] ^= table;
    return (uint32_t)hash_bytes(&secret, key.data, key.len);
}

/* Entries keep times on a scale on which even those of an earlier boot have one. */
static inline uint64_t entry_time(uint64_t now_ms)
{
    return now_ms + ENTRY_TIME_BIAS;
}

static inline uint64_t entry_age(uint64_t stored_ms, uint64_t now_ms)
{
    uint64_t now = entry_time(now_ms);

    return now > stored_ms ? now - stored_ms : 0;
}

/* How old what it says is. An expired table's entries are past theirs before it. */
static inline uint64_t cache_age_said(const struct cache *cache, const struct entry *entry,
                                      uint64_t now_ms)
{
    const struct tables *tables = &cache->store.tables;
    uint64_t age_ms = entry_age(tables_said_ms(tables, entry), now_ms);
    const struct cache_policy *policy = &tables->table[entry->table].policy;
    uint64_t ttl_ms = entry->negative ? policy->negative_ttl_ms : policy->ttl_ms;

    return tables_expired(tables, entry) && age_ms < ttl_ms ? ttl_ms : age_ms;
}

#endif
