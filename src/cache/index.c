/*
 * index - see the header. A hash belongs to the bucket of its lowest bits; while the buckets are
 * being doubled, those before the split point go by one bit more. What does not fit into 12 slots
 * continues in overflow buckets, which are kept dense (the last one moves into a hole) so that their
 * pages can be given back. Within a chain only the last bucket has free slots.
 */
#include "index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "xmalloc.h"

/* Mean entries per bucket: above the first we split, below the second we merge. At 7.2 of 12 a
 * bucket whose turn has not come yet holds up to twice as many, the most that rarely overflows. */
#define SPLIT_ABOVE_TENTHS 72
#define MERGE_BELOW_TENTHS 25

#define SPLITS_AT_ONCE 2

/* Bucket arrays. */

static bool array_grow(struct index *index, struct bucket_array *array)
{
    if (array->count == array->pages * BUCKETS_PER_PAGE) {
        page_id page = pages_take(index->pages);

        if (page == 0)
            return false;
        if (array->pages == array->capacity) {
            array->capacity = array->capacity != 0 ? array->capacity * 2 : 16;
            array->page = xrealloc(array->page, array->capacity * sizeof(page_id));
        }
        array->page[array->pages++] = page;
    }
    memset(bucket_at(index->pages, array, array->count), 0, sizeof(struct bucket));
    array->count++;
    return true;
}

/* One page is kept beyond the need, so that going up and down at its edge costs nothing. */
static void array_shrink(struct index *index, struct bucket_array *array)
{
    array->count--;
    if (array->count + 2 * BUCKETS_PER_PAGE <= array->pages * BUCKETS_PER_PAGE)
        pages_give(index->pages, array->page[--array->pages]);
}

/* One chain of buckets. */

static struct bucket *overflow_at(const struct index *index, uint32_t number)
{
    return bucket_at(index->pages, &index->overflow, number - 1);
}

static struct bucket *home_of(const struct index *index, uint32_t hash)
{
    return bucket_at(index->pages, &index->home, index_bucket_of(index, hash));
}

static uint32_t hash_of(const struct index *index, entry_ref ref)
{
    return entry_at(index->pages, ref)->hash;
}

static unsigned bucket_used(const struct bucket *bucket)
{
    unsigned used = BUCKET_SLOTS;

    while (used > 0 && bucket->tag[used - 1] == 0)
        used--;
    return used;
}

/* Append to the chain; false: it needed a page and there is none. */
static bool chain_add(struct index *index, struct bucket *bucket, uint8_t tag, entry_ref ref)
{
    unsigned slot;

    while (bucket->next != 0)
        bucket = overflow_at(index, bucket->next);
    slot = bucket_used(bucket);
    if (slot == BUCKET_SLOTS) {
        if (!array_grow(index, &index->overflow))
            return false;
        bucket->next = index->overflow.count;
        bucket = overflow_at(index, bucket->next);
        slot = 0;
    }
    bucket->tag[slot] = tag;
    bucket->ref[slot] = ref;
    return true;
}

/* The bucket of a chain that an overflow bucket follows; NULL: it is not in this chain. */
static struct bucket *before_in_chain(const struct index *index, struct bucket *bucket,
                                      uint32_t number)
{
    while (bucket->next != number) {
        if (bucket->next == 0)
            return NULL;
        bucket = overflow_at(index, bucket->next);
    }
    return bucket;
}

/* While a bucket is being split or merged, references of the one may still, or already, stand in the
 * chain of the other: that of the lower number. */
static struct bucket *before_overflow(const struct index *index, uint32_t number)
{
    uint32_t hash = hash_of(index, overflow_at(index, number)->ref[0]);
    struct bucket *before = before_in_chain(index, home_of(index, hash), number);

    if (before == NULL)
        before = before_in_chain(
            index, bucket_at(index->pages, &index->home, hash & (index->mask >> 1)), number);
    assert(before != NULL);
    return before;
}

