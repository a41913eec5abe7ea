/*
 * cache_mirror - see the header. A row is an entry, found like any other; the rows of a key stand in one
 * chain of the index. What a pass means for rows is in tables.h.
 */
#include "cache_mirror.h"

#include "inside.h"

/* The rows of a key one after the other, those that nobody may see included. */
struct rows {
    const struct store *store;
    cache_table table;
    struct slice key;
    uint32_t hash;
    struct index_search search;
};

static void from_the_first(struct rows *rows)
{
    rows->search = index_search(&rows->store->index, rows->hash);
}

static struct rows rows_of(const struct cache *cache, cache_table table, struct slice key)
{
    struct rows rows = {
        .store = &cache->store, .table = table, .key = key, .hash = cache_hash(cache, table, key)};

    from_the_first(&rows);
    return rows;
}

static inline bool is_row(const struct rows *rows, const struct entry *entry)
{
    return entry->hash == rows->hash && entry->table == rows->table &&
           slice_equal(entry_key(entry), rows->key);
}

/* 0 = no more. */
static entry_ref next_ref(struct rows *rows)
{
    const struct store *store = rows->store;
    entry_ref ref;

    do
        ref = index_next(&store->index, &rows->search);
    while (ref != 0 && !is_row(rows, entry_at(&store->pages, ref)));
    return ref;
}

static struct entry *next_row(struct rows *rows)
{
    entry_ref ref = next_ref(rows);

    return ref != 0 ? entry_at(&rows->store->pages, ref) : NULL;
}

static inline const struct entry *next_visible(struct rows *rows)
{
    const struct store *store = rows->store;
    entry_ref ref;

    while ((ref = index_next(&store->index, &rows->search)) != 0) {
        const struct entry *entry = entry_at(&store->pages, ref);

        if (is_row(rows, entry) && tables_visible(&store->tables, entry))
            return entry;
    }
    return NULL;
}

cache_table cache_mirror_add(struct cache *cache, const struct cache_policy *policy)
{
    return tables_add(&cache->store.tables, policy, true);
}

/* Passes. */

void cache_mirror_begin(struct cache *cache, cache_table table, uint64_t asked_ms)
{
    tables_begin_pass(&cache->store.tables, table, entry_time(asked_ms));
}

void cache_mirror_abort(struct cache *cache, cache_table table)
{
    tables_end_pass(&cache->store.tables, table);
}

/* A row that is there and that the pass has not seen yet. */
static struct entry *unseen(struct rows rows, struct slice value, uint64_t pass_ms)
{
    const struct tables *tables = &rows.store->tables;
    struct entry *entry;

    while ((entry = next_row(&rows)) != NULL)
        if (entry->stored_ms != pass_ms && tables_visible(tables, entry) &&
            slice_equal(entry_value(entry), value))
            break;
    return entry;
}

/* What is left of the key's earlier rows, so that changes do not make its chain longer and longer.
 * Returns how many rows the pass has seen. */
static size_t clear_key(struct store *store, struct rows rows, uint64_t pass_ms)
{
    size_t seen = 0;
    entry_ref ref;

    while ((ref = next_ref(&rows)) != 0) {
        const struct entry *entry = entry_at(&store->pages, ref);

        if (tables_gone(&store->tables, entry)) {
            store_remove(store, ref);
            from_the_first(&rows);
            seen = 0;
        } else {
            seen += entry->stored_ms == pass_ms;
        }
    }
    return seen;
}

static enum cache_mirror_result add_row(struct store *store, const struct rows *rows,
                                        struct slice value, uint64_t pass_ms)
{
    struct store_entry added = {.table = rows->table,
                                .coming = true,
                                .hash = rows->hash,
                                .stored_ms = pass_ms,
                                .key = rows->key,
                                .value = value};

    if (added.key.len > ENTRY_KEY_MAX || value.len > ENTRY_VALUE_MAX ||
        clear_key(store, *rows, pass_ms) >= CACHE_MIRROR_ROWS_MAX)
        return CACHE_MIRROR_CROWDED;
    return store_add(store, &added) ? CACHE_MIRROR_OK : CACHE_MIRROR_FULL;
}

