/*
 * cache_hits - hit ratio of real recipients, alone and in a flood of names that nobody has, against
 * plain LRU (everything is a member at once) and against Belady's policy, which knows who is asked
 * next and so cannot be beaten. All get the same questions and room for the same number of entries.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench_cache.h"
#include "cache.h"
#include "figure.h"
#include "log.h"
#include "xmalloc.h"
#include "zipf.h"

#define USERS    100000u
#define LOOKUPS  400000u /* of real recipients, of which */
#define MEASURED 150000u /* at the end, with the cache warm */

#define NONE  UINT32_MAX
#define NEVER UINT32_MAX

/* Ours. The budget is found by trying: room for at most so many entries, of this kind. */
static double our_hits(const uint32_t *users, size_t max_bytes, unsigned unknown_per_real,
                       uint64_t *entries)
{
    const struct cache_policy policy = {(uint64_t)1 << 50, (uint64_t)1 << 50, 0};
    const struct hash_secret secret = {{3, 4}};
    struct cache *cache = cache_new(max_bytes, &secret);
    cache_table table = cache_table_add(cache, &policy);
    uint32_t hits = 0;
    char text[40];

    *entries = 0;
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        struct slice key = {text,
                            (size_t)snprintf(text, sizeof(text), "user%06u@example.com", users[i])};
        bool hit = cache_get(cache, table, key, 0).state == CACHE_FRESH;

        if (!hit)
            cache_store(cache, table, key, slice_of("1"), 0);
        hits += hit && i >= LOOKUPS - MEASURED;
        for (unsigned n = 0; n < unknown_per_real; n++) {
            key.len = (size_t)snprintf(text, sizeof(text), "%06x@example.com",
                                       (unsigned)(random_next() & 0xffffffff));
            if (cache_get(cache, table, key, 0).state == CACHE_NOTHING)
                cache_store_negative(cache, table, key, 0);
        }
        if (cache_counts(cache).entries > *entries)
            *entries = cache_counts(cache).entries;
    }
    cache_free(cache);
    return (double)hits / MEASURED;
}

/* Plain LRU. Numbers from USERS on are unknown names, each of them only once: then all that matters
 * of them is that they take a place, so the number of the place is enough. */
struct lru {
    uint32_t *newer, *older; /* by member */
    bool *member;
    uint32_t newest, oldest, count;
};

static void lru_unlink(struct lru *lru, uint32_t who)
{
    if (lru->newer[who] != NONE)
        lru->older[lru->newer[who]] = lru->older[who];
    else
        lru->newest = lru->older[who];
    if (lru->older[who] != NONE)
        lru->newer[lru->older[who]] = lru->newer[who];
    else
        lru->oldest = lru->newer[who];
    lru->member[who] = false;
    lru->count--;
}

/* Returns whether it was a member. */
static bool lru_ask(struct lru *lru, uint32_t who, uint32_t capacity)
{
    bool hit = lru->member[who];

    if (hit)
        lru_unlink(lru, who);
    else if (lru->count == capacity)
        lru_unlink(lru, lru->oldest);
    lru->newer[who] = NONE;
    lru->older[who] = lru->newest;
    if (lru->newest != NONE)
        lru->newer[lru->newest] = who;
    else
        lru->oldest = who;
    lru->newest = who;
    lru->member[who] = true;
    lru->count++;
    return hit;
}

static double lru_hits(const uint32_t *users, uint32_t capacity, unsigned unknown_per_real)
{
    uint32_t names = USERS + capacity + 1, next_unknown = 0, hits = 0;
    struct lru lru = {xcalloc(names, sizeof(uint32_t)),
                      xcalloc(names, sizeof(uint32_t)),
                      xcalloc(names, sizeof(bool)),
                      NONE,
                      NONE,
                      0};

    for (uint32_t i = 0; i < LOOKUPS; i++) {
        hits += lru_ask(&lru, users[i], capacity) && i >= LOOKUPS - MEASURED;
        for (unsigned n = 0; n < unknown_per_real; n++) {
            /* In turn: when one comes round again, its last asking has long been pushed out. */
            lru_ask(&lru, USERS + next_unknown, capacity);
            next_unknown = (next_unknown + 1) % (capacity + 1);
        }
    }
    free(lru.newer);
    free(lru.older);
    free(lru.member);
    return (double)hits / MEASURED;
}