/* An overflow bucket has become free: the last one takes its number. */
static void overflow_give(struct index *index, uint32_t number)
{
    uint32_t last = index->overflow.count;

    if (number != last) {
        before_overflow(index, last)->next = number;
        *overflow_at(index, number) = *overflow_at(index, last);
    }
    array_shrink(index, &index->overflow);
}

/* The chain's last reference fills the hole. */
static void chain_remove(struct index *index, struct bucket *home, struct bucket *hole,
                         unsigned slot)
{
    struct bucket *before = NULL, *last = home;
    unsigned used;

    while (last->next != 0) {
        before = last;
        last = overflow_at(index, last->next);
    }
    used = bucket_used(last);
    assert(used > 0);
    hole->tag[slot] = last->tag[used - 1];
    hole->ref[slot] = last->ref[used - 1];
    last->tag[used - 1] = 0;
    last->ref[used - 1] = 0;
    if (used == 1 && before != NULL) {
        uint32_t number = before->next;

        before->next = 0;
        overflow_give(index, number);
    }
}

/* Splitting and merging. */

/* Take a reference out of one chain and put it where it belongs. That needs no page: between the two, a
 * place has become free for each that is taken, or the caller has made sure. */
static void transfer(struct index *index, struct bucket *from, struct bucket *bucket, unsigned slot,
                     struct bucket *to)
{
    entry_ref ref = bucket->ref[slot];
    uint8_t tag = bucket->tag[slot];
    bool added;

    chain_remove(index, from, bucket, slot);
    added = chain_add(index, to, tag, ref);
    assert(added);
    (void)added;
}

/* The bucket so far down a chain; NULL: it is shorter. */
static struct bucket *chain_at(const struct index *index, struct bucket *bucket, unsigned depth)
{
    for (; depth > 0; depth--) {
        if (bucket->next == 0)
            return NULL;
        bucket = overflow_at(index, bucket->next);
    }
    return bucket;
}

/* What belongs into the child now leaves the parent. Buckets may move or go meanwhile, so the place in
 * the chain is a number. */
static void sort_out(struct index *index, uint32_t number, uint32_t child)
{
    struct bucket *home = bucket_at(index->pages, &index->home, number), *bucket = home;
    struct bucket *to = bucket_at(index->pages, &index->home, child);
    unsigned depth = 0, slot = 0;

    while (bucket != NULL) {
        if (slot == BUCKET_SLOTS || bucket->tag[slot] == 0) {
            depth++;
            slot = 0;
        } else if (index_bucket_of(index, hash_of(index, bucket->ref[slot])) == number) {
            slot++;
            continue;
        } else {
            transfer(index, home, bucket, slot, to);
        }
        bucket = chain_at(index, home, depth);
    }
}

/* Hashes begin to go by one bit more when every bucket has been split. */
static void split(struct index *index)
{
    uint32_t child = index->home.count;
    uint32_t mask = child > index->mask ? index->mask * 2 + 1 : index->mask;

    if (mask == UINT32_MAX || !array_grow(index, &index->home))
        return;
    index->mask = mask;
    sort_out(index, child & (mask >> 1), child);
}

static unsigned chain_refs(const struct index *index, const struct bucket *bucket)
{
    unsigned refs = bucket_used(bucket);

    for (; bucket->next != 0; refs += bucket_used(bucket))
        bucket = overflow_at(index, bucket->next);
    return refs;
}

static unsigned overflows_for(unsigned refs)
{
    return refs > BUCKET_SLOTS ? (refs - 1) / BUCKET_SLOTS : 0;
}