enum cache_mirror_result cache_mirror_row(struct cache *cache, cache_table table, struct slice key,
                                          struct slice value)
{
    struct tables *tables = &cache->store.tables;
    uint64_t pass_ms = tables_at(tables, table)->mirrored.pass_ms;
    struct rows rows = rows_of(cache, table, key);
    enum cache_mirror_result result;
    struct entry *entry;

    if (pass_ms == 0)
        return CACHE_MIRROR_ENDED;
    entry = unseen(rows, value, pass_ms);
    if (entry != NULL) {
        tables_see(tables, entry);
        return CACHE_MIRROR_OK;
    }
    result = add_row(&cache->store, &rows, value, pass_ms);
    if (result != CACHE_MIRROR_OK)
        cache_mirror_abort(cache, table);
    return result;
}

bool cache_mirror_commit(struct cache *cache, cache_table table, uint64_t now_ms,
                         struct cache_mirror_change *change)
{
    const struct mirrored *mirrored = &tables_at(&cache->store.tables, table)->mirrored;
    struct cache_mirror_change done = {.rows = mirrored->seen.entries,
                                       .added = mirrored->coming.entries};
    bool is_pass = mirrored->pass_ms != 0;

    if (is_pass)
        done.removed = tables_commit(&cache->store.tables, table, entry_time(now_ms));
    if (change != NULL)
        *change = done;
    return is_pass;
}

bool cache_mirror_confirm(struct cache *cache, cache_table table, uint64_t asked_ms)
{
    struct mirrored *mirrored = &tables_at(&cache->store.tables, table)->mirrored;

    if (mirrored->whole && entry_time(asked_ms) > mirrored->confirmed_ms)
        mirrored->confirmed_ms = entry_time(asked_ms);
    return mirrored->whole;
}

/* Answers. */

struct cache_mirror_answer cache_mirror_find(const struct cache *cache, cache_table table,
                                             struct slice key, uint64_t now_ms)
{
    const struct mirrored *mirrored = &cache->store.tables.table[table].mirrored;
    struct rows rows = rows_of(cache, table, key);
    const struct entry *entry = next_visible(&rows);
    struct cache_mirror_answer answer = {
        .said = CACHE_MIRROR_UNKNOWN, .whole = mirrored->whole, .unchanged_ms = UINT64_MAX};

    if (mirrored->changed_ms != 0)
        answer.unchanged_ms = entry_age(mirrored->changed_ms, now_ms);
    if (entry != NULL) {
        answer.value = entry_value(entry);
        answer.age_ms = cache_age_said(cache, entry, now_ms);
        answer.said = index_at_end(&rows.search) || next_visible(&rows) == NULL
                          ? CACHE_MIRROR_FOUND
                          : CACHE_MIRROR_SEVERAL;
    } else if (mirrored->whole) {
        answer.age_ms = entry_age(mirrored->confirmed_ms, now_ms);
        answer.said = CACHE_MIRROR_MISSING;
    }
    return answer;
}

size_t cache_mirror_rows(const struct cache *cache, cache_table table, struct slice key,
                         cache_mirror_visit *visit, void *arg)
{
    struct rows rows = rows_of(cache, table, key);
    const struct entry *entry;
    size_t count = 0;

    for (; (entry = next_visible(&rows)) != NULL; count++)
        visit(arg, entry_value(entry));
    return count;
}

struct cache_mirror_counts cache_mirror_counts(const struct cache *cache, cache_table table,
                                               uint64_t now_ms)
{
    const struct cached_table *its = tables_at(&cache->store.tables, table);
    struct tables_sum rows = its->live[false];

    rows.entries -= its->mirrored.coming.entries;
    return (struct cache_mirror_counts){
        .whole = its->mirrored.whole,
        .rows = rows.entries,
        .bytes = store_rows_bytes(its->live[false]),
        .confirmed_age_ms =
            its->mirrored.whole ? entry_age(its->mirrored.confirmed_ms, now_ms) : UINT64_MAX};
}
