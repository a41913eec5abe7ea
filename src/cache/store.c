/*
 * store - see the header. Every change of a page is one pass over its entries (rewrite), which drops
 * some and packs the others: to evict, or to clear away what is dead.
 */
#include "store.h"

#include <string.h>

#include "log.h"

#define SMALL_MAX (PAGE_BYTES / 8)     /* an entry beyond this has a large page for itself */
#define KEPT_MAX  (PAGE_BYTES / 4 * 3) /* when we press, a page gives at least the rest */
/* Parts of the budget. */
#define SHARE_NEGATIVE 10 /* new negatives never take more */
#define SHARE_NEW      8  /* new positives are the first to give when they have more */
#define SHARE_LARGE    16 /* one entry takes at most that */
#define SHARE_ROWS     2  /* all mirrors together */
#define ROW_INDEX      12 /* bytes of the index for each entry, on average less */
#define INDEX_MARGIN   ((INDEX_GROWTH_PAGES + 1) * (size_t)PAGE_BYTES)

/* Bounds of the work in one call, in pages. */
#define ROUNDS       16
#define PATIENCE     4
#define TIDY_AT_ONCE 256

/* Budget. */

size_t store_bytes(const struct store *store)
{
    return pages_bytes(&store->pages) + index_table_bytes(&store->index) +
           tables_bytes(&store->tables) + sizeof(*store);
}

/* The margin is for the index, which takes a page when it has to. */
static bool fits(const struct store *store, size_t bytes)
{
    return store_bytes(store) + bytes + INDEX_MARGIN <= store->max_bytes;
}

static size_t share_of(const struct store *store, enum queue_kind kind)
{
    size_t share = store->max_bytes / (kind == QUEUE_NEW ? SHARE_NEW : SHARE_NEGATIVE);

    return share > PAGE_BYTES ? share / PAGE_BYTES * PAGE_BYTES : PAGE_BYTES;
}

size_t store_rows_bytes(struct tables_sum rows)
{
    return rows.bytes + rows.entries * ROW_INDEX;
}

static bool rows_fit(const struct store *store, size_t more)
{
    return store_rows_bytes(store->tables.rows) + more <= store->max_bytes / SHARE_ROWS;
}

/* Pages in their queue. */

static struct queued_page *page_of(const struct store *store, page_id id)
{
    return queued_page(&store->pages, id);
}

static void link_newest(struct store *store, enum queue_kind kind, page_id id)
{
    page_of(store, id)->kind = kind;
    queue_add(&store->queue[kind], &store->pages, id);
}

static void unlink_page(struct store *store, page_id id)
{
    if (store->clean_page == id)
        store->clean_page = page_of(store, id)->newer;
    queue_remove(&store->queue[page_of(store, id)->kind], &store->pages, id);
}

static void give_page(struct store *store, page_id id)
{
    unlink_page(store, id);
    pages_give(&store->pages, id);
}

static page_id take_page(struct store *store, enum queue_kind kind, size_t large_bytes)
{
    page_id id =
        large_bytes != 0 ? pages_take_large(&store->pages, large_bytes) : pages_take(&store->pages);

    if (id == 0)
        return 0;
    page_of(store, id)->used = PAGE_HEADER;
    link_newest(store, kind, id);
    if (large_bytes == 0)
        store->queue[kind].open = id;
    return id;
}

static bool page_has_room(const struct store *store, page_id id, size_t size)
{
    return id != 0 && id < PAGE_LARGE_FIRST && page_of(store, id)->used + size <= PAGE_BYTES;
}

/* Entries in their pages. */

/* Out of the index and the counts; its bytes are for the caller to reuse. */
static void discard(struct store *store, struct entry *entry, entry_ref ref)
{
    store->filled_bytes -= entry_size(entry);
    if (entry->removed)
        return;
    index_remove(&store->index, entry->hash, ref);
    tables_leave(&store->tables, entry);
}

/* Down within its page, or not at all. */
static void slide(struct store *store, struct entry *entry, entry_ref from, entry_ref to)
{
    uint32_t hash = entry->hash;

    if (from == to)
        return;
    memmove(entry_at(&store->pages, to), entry, entry_size(entry));
    index_move(&store->index, hash, from, to);
}

static void move_to_page(struct store *store, struct entry *entry, entry_ref ref, page_id id)
{
    struct queued_page *page = page_of(store, id);
    size_t size = entry_size(entry);

    memcpy((char *)page + page->used, entry, size);
    index_move(&store->index, entry->hash, ref, entry_ref_of(id, page->used));
    page->used += (uint32_t)size;
}

/* A pass over a page: because room is needed, because it has to be found now, to clear away the
 * dead. */
enum pass { PASS_EVICT, PASS_PRESS, PASS_CLEAN };

enum verdict { DROP, KEEP };

