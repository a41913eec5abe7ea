/*
 * cache - see the header. Here is what an entry is worth: which one answers a key and how fresh it
 * is. Where entries are and which of them go is the store's business, which of them died together the
 * tables'. An entry is found by (table, key) as long as its table has it, also when it is past its
 * time: what the database says next then takes its place.
 */
#include "cache.h"

#include <stdlib.h>

#include "inside.h"
#include "xmalloc.h"

#define TIDY_PAGES 64

/* To give more memory than that back to the system takes a while. */
#define CLEAR_AT_ONCE ((size_t)16 << 20)

struct cache *cache_new(size_t max_bytes, const struct hash_secret *secret)
{
    struct cache *cache = xcalloc(1, sizeof(*cache));

    cache->secret = *secret;
    store_init(&cache->store, max_bytes);
    return cache;
}

void cache_free(struct cache *cache)
{
    if (cache == NULL)
        return;
    store_free(&cache->store);
    free(cache);
}

void cache_resize(struct cache *cache, size_t max_bytes)
{
    store_resize(&cache->store, max_bytes);
}

bool cache_tidy(struct cache *cache)
{
    return store_tidy(&cache->store, TIDY_PAGES);
}

/* Tables. */

cache_table cache_table_add(struct cache *cache, const struct cache_policy *policy)
{
    return tables_add(&cache->store.tables, policy, false);
}

void cache_table_set_policy(struct cache *cache, cache_table table,
                            const struct cache_policy *policy)
{
    tables_at(&cache->store.tables, table)->policy = *policy;
}

void cache_table_drop(struct cache *cache, cache_table table)
{
    tables_drop(&cache->store.tables, table);
    cache_tidy(cache);
}

void cache_table_expire(struct cache *cache, cache_table table)
{
    tables_expire(&cache->store.tables, table);
}

size_t cache_table_entries(const struct cache *cache, cache_table table)
{
    const struct cached_table *its = &cache->store.tables.table[table];

    return its->live[false].entries + its->live[true].entries;
}

size_t cache_flush_table(struct cache *cache, cache_table table)
{
    size_t flushed = tables_forget(&cache->store.tables, table);

    cache_tidy(cache);
    return flushed;
}

size_t cache_flush(struct cache *cache)
{
    const struct tables *tables = &cache->store.tables;
    size_t flushed = tables->live[false].entries + tables->live[true].entries;

    if (store_bytes(&cache->store) <= CLEAR_AT_ONCE) {
        store_clear(&cache->store);
        return flushed;
    }
    for (uint32_t table = 1; table < tables->limit; table++)
        if (tables->table[table].in_use)
            cache_flush_table(cache, (cache_table)table);
    return flushed;
}

/* Entries. */

static entry_ref find(const struct cache *cache, cache_table table, struct slice key, uint32_t hash)
{
    const struct store *store = &cache->store;
    struct index_search search = index_search(&store->index, hash);
    entry_ref ref;

    while ((ref = index_next(&store->index, &search)) != 0) {
        const struct entry *entry = entry_at(&store->pages, ref);

        if (entry->hash == hash && slice_equal(entry_key(entry), key) && entry->table == table)
            break;
    }
    return ref;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
    return a <= UINT64_MAX - b ? a + b : UINT64_MAX;
}

/*
 * When a positive is old enough to be asked again: from a tenth to a twentieth of its ttl before the
 * end, different for each entry, so that what was stored together is not refreshed together.
 */
static uint64_t refresh_age(const struct entry *entry, uint64_t ttl_ms)
{
    uint64_t tenth = ttl_ms / 10;

    return ttl_ms - tenth + tenth / 2 * (entry->hash >> 8 & 0xff) / 256;
}

/* The age at which a statement is no answer any more. */
static uint64_t life_of(const struct cache_policy *policy, bool negative)
{
    return negative ? policy->negative_ttl_ms : sum(policy->ttl_ms, policy->stale_ttl_ms);
}

