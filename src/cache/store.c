/*
 * store - see the header. Every change of a page is one pass over its entries (rewrite), which drops
 * some and packs the others: to evict, or to clear away what is dead.
 */
#include "store.h"

#include <string.h>

#include "log.h"

/* At the start of each page of entries. */
struct ring_page {
    page_id older, newer;
    uint32_t used; /* bytes, with this header */
    uint32_t kind; /* enum ring_kind */
};

#define HEADER    ((uint32_t)sizeof(struct ring_page))
#define SMALL_MAX (PAGE_BYTES / 8)     /* an entry beyond this has a large page for itself */
#define KEPT_MAX  (PAGE_BYTES / 4 * 3) /* when we press, a page gives at least the rest */
/* Parts of the budget. */
#define SHARE_NEGATIVE 10 /* new negatives never take more */
#define SHARE_NEW      8  /* new positives are the first to give when they have more */
#define SHARE_LARGE    16 /* one entry takes at most that */
#define INDEX_MARGIN   ((INDEX_GROWTH_PAGES + 1) * (size_t)PAGE_BYTES)

/* Bounds of the work in one call, in pages. */
#define ROUNDS       16
#define PATIENCE     4
#define TIDY_AT_ONCE 256

/* Budget. */

size_t rings_bytes(const struct rings *rings)
{
    return pages_bytes(&rings->pages) + index_table_bytes(&rings->index) +
           editions_bytes(&rings->editions) + sizeof(*rings);
}

/* The margin is for the index, which takes a page when it has to. */
static bool fits(const struct rings *rings, size_t bytes)
{
    return rings_bytes(rings) + bytes + INDEX_MARGIN <= rings->max_bytes;
}

static size_t share_of(const struct rings *rings, enum ring_kind kind)
{
    size_t share = rings->max_bytes / (kind == RING_NEW ? SHARE_NEW : SHARE_NEGATIVE);

    return share > PAGE_BYTES ? share / PAGE_BYTES * PAGE_BYTES : PAGE_BYTES;
}

/* Pages in their ring. */

static struct ring_page *ring_page(const struct rings *rings, page_id id)
{
    return page_at(&rings->pages, id);
}

static void link_newest(struct rings *rings, enum ring_kind kind, page_id id)
{
    struct ring *ring = &rings->ring[kind];
    struct ring_page *page = ring_page(rings, id);

    page->kind = kind;
    page->newer = 0;
    page->older = ring->newest;
    if (ring->newest != 0)
        ring_page(rings, ring->newest)->newer = id;
    else
        ring->oldest = id;
    ring->newest = id;
    ring->bytes += pages_size(&rings->pages, id);
}

static void unlink_page(struct rings *rings, page_id id)
{
    struct ring_page *page = ring_page(rings, id);
    struct ring *ring = &rings->ring[page->kind];

    if (page->older != 0)
        ring_page(rings, page->older)->newer = page->newer;
    else
        ring->oldest = page->newer;
    if (page->newer != 0)
        ring_page(rings, page->newer)->older = page->older;
    else
        ring->newest = page->older;
    if (ring->open == id)
        ring->open = 0;
    if (rings->clean_page == id)
        rings->clean_page = page->newer;
    ring->bytes -= pages_size(&rings->pages, id);
}

static void give_page(struct rings *rings, page_id id)
{
    unlink_page(rings, id);
    pages_give(&rings->pages, id);
}

static page_id take_page(struct rings *rings, enum ring_kind kind, size_t large_bytes)
{
    page_id id =
        large_bytes != 0 ? pages_take_large(&rings->pages, large_bytes) : pages_take(&rings->pages);

    if (id == 0)
        return 0;
    ring_page(rings, id)->used = HEADER;
    link_newest(rings, kind, id);
    if (large_bytes == 0)
        rings->ring[kind].open = id;
    return id;
}

static bool page_has_room(const struct rings *rings, page_id id, size_t size)
{
    return id != 0 && id < PAGE_LARGE_FIRST && ring_page(rings, id)->used + size <= PAGE_BYTES;
}

/* Entries in their pages. */

/* Out of the index and the counts; its bytes are for the caller to reuse. */
static void discard(struct rings *rings, struct entry *entry, entry_ref ref)
{
    rings->filled_bytes -= entry_size(entry);
    if (entry->removed)
        return;
    index_remove(&rings->index, entry->hash, ref);
    editions_leave(&rings->editions, entry);
}

/* Down within its page, or not at all. */
static void slide(struct rings *rings, struct entry *entry, entry_ref from, entry_ref to)
{
    uint32_t hash = entry->hash;

    if (from == to)
        return;
    memmove(entry_at(&rings->pages, to), entry, entry_size(entry));
    index_move(&rings->index, hash, from, to);
}

