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

/* An overflow bucket has become free: the last one takes its number. */
static void overflow_give(struct index *index, uint32_t number)
{
    uint32_t last = index->overflow.count;

    if (number != last) {
        struct bucket *moved = overflow_at(index, last);
        struct bucket *before = home_of(index, hash_of(index, moved->ref[0]));

        while (before->next != last)
            before = overflow_at(index, before->next);
        before->next = number;
        *overflow_at(index, number) = *moved;
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

/* Splitting and merging: take chains apart, put their references back where they belong now. */

/* More in two chains is not worth a larger array: then they stay as they are. */
#define TAKEN_MAX      4096
#define TAKEN_OVERFLOW (TAKEN_MAX / BUCKET_SLOTS)

struct taken {
    entry_ref ref[TAKEN_MAX];
    uint32_t overflow[TAKEN_OVERFLOW]; /* the overflow buckets it was in */
    unsigned refs, overflows;
};

/* Read a chain; false: too long. */
static bool chain_read(const struct index *index, const struct bucket *bucket, struct taken *taken)
{
    for (;;) {
        unsigned used = bucket_used(bucket);

        if (taken->refs + used > TAKEN_MAX || taken->overflows == TAKEN_OVERFLOW)
            return false;
        memcpy(&taken->ref[taken->refs], bucket->ref, used * sizeof(entry_ref));
        taken->refs += used;
        if (bucket->next == 0)
            return true;
        taken->overflow[taken->overflows++] = bucket->next;
        bucket = overflow_at(index, bucket->next);
    }
}

static int descending(const void *a, const void *b)
{
    uint32_t x, y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return (x < y) - (x > y);
}

/* Highest number first: then a bucket that moves into the hole is never one of ours. */
static void overflow_give_taken(struct index *index, struct taken *taken)
{
    qsort(taken->overflow, taken->overflows, sizeof(uint32_t), descending);
    for (unsigned i = 0; i < taken->overflows; i++)
        overflow_give(index, taken->overflow[i]);
}

/* Needs no page: there was room for them all, or the caller has made sure. */
static void put_back(struct index *index, const struct taken *taken)
{
    for (unsigned i = 0; i < taken->refs; i++) {
        uint32_t hash = hash_of(index, taken->ref[i]);

        bool added = chain_add(index, home_of(index, hash), hash_tag(hash), taken->ref[i]);

        assert(added);
        (void)added;
    }
}

/* Hashes begin to go by one bit more when every bucket has been split. */
static void split(struct index *index)
{
    uint32_t mask = index->home.count > index->mask ? index->mask * 2 + 1 : index->mask;
    struct bucket *parent = bucket_at(index->pages, &index->home, index->home.count & (mask >> 1));
    struct taken taken;

    taken.refs = taken.overflows = 0;
    if (mask == UINT32_MAX || !chain_read(index, parent, &taken) ||
        !array_grow(index, &index->home))
        return;
    index->mask = mask;
    memset(parent, 0, sizeof(*parent));
    overflow_give_taken(index, &taken);
    put_back(index, &taken);
}

static bool overflow_has_room(const struct index *index, const struct taken *taken)
{
    size_t need = taken->refs > BUCKET_SLOTS ? (taken->refs - 1) / BUCKET_SLOTS : 0;
    size_t room = index->overflow.pages * BUCKETS_PER_PAGE - index->overflow.count;

    return need <= taken->overflows + room;
}

static void merge(struct index *index)
{
    uint32_t last = index->home.count - 1;
    struct bucket *child = bucket_at(index->pages, &index->home, last);
    struct bucket *parent = bucket_at(index->pages, &index->home, last & (index->mask >> 1));
    struct taken taken;

    taken.refs = taken.overflows = 0;
    if (!chain_read(index, parent, &taken) || !chain_read(index, child, &taken) ||
        !overflow_has_room(index, &taken))
        return;
    memset(parent, 0, sizeof(*parent));
    memset(child, 0, sizeof(*child));
    array_shrink(index, &index->home);
    if (index->home.count == index->mask / 2 + 1)
        index->mask >>= 1;
    overflow_give_taken(index, &taken);
    put_back(index, &taken);
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