/* The age at which it is of no use any more; a negative that has lapsed has a use, see cache_answer. */
static uint64_t use_of(const struct cache_policy *policy, bool negative)
{
    return sum(negative ? policy->negative_ttl_ms : policy->ttl_ms, policy->stale_ttl_ms);
}

static enum cache_state state_of(const struct cache *cache, const struct entry *entry,
                                 uint64_t age_ms)
{
    const struct tables *tables = &cache->store.tables;
    const struct cache_policy *policy = &tables->table[entry->table].policy;

    if (age_ms >= life_of(policy, entry->negative) || tables_dead(tables, entry))
        return CACHE_NOTHING;
    if (entry->negative)
        return tables_expired(tables, entry) ? CACHE_NOTHING : CACHE_FRESH;
    if (tables_expired(tables, entry) || age_ms >= policy->ttl_ms)
        return CACHE_STALE;
    return age_ms < refresh_age(entry, policy->ttl_ms) ? CACHE_FRESH : CACHE_REFRESH;
}

static bool has_use(const struct cache *cache, const struct entry *entry, uint64_t age_ms)
{
    const struct tables *tables = &cache->store.tables;
    const struct cache_policy *policy = &tables->table[entry->table].policy;

    return !tables_dead(tables, entry) && age_ms < use_of(policy, entry->negative);
}

static struct cache_answer answer(const struct cache *cache, entry_ref ref, uint64_t now_ms)
{
    struct cache_answer result = {.state = CACHE_NOTHING};
    const struct entry *entry;

    if (ref == 0)
        return result;
    entry = entry_at(&cache->store.pages, ref);
    result.age_ms = entry_age(entry->stored_ms, now_ms);
    result.state = state_of(cache, entry, result.age_ms);
    if (!has_use(cache, entry, result.age_ms))
        return (struct cache_answer){.state = CACHE_NOTHING};
    result.negative = entry->negative;
    result.value = entry_value(entry);
    return result;
}

struct cache_answer cache_peek(const struct cache *cache, cache_table table, struct slice key,
                               uint64_t now_ms)
{
    return answer(cache, find(cache, table, key, cache_hash(cache, table, key)), now_ms);
}

struct cache_answer cache_get(struct cache *cache, cache_table table, struct slice key,
                              uint64_t now_ms)
{
    entry_ref ref = find(cache, table, key, cache_hash(cache, table, key));

    if (ref != 0) {
        struct entry *entry = entry_at(&cache->store.pages, ref);

        if (entry->uses < ENTRY_USES_MAX)
            entry->uses++;
    }
    return answer(cache, ref, now_ms);
}

/* The same statement again, or another one of the same length: no need for another place. */
static bool renew(struct cache *cache, struct entry *entry, const struct store_entry *said)
{
    if (entry->negative != said->negative || entry->value_len != said->value.len)
        return false;
    tables_leave(&cache->store.tables, entry);
    entry->stored_ms = said->stored_ms & (ENTRY_TIME_END - 1);
    tables_join(&cache->store.tables, entry);
    memcpy(entry->bytes + entry->key_len, said->value.data, said->value.len);
    return true;
}

static bool can_be_kept(const struct store_entry *said)
{
    return said->key.len <= ENTRY_KEY_MAX && said->value.len <= ENTRY_VALUE_MAX &&
           said->stored_ms < ENTRY_TIME_END;
}

static void put(struct cache *cache, struct store_entry *said, entry_ref there)
{
    struct store *store = &cache->store;
    bool keep = can_be_kept(said);

    if (there != 0) {
        struct entry *entry = entry_at(&store->pages, there);

        if (keep && renew(cache, entry, said))
            return;
        said->uses = entry->uses;
        store_remove(store, there);
    }
    if (keep)
        store_add(store, said);
}

static void store(struct cache *cache, struct store_entry *said)
{
    said->hash = cache_hash(cache, said->table, said->key);
    said->stored_ms = tables_time(&cache->store.tables, said->table, said->stored_ms);
    put(cache, said, find(cache, said->table, said->key, said->hash));
}

