/*
 * pages - memory in numbered pages, so that a cache can refer to it in 32 bits, knows to the byte
 * what it holds, and really gives back what it frees. Most pages are PAGE_BYTES long; a large one
 * is as long as was asked for. Address space is taken in extents, memory comes when it is touched.
 */
#ifndef VMAPD_CACHE_PAGES_H
#define VMAPD_CACHE_PAGES_H

#include <stddef.h>
#include <stdint.h>

/* 0 is no page. */
typedef uint32_t page_id;

#define PAGE_BYTES        32768u
#define PAGE_ID_BITS      20
#define PAGE_LARGE_FIRST  (1u << (PAGE_ID_BITS - 1)) /* larger ids are large pages */
#define PAGE_EXTENT_BITS  10
#define PAGE_EXTENT_PAGES (1u << PAGE_EXTENT_BITS)
#define PAGE_EXTENTS      (PAGE_LARGE_FIRST / PAGE_EXTENT_PAGES)

/* No more than this can be held in pages of PAGE_BYTES. */
#define PAGES_BYTES_MAX ((uint64_t)PAGE_LARGE_FIRST * PAGE_BYTES)

struct large_page {
    char *data;
    size_t bytes; /* as mapped; 0 = the id is free */
};

/* Public for page_at() alone. */
struct pages {
    char *extent[PAGE_EXTENTS];
    struct large_page *large;
    page_id *spare; /* normal pages not in use, a stack */
    uint32_t *spare_large;
    uint32_t extents, spares, larges, spare_larges;
    size_t bytes;
};

/* A new, zeroed object is empty. */
void pages_free(struct pages *pages);

/* A page of zeros; 0 when the system gives no more, or PAGES_BYTES_MAX is reached. */
page_id pages_take(struct pages *pages);
/* One of at least that many bytes; their number is rounded up to the system's page size. */
page_id pages_take_large(struct pages *pages, size_t bytes);
size_t pages_large_bytes(size_t bytes); /* rounded up so */

/* Its memory goes back to the system. */
void pages_give(struct pages *pages, page_id id);
/* All of them at once. */
void pages_give_all(struct pages *pages);

/* Bytes of all pages in use and of the tables that keep track of them. */
size_t pages_bytes(const struct pages *pages);
size_t pages_size(const struct pages *pages, page_id id);

static inline void *page_at(const struct pages *pages, page_id id)
{
    if (__builtin_expect(id >= PAGE_LARGE_FIRST, 0))
        return pages->large[id - PAGE_LARGE_FIRST].data;
    return pages->extent[id >> PAGE_EXTENT_BITS] +
           (size_t)(id & (PAGE_EXTENT_PAGES - 1)) * PAGE_BYTES;
}

#endif
