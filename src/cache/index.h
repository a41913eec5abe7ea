/*
 * index - from a hash to the entries that have it. Buckets of one cache line hold 12 references and
 * 8 more bits of each hash, so that asking for a key that is not there reads one line, and for one
 * that is there one line and the entry. Linear hashing: each insertion splits at most two buckets
 * and each removal merges at most one, so no operation ever stops to rehash the rest.
 */
#ifndef VMAPD_CACHE_INDEX_H
#define VMAPD_CACHE_INDEX_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "entry.h"
#include "pages.h"

#define BUCKET_SLOTS 12

struct bucket {
    uint8_t tag[BUCKET_SLOTS]; /* 0 = free */
    uint32_t next;             /* number of an overflow bucket, 0 = none */
    entry_ref ref[BUCKET_SLOTS];
};

/* An array of buckets in pages, which grows and shrinks at its end. */
struct bucket_array {
    page_id *page;
    uint32_t pages, capacity; /* of page[] */
    uint32_t count;           /* buckets */
};

struct index {
    struct pages *pages;
    struct bucket_array home;
    struct bucket_array overflow; /* dense; number n is element n - 1 */
    uint32_t mask;                /* of the larger of the two hash widths in use */
    uint64_t entries;
};

/* Pages that one insertion may take, at most. */
#define INDEX_GROWTH_PAGES 2

/* pages is borrowed and also holds the entries. False: no memory. */
bool index_init(struct index *index, struct pages *pages);
/* The tables only: the caller gives back all pages at once. */
void index_free(struct index *index);
size_t index_table_bytes(const struct index *index);

/* False: no memory; nothing has changed. The reference is not there yet. */
bool index_add(struct index *index, uint32_t hash, entry_ref ref);
/* The reference is there. */
void index_remove(struct index *index, uint32_t hash, entry_ref ref);
void index_move(struct index *index, uint32_t hash, entry_ref from, entry_ref to);

/* All references under a hash, and a few others: struct index_search s = index_search(...); then
 * index_next() until 0. */
struct index_search {
    const struct bucket *bucket;
    uint32_t matches; /* slots left to look at, a bit mask */
    uint8_t tag;
};

/*
 * Visit the references in an order that growing and shrinking do not change. *position: 0 at the
 * start and when done. visit is called for about one bucket's worth at each call.
 */
typedef void index_visit(void *arg, entry_ref ref);
void index_walk(const struct index *index, uint64_t *position, index_visit *visit, void *arg);

#define BUCKETS_PER_PAGE (PAGE_BYTES / sizeof(struct bucket))

static inline struct bucket *bucket_at(const struct pages *pages, const struct bucket_array *array,
                                       uint32_t number)
{
    struct bucket *first = page_at(pages, array->page[number / BUCKETS_PER_PAGE]);

    return &first[number % BUCKETS_PER_PAGE];
}

static inline uint8_t hash_tag(uint32_t hash)
{
    uint8_t tag = (uint8_t)(hash >> 24);

    return tag != 0 ? tag : 1;
}

static inline uint32_t index_bucket_of(const struct index *index, uint32_t hash)
{
    uint32_t number = hash & index->mask;

    return number < index->home.count ? number : number & (index->mask >> 1);
}

/* One bit for each byte of 8 that is zero, lowest byte first. */
static inline uint32_t zero_bytes(uint64_t word)
{
    const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
    uint64_t zero = ~(((word & low) + low) | word | low); /* 0x80 where a byte is zero */

    return (uint32_t)((zero >> 7) * 0x0102040810204080u >> 56);
}

/* One bit for each slot with the tag. */
static inline uint32_t bucket_matches(const struct bucket *bucket, uint8_t tag)
{
    uint64_t first = 0, last = 0, wanted = tag * 0x0101010101010101u;

    memcpy(&first, bucket->tag, sizeof(first));
    memcpy(&last, bucket->tag + sizeof(first), BUCKET_SLOTS - sizeof(first));
    first = zero_bytes(le64toh(first) ^ wanted);
    last = zero_bytes(le64toh(last) ^ wanted);
    return (uint32_t)(first | last << 8) & ((1u << BUCKET_SLOTS) - 1);
}

static inline struct index_search index_search(const struct index *index, uint32_t hash)
{
    struct index_search search;

    search.tag = hash_tag(hash);
    search.bucket = bucket_at(index->pages, &index->home, index_bucket_of(index, hash));
    search.matches = bucket_matches(search.bucket, search.tag);
    return search;
}

/* Certainly nothing follows. */
static inline bool index_at_end(const struct index_search *search)
{
    return search->matches == 0 && search->bucket->next == 0;
}

static inline entry_ref index_next(const struct index *index, struct index_search *search)
{
    unsigned slot;

    while (search->matches == 0) {
        if (search->bucket->next == 0)
            return 0;
        search->bucket = bucket_at(index->pages, &index->overflow, search->bucket->next - 1);
        search->matches = bucket_matches(search->bucket, search->tag);
    }
    slot = (unsigned)__builtin_ctz(search->matches);
    search->matches &= search->matches - 1;
    return search->bucket->ref[slot];
}

#endif