/* kept: bytes of the page that were kept so far. */
static enum verdict judge(const struct store *store, struct entry *entry, enum pass pass,
                          size_t kept)
{
    if (entry->removed || tables_gone(&store->tables, entry))
        return DROP;
    if (pass == PASS_CLEAN)
        return KEEP;
    if (entry->uses == 0)
        return DROP;
    if (pass == PASS_PRESS && kept != 0 && kept + entry_size(entry) > KEPT_MAX)
        return DROP;
    entry->uses--;
    return KEEP;
}

/* Drops entries and packs the others densely: into the target page as long as that has room. */
static void rewrite(struct store *store, page_id id, enum pass pass, page_id target)
{
    struct queued_page *page = page_of(store, id);
    uint32_t end = page->used, stay = PAGE_HEADER, kept = 0, size;

    for (uint32_t at = PAGE_HEADER; at < end; at += size) {
        struct entry *entry = (struct entry *)(void *)((char *)page + at);
        entry_ref ref = entry_ref_of(id, at);

        size = (uint32_t)entry_size(entry);
        if (judge(store, entry, pass, kept) == DROP) {
            store->evictions +=
                pass != PASS_CLEAN && !entry->removed && !tables_gone(&store->tables, entry);
            discard(store, entry, ref);
            continue;
        }
        kept += size;
        if (target != id && page_has_room(store, target, size)) {
            move_to_page(store, entry, ref, target);
        } else {
            slide(store, entry, ref, entry_ref_of(id, stay));
            stay += size;
        }
    }
    page->used = stay;
}

/*
 * The oldest page of a queue has its second chance: what was asked for lately becomes known, in the
 * open page or, when that is full, in this one. A page that nothing is left of is given back.
 */
static bool evict_oldest(struct store *store, enum queue_kind kind, enum pass pass)
{
    page_id id = store->queue[kind].oldest;

    if (id == 0)
        return false;
    rewrite(store, id, pass, store->queue[QUEUE_KNOWN].open);
    if (page_of(store, id)->used == PAGE_HEADER) {
        give_page(store, id);
        return true;
    }
    unlink_page(store, id);
    link_newest(store, QUEUE_KNOWN, id);
    if (id < PAGE_LARGE_FIRST)
        store->queue[QUEUE_KNOWN].open = id;
    return true;
}

/* The first pages may turn out to hold only what has been asked for; later ones must give. */
static enum pass pass_of(int round)
{
    return round < PATIENCE ? PASS_EVICT : PASS_PRESS;
}

/* Who has to give when the budget is used up. Newcomers first, down to their share. */
static bool evict(struct store *store, int round)
{
    enum pass pass = pass_of(round);

    if (store->queue[QUEUE_NEGATIVE].bytes > share_of(store, QUEUE_NEGATIVE))
        return evict_oldest(store, QUEUE_NEGATIVE, pass);
    if (store->queue[QUEUE_NEW].bytes > share_of(store, QUEUE_NEW))
        return evict_oldest(store, QUEUE_NEW, pass);
    return evict_oldest(store, QUEUE_KNOWN, pass) || evict_oldest(store, QUEUE_NEW, pass) ||
           evict_oldest(store, QUEUE_NEGATIVE, pass);
}

/* A page with room for a small entry; 0 = there is none to be had. */
static page_id small_room(struct store *store, enum queue_kind kind, size_t size)
{
    struct queue *queue = &store->queue[kind];
    bool more = true;
    page_id id;

    for (int round = 0; more && round < ROUNDS; round++) {
        bool confined = kind == QUEUE_NEGATIVE && queue->bytes >= share_of(store, kind);

        if (page_has_room(store, queue->open, size))
            return queue->open;
        if (confined)
            more = evict_oldest(store, kind, pass_of(round));
        else if (fits(store, PAGE_BYTES) && (id = take_page(store, kind, 0)) != 0)
            return id;
        else /* the budget is used up, or the system's memory */
            more = evict(store, round);
    }
    return 0;
}

/* A page for one large entry. */
static page_id large_room(struct store *store, enum queue_kind kind, size_t size)
{
    size_t bytes = pages_large_bytes(size + PAGE_HEADER);
    bool more = bytes <= store->max_bytes / SHARE_LARGE;
    page_id id;

    for (int round = 0; more && round < ROUNDS; round++) {
        if (fits(store, bytes) && (id = take_page(store, kind, bytes)) != 0)
            return id;
        more = evict(store, round);
    }
    return 0;
}

/* Get within the budget; false when there is more to do. */
static bool shrink(struct store *store, int pages)
{
    for (int round = 0; !fits(store, 0); round++) {
        if (round == pages)
            return false;
        if (!evict(store, round))
            break;
    }
    return true;
}

/* Clearing away the dead. */

static bool worth_cleaning(const struct store *store)
{
    const struct tables_sum *live = store->tables.live;
    size_t dead = store->filled_bytes - live[false].bytes - live[true].bytes;

    return dead > store->filled_bytes / 4 + 2 * PAGE_BYTES;
}