static void merge(struct index *index)
{
    uint32_t last = index->home.count - 1;
    struct bucket *child = bucket_at(index->pages, &index->home, last);
    struct bucket *parent = bucket_at(index->pages, &index->home, last & (index->mask >> 1));
    unsigned from = chain_refs(index, child), into = chain_refs(index, parent);
    size_t room = index->overflow.pages * BUCKETS_PER_PAGE - index->overflow.count;

    if (overflows_for(from + into) > overflows_for(from) + overflows_for(into) + room)
        return;
    while (child->tag[0] != 0)
        transfer(index, child, child, 0, parent);
    array_shrink(index, &index->home);
    if (index->home.count == index->mask / 2 + 1)
        index->mask >>= 1;
}

static bool mean_above(const struct index *index, unsigned tenths)
{
    return index->entries * 10 > (uint64_t)index->home.count * tenths;
}

/* The operations. */

bool index_init(struct index *index, struct pages *pages)
{
    *index = (struct index){.pages = pages, .mask = BUCKETS_PER_PAGE - 1};
    while (index->home.count < BUCKETS_PER_PAGE)
        if (!array_grow(index, &index->home))
            return false;
    return true;
}

void index_free(struct index *index)
{
    free(index->home.page);
    free(index->overflow.page);
    *index = (struct index){0};
}

size_t index_table_bytes(const struct index *index)
{
    return (index->home.capacity + index->overflow.capacity) * sizeof(page_id);
}

bool index_add(struct index *index, uint32_t hash, entry_ref ref)
{
    for (int i = 0; i < SPLITS_AT_ONCE && mean_above(index, SPLIT_ABOVE_TENTHS); i++)
        split(index);
    if (!chain_add(index, home_of(index, hash), hash_tag(hash), ref))
        return false;
    index->entries++;
    return true;
}

/* The slot of a reference that is there. */
static struct bucket *locate(const struct index *index, uint32_t hash, entry_ref ref,
                             unsigned *slot)
{
    struct bucket *bucket = home_of(index, hash);

    for (;;) {
        for (*slot = 0; *slot < BUCKET_SLOTS; ++*slot)
            if (bucket->ref[*slot] == ref)
                return bucket;
        assert(bucket->next != 0);
        bucket = overflow_at(index, bucket->next);
    }
}

void index_remove(struct index *index, uint32_t hash, entry_ref ref)
{
    unsigned slot;
    struct bucket *bucket = locate(index, hash, ref, &slot);

    chain_remove(index, home_of(index, hash), bucket, slot);
    index->entries--;
    if (!mean_above(index, MERGE_BELOW_TENTHS) && index->home.count > BUCKETS_PER_PAGE)
        merge(index);
}

void index_move(struct index *index, uint32_t hash, entry_ref from, entry_ref to)
{
    unsigned slot;

    locate(index, hash, from, &slot)->ref[slot] = to;
}

static uint32_t reversed(uint32_t bits)
{
    uint32_t result = 0;

    for (int i = 0; i < 32; i++, bits >>= 1)
        result = result << 1 | (bits & 1);
    return result;
}

/*
 * The order is that of the hashes with their bits reversed: in it every bucket is one interval,
 * whatever the number of buckets, so a position means the same after splits and merges.
 */
void index_walk(const struct index *index, uint64_t *position, index_visit *visit, void *arg)
{
    uint32_t start = (uint32_t)*position, hash = reversed(start);
    uint32_t number = index_bucket_of(index, hash);
    uint32_t sibling = number | (index->mask / 2 + 1); /* what it splits, or has split, into */
    uint32_t mask = sibling < index->home.count ? index->mask : index->mask >> 1;
    const struct bucket *bucket = bucket_at(index->pages, &index->home, number);

    for (;;) {
        for (unsigned i = 0; i < BUCKET_SLOTS && bucket->tag[i] != 0; i++)
            if (reversed(hash_of(index, bucket->ref[i])) >= start)
                visit(arg, bucket->ref[i]);
        if (bucket->next == 0)
            break;
        bucket = overflow_at(index, bucket->next);
    }
    *position = ((uint64_t)start | (UINT32_MAX >> __builtin_popcount(mask))) + 1;
    if (*position > UINT32_MAX)
        *position = 0;
}
