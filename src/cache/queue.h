/*
 * queue - pages of entries from oldest to newest, each of them in one queue, linked by their headers.
 * Which page goes where, and what becomes of its entries, is the store's business.
 */
#ifndef VMAPD_CACHE_QUEUE_H
#define VMAPD_CACHE_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "pages.h"

struct queue {
    page_id oldest, newest;
    page_id open; /* where small entries are added; 0 = none */
    size_t bytes; /* of its pages */
};

/* At the start of each page of entries. */
struct queued_page {
    page_id older, newer;
    uint32_t used; /* bytes, with this header */
    uint32_t kind; /* for the store: which queue */
};

#define PAGE_HEADER ((uint32_t)sizeof(struct queued_page))

static inline struct queued_page *queued_page(const struct pages *pages, page_id id)
{
    return page_at(pages, id);
}

/* The page is in no queue, and becomes the newest of this one. */
void queue_add(struct queue *queue, const struct pages *pages, page_id id);
/* It is in this one. */
void queue_remove(struct queue *queue, const struct pages *pages, page_id id);

#endif