static void start_cleaning(struct store *store)
{
    store->cleaning = true;
    store->clean_queue = QUEUE_NEGATIVE;
    store->clean_page = store->queue[QUEUE_NEGATIVE].oldest;
}

static void clean_page(struct store *store)
{
    page_id id = store->clean_page;

    if (id == 0 && store->clean_queue + 1 < QUEUE_COUNT) {
        store->clean_queue++;
        store->clean_page = store->queue[store->clean_queue].oldest;
    } else if (id == 0) {
        store->cleaning = false;
    } else {
        store->clean_page = page_of(store, id)->newer;
        rewrite(store, id, PASS_CLEAN, page_of(store, id)->older);
        if (page_of(store, id)->used == PAGE_HEADER)
            give_page(store, id);
    }
}

bool store_tidy(struct store *store, int pages)
{
    if (!shrink(store, pages))
        return true;
    while (pages-- > 0) {
        if (!store->cleaning && !worth_cleaning(store))
            return false;
        if (!store->cleaning)
            start_cleaning(store);
        clean_page(store);
    }
    return true;
}

/* The operations. */

void store_init(struct store *store, size_t max_bytes)
{
    *store = (struct store){0};
    if (!index_init(&store->index, &store->pages))
        log_fatal("out of memory: cannot set up the cache");
    store_resize(store, max_bytes);
}

void store_free(struct store *store)
{
    index_free(&store->index);
    pages_free(&store->pages);
    tables_free(&store->tables);
}

void store_resize(struct store *store, size_t max_bytes)
{
    if (max_bytes > PAGES_BYTES_MAX)
        max_bytes = PAGES_BYTES_MAX;
    store->max_bytes = max_bytes > STORE_BYTES_MIN ? max_bytes : STORE_BYTES_MIN;
    while (!rows_fit(store, 0))
        tables_forget(&store->tables, tables_largest_mirror(&store->tables));
    shrink(store, TIDY_AT_ONCE);
}

void store_clear(struct store *store)
{
    index_free(&store->index);
    pages_give_all(&store->pages);
    tables_reset(&store->tables);
    for (int kind = 0; kind < QUEUE_COUNT; kind++)
        store->queue[kind] = (struct queue){0};
    store->filled_bytes = 0;
    store->cleaning = false;
    store->clean_page = 0;
    if (!index_init(&store->index, &store->pages))
        log_fatal("out of memory: cannot set up the cache");
}

static enum queue_kind queue_of(const struct store *store, const struct store_entry *entry)
{
    if (tables_at(&store->tables, entry->table)->is_mirror)
        return QUEUE_ROWS;
    return entry->negative ? QUEUE_NEGATIVE : QUEUE_NEW;
}

static page_id room_for(struct store *store, enum queue_kind kind, size_t size)
{
    if (kind == QUEUE_ROWS && !rows_fit(store, size + ROW_INDEX))
        return 0;
    return size > SMALL_MAX ? large_room(store, kind, size) : small_room(store, kind, size);
}

static void write_entry(struct entry *entry, const struct store_entry *added)
{
    *entry = (struct entry){
        .stored_ms = added->stored_ms & (ENTRY_TIME_END - 1),
        .value_len = added->value.len & ENTRY_LEN_MASK,
        .uses = added->uses & ENTRY_USES_MAX,
        .negative = added->negative,
        .coming = added->coming,
        .hash = added->hash,
        .table = added->table,
        .key_len = (uint16_t)added->key.len,
    };
    memcpy(entry->bytes, added->key.data, added->key.len);
    memcpy(entry->bytes + added->key.len, added->value.data, added->value.len);
}

bool store_add(struct store *store, const struct store_entry *added)
{
    size_t size = entry_bytes(added->key.len, added->value.len);
    page_id id = room_for(store, queue_of(store, added), size);
    struct queued_page *page;
    struct entry *entry;
    bool indexed;

    if (id == 0)
        return false;
    page = page_of(store, id);
    entry = (struct entry *)(void *)((char *)page + page->used);
    write_entry(entry, added);
    indexed = index_add(&store->index, entry->hash, entry_ref_of(id, page->used));
    if (indexed) {
        page->used += (uint32_t)size;
        store->filled_bytes += size;
        tables_join(&store->tables, entry);
    } else if (id >= PAGE_LARGE_FIRST) {
        give_page(store, id);
    }
    store_tidy(store, 1);
    return indexed;
}

void store_remove(struct store *store, entry_ref ref)
{
    struct entry *entry = entry_at(&store->pages, ref);
    page_id id = ref >> ENTRY_OFFSET_BITS;

    index_remove(&store->index, entry->hash, ref);
    tables_leave(&store->tables, entry);
    entry->removed = true;
    if (id >= PAGE_LARGE_FIRST) {
        store->filled_bytes -= entry_size(entry);
        give_page(store, id);
    }
}
