/*
 * store - where the cache's entries are, and which of them go when room is needed. Entries stand one
 * behind the other in pages, pages in queues from oldest to newest. When there is no room, the oldest
 * page of a queue loses the entries that nobody has asked for since it was last looked at; the others
 * go on as the newest of those that are known. That is least recently used by second chance, without
 * a list to be kept up at every hit and without holes of odd sizes. Newcomers have to prove
 * themselves first: new negatives in a queue with a small share of the budget, new positives in one
 * that is the first to give, so that neither an attack nor a single large mailing pushes out what
 * is asked for again and again. The rows of mirrors are in a queue that never gives: the others make
 * room for them, up to half of the budget.
 *
 * Owns the memory: pages, index, and with them every entry. One call does a bounded piece of work.
 */
#ifndef VMAPD_CACHE_STORE_H
#define VMAPD_CACHE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "index.h"
#include "pages.h"
#include "queue.h"
#include "tables.h"

enum queue_kind { QUEUE_NEGATIVE, QUEUE_NEW, QUEUE_KNOWN, QUEUE_ROWS };

#define QUEUE_COUNT 4

struct store {
    struct pages pages;
    struct index index;
    struct tables tables;
    struct queue queue[QUEUE_COUNT];
    size_t max_bytes;
    size_t filled_bytes; /* by entries, dead ones too */
    uint64_t evictions;
    bool cleaning; /* a pass over all pages is under way: */
    enum queue_kind clean_queue;
    page_id clean_page; /* its next page; 0 = go on with the next queue */
};

/* Below this nothing useful can be kept; less is taken for it. */
#define STORE_BYTES_MIN ((size_t)512 * 1024)

void store_init(struct store *store, size_t max_bytes);
void store_free(struct store *store);

/* A smaller budget is met by this call or, if that is much work, by the following ones. Mirrors that are
 * too large for it are forgotten. */
void store_resize(struct store *store, size_t max_bytes);

/* Add an entry that is not there yet. False: it is not kept, since there is no room for it. */
struct store_entry {
    cache_table table;
    bool negative;
    bool coming;
    uint32_t hash;
    uint64_t stored_ms;
    unsigned uses;
    struct slice key;
    struct slice value;
};
bool store_add(struct store *store, const struct store_entry *entry);

void store_remove(struct store *store, entry_ref ref);

/* Forget all, and give the memory back. */
void store_clear(struct store *store);

/* Give back what dead entries hold, at most so many pages' worth of work. True: there is more. */
bool store_tidy(struct store *store, int pages);

/* All memory in use. */
size_t store_bytes(const struct store *store);
/* What so many rows take, their share of the index included. */
size_t store_rows_bytes(struct tables_sum rows);

#endif
