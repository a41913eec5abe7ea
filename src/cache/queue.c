/* queue - see the header. */
#include "queue.h"

void queue_add(struct queue *queue, const struct pages *pages, page_id id)
{
    struct queued_page *page = queued_page(pages, id);

    page->newer = 0;
    page->older = queue->newest;
    if (queue->newest != 0)
        queued_page(pages, queue->newest)->newer = id;
    else
        queue->oldest = id;
    queue->newest = id;
    queue->bytes += pages_size(pages, id);
}

void queue_remove(struct queue *queue, const struct pages *pages, page_id id)
{
    struct queued_page *page = queued_page(pages, id);

    if (page->older != 0)
        queued_page(pages, page->older)->newer = page->newer;
    else
        queue->oldest = page->newer;
    if (page->newer != 0)
        queued_page(pages, page->newer)->older = page->older;
    else
        queue->newest = page->older;
    if (queue->open == id)
        queue->open = 0;
    queue->bytes -= pages_size(pages, id);
}