static void move_to_page(struct rings *rings, struct entry *entry, entry_ref ref, page_id id)
{
    struct ring_page *page = ring_page(rings, id);
    size_t size = entry_size(entry);

    memcpy((char *)page + page->used, entry, size);
    index_move(&rings->index, entry->hash, ref, entry_ref_of(id, page->used));
    page->used += (uint32_t)size;
}

/* A pass over a page: because room is needed, because it has to be found now, to clear away the
 * dead. */
enum pass { PASS_EVICT, PASS_PRESS, PASS_CLEAN };

enum verdict { DROP, KEEP };

/* kept: bytes of the page that were kept so far. */
static enum verdict judge(const struct rings *rings, struct entry *entry, enum pass pass,
                          size_t kept)
{
    if (entry->removed || editions_dead(&rings->editions, entry))
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
static void rewrite(struct rings *rings, page_id id, enum pass pass, page_id target)
{
    struct ring_page *page = ring_page(rings, id);
    uint32_t end = page->used, stay = HEADER, kept = 0, size;

    for (uint32_t at = HEADER; at < end; at += size) {
        struct entry *entry = (struct entry *)(void *)((char *)page + at);
        entry_ref ref = entry_ref_of(id, at);

        size = (uint32_t)entry_size(entry);
        if (judge(rings, entry, pass, kept) == DROP) {
            rings->evictions +=
                pass != PASS_CLEAN && !entry->removed && !editions_dead(&rings->editions, entry);
            discard(rings, entry, ref);
            continue;
        }
        kept += size;
        if (pass == PASS_CLEAN)
            editions_merge(&rings->editions, entry);
        if (target != id && page_has_room(rings, target, size)) {
            move_to_page(rings, entry, ref, target);
        } else {
            slide(rings, entry, ref, entry_ref_of(id, stay));
            stay += size;
        }
    }
    page->used = stay;
}

/*
 * The oldest page of a ring has its second chance: what was asked for lately becomes known, in the
 * open page or, when that is full, in this one. A page that nothing is left of is given back.
 */
static bool evict_oldest(struct rings *rings, enum ring_kind kind, enum pass pass)
{
    page_id id = rings->ring[kind].oldest;

    if (id == 0)
        return false;
    rewrite(rings, id, pass, rings->ring[RING_KNOWN].open);
    if (ring_page(rings, id)->used == HEADER) {
        give_page(rings, id);
        return true;
    }
    unlink_page(rings, id);
    link_newest(rings, RING_KNOWN, id);
    if (id < PAGE_LARGE_FIRST)
        rings->ring[RING_KNOWN].open = id;
    return true;
}

/* The first pages may turn out to hold only what has been asked for; later ones must give. */
static enum pass pass_of(int round)
{
    return round < PATIENCE ? PASS_EVICT : PASS_PRESS;
}

/* Who has to give when the budget is used up. Newcomers first, down to their share. */
static bool evict(struct rings *rings, int round)
{
    enum pass pass = pass_of(round);

    if (rings->ring[RING_NEGATIVE].bytes > share_of(rings, RING_NEGATIVE))
        return evict_oldest(rings, RING_NEGATIVE, pass);
    if (rings->ring[RING_NEW].bytes > share_of(rings, RING_NEW))
        return evict_oldest(rings, RING_NEW, pass);
    return evict_oldest(rings, RING_KNOWN, pass) || evict_oldest(rings, RING_NEW, pass) ||
           evict_oldest(rings, RING_NEGATIVE, pass);
}

/* A page with room for a small entry; 0 = there is none to be had. */
static page_id small_room(struct rings *rings, enum ring_kind kind, size_t size)
{
    struct ring *ring = &rings->ring[kind];
    bool more = true;
    page_id id;

    for (int round = 0; more && round < ROUNDS; round++) {
        bool confined = kind == RING_NEGATIVE && ring->bytes >= share_of(rings, kind);

        if (page_has_room(rings, ring->open, size))
            return ring->open;
        if (confined)
            more = evict_oldest(rings, kind, pass_of(round));
        else if (fits(rings, PAGE_BYTES) && (id = take_page(rings, kind, 0)) != 0)
            return id;
        else /* the budget is used up, or the system's memory */
            more = evict(rings, round);
    }
    return 0;
}

/* A page for one large entry. */
static page_id large_room(struct rings *rings, size_t size)
{
    size_t bytes = pages_large_bytes(size + HEADER);
    bool more = bytes <= rings->max_bytes / SHARE_LARGE;
    page_id id;

    for (int round = 0; more && round < ROUNDS; round++) {
        if (fits(rings, bytes) && (id = take_page(rings, RING_NEW, bytes)) != 0)
            return id;
        more = evict(rings, round);
    }
    return 0;
}

/* Get within the budget; false when there is more to do. */
static bool shrink(struct rings *rings, int pages)
{
    for (int round = 0; !fits(rings, 0); round++) {
        if (round == pages)
            return false;
        if (!evict(rings, round))
            break;
    }
    return true;
}

/* Clearing away the dead. */

static bool worth_cleaning(const struct rings *rings)
{
    const struct edition_sum *live = rings->editions.live;
    size_t dead = rings->filled_bytes - live[false].bytes - live[true].bytes;

    return dead > rings->filled_bytes / 4 + 2 * PAGE_BYTES || editions_crowded(&rings->editions);
}

static void start_cleaning(struct rings *rings)
{
    rings->cleaning = true;
    rings->clean_ring = RING_NEGATIVE;
    rings->clean_page = rings->ring[RING_NEGATIVE].oldest;
}

static void clean_page(struct rings *rings)
{
    page_id id = rings->clean_page;

    if (id == 0 && rings->clean_ring < RING_KNOWN) {
        rings->clean_ring++;
        rings->clean_page = rings->ring[rings->clean_ring].oldest;
    } else if (id == 0) {
        rings->cleaning = false;
    } else {
        rings->clean_page = ring_page(rings, id)->newer;
        rewrite(rings, id, PASS_CLEAN, ring_page(rings, id)->older);
        if (ring_page(rings, id)->used == HEADER)
            give_page(rings, id);
    }
}

bool rings_tidy(struct rings *rings, int pages)
{
    if (!shrink(rings, pages))
        return true;
    while (pages-- > 0) {
        if (!rings->cleaning && !worth_cleaning(rings))
            return false;
        if (!rings->cleaning)
            start_cleaning(rings);
        clean_page(rings);
    }
    return true;
}

void rings_tidy_all(struct rings *rings)
{
    start_cleaning(rings);
    while (rings->cleaning)
        clean_page(rings);
}

/* The operations. */

void rings_init(struct rings *rings, size_t max_bytes)
{
    *rings = (struct rings){0};
    if (!index_init(&rings->index, &rings->pages))
        log_fatal("out of memory: cannot set up the cache");
    rings_resize(rings, max_bytes);
}

void rings_free(struct rings *rings)
{
    index_free(&rings->index);
    pages_free(&rings->pages);
    editions_free(&rings->editions);
}

void rings_resize(struct rings *rings, size_t max_bytes)
{
    if (max_bytes > PAGES_BYTES_MAX)
        max_bytes = PAGES_BYTES_MAX;
    rings->max_bytes = max_bytes > RING_BYTES_MIN ? max_bytes : RING_BYTES_MIN;
    shrink(rings, TIDY_AT_ONCE);
}

void rings_clear(struct rings *rings)
{
    index_free(&rings->index);
    pages_give_all(&rings->pages);
    editions_reset(&rings->editions);
    for (int kind = 0; kind < RING_COUNT; kind++)
        rings->ring[kind] = (struct ring){0};
    rings->filled_bytes = 0;
    rings->cleaning = false;
    rings->clean_page = 0;
    if (!index_init(&rings->index, &rings->pages))
        log_fatal("out of memory: cannot set up the cache");
}

void rings_add(struct rings *rings, const struct ring_entry *added)
{
    size_t size = entry_bytes(added->key.len, added->value.len);
    enum ring_kind kind = added->negative ? RING_NEGATIVE : RING_NEW;
    page_id id = size > SMALL_MAX ? large_room(rings, size) : small_room(rings, kind, size);
    struct ring_page *page;
    struct entry *entry;

    if (id == 0)
        return;
    page = ring_page(rings, id);
    entry = (struct entry *)(void *)((char *)page + page->used);
    *entry = (struct entry){
        .stored_ms = added->stored_ms & (ENTRY_TIME_END - 1),
        .value_len = added->value.len & ENTRY_LEN_MASK,
        .uses = added->uses & ENTRY_USES_MAX,
        .negative = added->negative,
        .hash = added->hash,
        .key_len = (uint16_t)added->key.len,
    };
    memcpy(entry->bytes, added->key.data, added->key.len);
    memcpy(entry->bytes + added->key.len, added->value.data, added->value.len);
    if (index_add(&rings->index, entry->hash, entry_ref_of(id, page->used))) {
        page->used += (uint32_t)size;
        rings->filled_bytes += size;
        editions_join(&rings->editions, added->table, entry);
    } else if (id >= PAGE_LARGE_FIRST) {
        give_page(rings, id);
    }
    rings_tidy(rings, 1);
}

void rings_remove(struct rings *rings, entry_ref ref)
{
    struct entry *entry = entry_at(&rings->pages, ref);
    page_id id = ref >> ENTRY_OFFSET_BITS;

    index_remove(&rings->index, entry->hash, ref);
    editions_leave(&rings->editions, entry);
    entry->removed = true;
    if (id >= PAGE_LARGE_FIRST) {
        rings->filled_bytes -= entry_size(entry);
        give_page(rings, id);
    }
}
