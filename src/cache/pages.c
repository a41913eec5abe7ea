/*
 * pages - see the header. Extents stay mapped until the end; a page that is given back keeps its
 * addresses and loses its memory (MADV_DONTNEED), which cannot run out of mappings.
 * Large pages are mappings of their own.
 */
#include "pages.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "xmalloc.h"

#define EXTENT_BYTES ((size_t)PAGE_EXTENT_PAGES * PAGE_BYTES)

static void *map(size_t bytes)
{
    void *data = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return data != MAP_FAILED ? data : NULL;
}

/* The addresses stay and hold zeros. A system whose own pages are larger than ours keeps the memory. */
static void give_memory(void *data, size_t bytes)
{
    if (madvise(data, bytes, MADV_DONTNEED) != 0)
        memset(data, 0, bytes);
}

/* The lowest ids come out first, so that a small cache stays together. */
static void spare_extent(struct pages *pages, uint32_t extent)
{
    page_id first = extent << PAGE_EXTENT_BITS;

    for (page_id id = first + PAGE_EXTENT_PAGES; id-- > first;)
        if (id != 0)
            pages->spare[pages->spares++] = id;
}

static bool add_extent(struct pages *pages)
{
    uint32_t number = pages->extents;
    char *data;

    if (number == PAGE_EXTENTS || (data = map(EXTENT_BYTES)) == NULL)
        return false;
    pages->spare =
        xrealloc(pages->spare, (size_t)(number + 1) * PAGE_EXTENT_PAGES * sizeof(page_id));
    pages->extent[pages->extents++] = data;
    spare_extent(pages, number);
    return true;
}

page_id pages_take(struct pages *pages)
{
    if (pages->spares == 0 && !add_extent(pages))
        return 0;
    pages->bytes += PAGE_BYTES;
    return pages->spare[--pages->spares];
}

size_t pages_large_bytes(size_t bytes)
{
    size_t unit = (size_t)sysconf(_SC_PAGESIZE);

    return (bytes + unit - 1) / unit * unit;
}

/* A free number among the large pages; their table doubles, the stack of free numbers with it. */
static bool reserve_large(struct pages *pages)
{
    uint32_t had = pages->larges, more = had != 0 ? had * 2 : 16;

    if (pages->spare_larges != 0)
        return true;
    if (more > PAGE_LARGE_FIRST)
        return false;
    pages->large = xrealloc(pages->large, more * sizeof(*pages->large));
    pages->spare_large = xrealloc(pages->spare_large, more * sizeof(*pages->spare_large));
    for (uint32_t i = more; i-- > had;) {
        pages->large[i] = (struct large_page){NULL, 0};
        pages->spare_large[pages->spare_larges++] = i;
    }
    pages->larges = more;
    return true;
}

page_id pages_take_large(struct pages *pages, size_t bytes)
{
    size_t rounded = pages_large_bytes(bytes);
    uint32_t number;
    char *data;

    if (!reserve_large(pages) || (data = map(rounded)) == NULL)
        return 0;
    number = pages->spare_large[--pages->spare_larges];
    pages->large[number] = (struct large_page){data, rounded};
    pages->bytes += rounded;
    return PAGE_LARGE_FIRST + number;
}

static void give_large(struct pages *pages, uint32_t number)
{
    struct large_page *large = &pages->large[number];

    assert(large->bytes != 0);
    /* With too many mappings one cannot be cut out of its neighbours; the memory goes anyway. */
    if (munmap(large->data, large->bytes) != 0)
        give_memory(large->data, large->bytes);
    pages->bytes -= large->bytes;
    *large = (struct large_page){NULL, 0};
    pages->spare_large[pages->spare_larges++] = number;
}

void pages_give(struct pages *pages, page_id id)
{
    assert(id != 0);
    if (id >= PAGE_LARGE_FIRST) {
        give_large(pages, id - PAGE_LARGE_FIRST);
        return;
    }
    give_memory(page_at(pages, id), PAGE_BYTES);
    pages->spare[pages->spares++] = id;
    pages->bytes -= PAGE_BYTES;
}

void pages_give_all(struct pages *pages)
{
    for (uint32_t i = 0; i < pages->larges; i++)
        if (pages->large[i].bytes != 0)
            give_large(pages, i);
    pages->spares = 0;
    for (uint32_t i = pages->extents; i-- > 0;) {
        give_memory(pages->extent[i], EXTENT_BYTES);
        spare_extent(pages, i);
    }
    pages->bytes = 0;
}

void pages_free(struct pages *pages)
{
    pages_give_all(pages);
    for (uint32_t i = 0; i < pages->extents; i++)
        munmap(pages->extent[i], EXTENT_BYTES);
    free(pages->spare);
    free(pages->large);
    free(pages->spare_large);
    *pages = (struct pages){0};
}

size_t pages_bytes(const struct pages *pages)
{
    return pages->bytes + (size_t)pages->extents * PAGE_EXTENT_PAGES * sizeof(page_id) +
           (size_t)pages->larges * (sizeof(*pages->large) + sizeof(*pages->spare_large));
}

size_t pages_size(const struct pages *pages, page_id id)
{
    return id < PAGE_LARGE_FIRST ? PAGE_BYTES : pages->large[id - PAGE_LARGE_FIRST].bytes;
}