/* Belady: a heap of members, the one asked again last on top. An entry of the heap is out of date
 * when its member has been asked since; it is skipped when it comes up. */
struct next_use {
    uint32_t at; /* the number of the lookup; NEVER */
    uint32_t user;
};

struct heap {
    struct next_use *item;
    uint32_t count;
};

static void heap_add(struct heap *heap, struct next_use added)
{
    uint32_t at = heap->count++;

    for (; at > 0 && heap->item[(at - 1) / 2].at < added.at; at = (at - 1) / 2)
        heap->item[at] = heap->item[(at - 1) / 2];
    heap->item[at] = added;
}

static struct next_use heap_take(struct heap *heap)
{
    struct next_use top = heap->item[0], last = heap->item[--heap->count];
    uint32_t at = 0, child;

    while ((child = 2 * at + 1) < heap->count) {
        if (child + 1 < heap->count && heap->item[child + 1].at > heap->item[child].at)
            child++;
        if (heap->item[child].at <= last.at)
            break;
        heap->item[at] = heap->item[child];
        at = child;
    }
    heap->item[at] = last;
    return top;
}

static double best_hits(const uint32_t *users, uint32_t capacity)
{
    uint32_t *next = xmalloc(LOOKUPS * sizeof(*next)), *seen = xmalloc(USERS * sizeof(*seen));
    uint32_t *due = xcalloc(USERS, sizeof(*due)); /* of members: when asked next; 0 = no member */
    struct heap heap = {xmalloc((LOOKUPS + 1) * sizeof(*heap.item)), 0};
    uint32_t hits = 0, members = 0;

    for (uint32_t i = 0; i < USERS; i++)
        seen[i] = NEVER;
    for (uint32_t i = LOOKUPS; i-- > 0; seen[users[i]] = i)
        next[i] = seen[users[i]];
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        hits += due[users[i]] != 0 && i >= LOOKUPS - MEASURED;
        members += due[users[i]] == 0;
        due[users[i]] = next[i];
        heap_add(&heap, (struct next_use){next[i], users[i]});
        while (members > capacity) {
            struct next_use last = heap_take(&heap);

            if (due[last.user] == last.at) {
                due[last.user] = 0;
                members--;
            }
        }
    }
    free(next);
    free(seen);
    free(due);
    free(heap.item);
    return (double)hits / MEASURED;
}

/* The budget with room for at most so many of our entries. */
static double fit_hits(const uint32_t *users, uint32_t capacity, unsigned unknown_per_real,
                       uint64_t *entries)
{
    size_t max_bytes = (size_t)capacity * 60;
    double hits = our_hits(users, max_bytes, unknown_per_real, entries);

    while (*entries > capacity) {
        max_bytes -= max_bytes / 100;
        hits = our_hits(users, max_bytes, unknown_per_real, entries);
    }
    return hits;
}

void bench_hits(uint32_t capacity, double skew, unsigned unknown_per_real)
{
    uint32_t *users = xmalloc(LOOKUPS * sizeof(*users));
    struct zipf *zipf = zipf_new(USERS, skew);
    uint64_t entries;
    double ours;

    for (uint32_t i = 0; i < LOOKUPS; i++)
        users[i] = zipf_next(zipf);
    ours = fit_hits(users, capacity, unknown_per_real, &entries);
    FIGURE_ROW("hits of real recipients in percent", {"capacity", capacity, 0}, {"skew", skew, 1},
               {"unknown_per_real", unknown_per_real, 0}, {"our_most_entries", (double)entries, 0},
               {"ours", 100 * ours, 1},
               {"lru", 100 * lru_hits(users, capacity, unknown_per_real), 1},
               {"belady", 100 * best_hits(users, capacity), 1});
    zipf_free(zipf);
    free(users);
}