void cache_store(struct cache *cache, cache_table table, struct slice key, struct slice value,
                 uint64_t now_ms)
{
    struct store_entry said = {
        .table = table, .key = key, .value = value, .stored_ms = entry_time(now_ms)};

    store(cache, &said);
}

void cache_store_negative(struct cache *cache, cache_table table, struct slice key, uint64_t now_ms)
{
    struct store_entry said = {.table = table,
                               .negative = true,
                               .key = key,
                               .value = slice_of(""),
                               .stored_ms = entry_time(now_ms)};

    store(cache, &said);
}

size_t cache_flush_key(struct cache *cache, cache_table table, struct slice key)
{
    uint32_t hash = cache_hash(cache, table, key);
    size_t flushed = 0;
    entry_ref ref;

    tables_break(&cache->store.tables, table);
    while ((ref = find(cache, table, key, hash)) != 0) {
        flushed += !tables_gone(&cache->store.tables, entry_at(&cache->store.pages, ref));
        store_remove(&cache->store, ref);
    }
    return flushed;
}

/* The state file. */

struct walk {
    const struct cache *cache;
    uint64_t now_ms;
    cache_visit *visit;
    void *arg;
    size_t left;
};

static void walk_entry(void *arg, entry_ref ref)
{
    struct walk *walk = arg;
    const struct tables *tables = &walk->cache->store.tables;
    const struct entry *entry = entry_at(&walk->cache->store.pages, ref);
    struct cache_entry seen = {.table = entry->table,
                               .negative = entry->negative,
                               .key = entry_key(entry),
                               .value = entry_value(entry),
                               .age_ms = cache_age_said(walk->cache, entry, walk->now_ms)};

    if (!tables_visible(tables, entry) || !has_use(walk->cache, entry, seen.age_ms))
        return;
    walk->visit(walk->arg, &seen);
    walk->left -= walk->left > 0;
}

void cache_walk(const struct cache *cache, uint64_t *cursor, size_t most, uint64_t now_ms,
                cache_visit *visit, void *arg)
{
    struct walk walk = {cache, now_ms, visit, arg, most};
    size_t buckets = most;

    do
        index_walk(&cache->store.index, cursor, walk_entry, &walk);
    while (*cursor != 0 && walk.left > 0 && --buckets > 0);
}

/* Rather none of a mirror's rows than some of a key's. */
static void restore_row(struct cache *cache, const struct store_entry *said)
{
    struct mirrored *mirrored = &tables_at(&cache->store.tables, said->table)->mirrored;

    if (mirrored->whole || mirrored->unfit || mirrored->pass_ms != 0)
        return;
    if (said->negative || !can_be_kept(said) || !store_add(&cache->store, said)) {
        tables_forget(&cache->store.tables, said->table);
        mirrored->unfit = true;
    }
}

void cache_restore(struct cache *cache, const struct cache_entry *saved, uint64_t now_ms)
{
    uint64_t now = entry_time(now_ms);
    struct store_entry said = {.table = saved->table,
                               .negative = saved->negative,
                               .hash = cache_hash(cache, saved->table, saved->key),
                               .key = saved->key,
                               .value = saved->negative ? slice_of("") : saved->value,
                               .stored_ms = now > saved->age_ms ? now - saved->age_ms : 0};
    const struct cached_table *table = tables_at(&cache->store.tables, said.table);
    entry_ref there;

    if (saved->age_ms >= use_of(&table->policy, saved->negative))
        return;
    if (table->is_mirror) {
        restore_row(cache, &said);
        return;
    }
    there = find(cache, said.table, said.key, said.hash);
    if (there == 0 || entry_at(&cache->store.pages, there)->stored_ms < said.stored_ms)
        put(cache, &said, there);
}

struct cache_counts cache_counts(const struct cache *cache)
{
    const struct store *store = &cache->store;
    const struct tables_sum *live = store->tables.live;

    return (struct cache_counts){.evictions = store->evictions,
                                 .entries = live[false].entries + live[true].entries,
                                 .negative_entries = live[true].entries,
                                 .bytes = store_bytes(store),
                                 .max_bytes = store->max_bytes};
}
