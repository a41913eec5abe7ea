/*
 * timeout - see the header. The timer is set for the end of the first wait; when that one is stopped
 * the timer stays, finds nothing to do when it fires, and is set for whoever is first by then.
 */
#include "timeout.h"

#include <assert.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

#include "clock.h"
#include "xmalloc.h"

#define NEVER UINT64_MAX

TAILQ_HEAD(timeout_list, timeout);

struct timeout_queue {
    struct timeout_list waiting; /* in order of since_ms */
    uint64_t length_ms;
    uint64_t timer_ms; /* when the timer fires, or NEVER */
    struct event timer;
    timeout_expired *expired;
};

static uint64_t first_end(const struct timeout_queue *queue)
{
    const struct timeout *first = TAILQ_FIRST(&queue->waiting);

    if (first == NULL || queue->length_ms == 0)
        return NEVER;
    return first->since_ms + queue->length_ms;
}

static void set_timer(struct timeout_queue *queue, uint64_t now_ms)
{
    uint64_t end = first_end(queue);
    struct timeval delay;

    if (end >= queue->timer_ms)
        return;
    queue->timer_ms = end;
    delay = clock_timeval(end > now_ms ? end - now_ms : 0);
    event_add(&queue->timer, &delay);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct timeout_queue *queue = arg;
    uint64_t now_ms = clock_ms();

    (void)fd;
    (void)what;
    queue->timer_ms = NEVER;
    while (first_end(queue) <= now_ms) {
        struct timeout *first = TAILQ_FIRST(&queue->waiting);

        timeout_stop(first);
        queue->expired(first->owner);
    }
    set_timer(queue, now_ms);
}

struct timeout_queue *timeout_queue_new(struct event_base *base, timeout_expired *expired)
{
    struct timeout_queue *queue = xcalloc(1, sizeof(*queue));

    TAILQ_INIT(&queue->waiting);
    queue->timer_ms = NEVER;
    queue->expired = expired;
    evtimer_assign(&queue->timer, base, on_timer, queue);
    return queue;
}

void timeout_queue_free(struct timeout_queue *queue)
{
    assert(TAILQ_EMPTY(&queue->waiting));
    event_del(&queue->timer);
    free(queue);
}

void timeout_start(struct timeout_queue *queue, struct timeout *timeout, uint64_t now_ms,
                   uint64_t length_ms)
{
    timeout_stop(timeout);
    timeout->queue = queue;
    timeout->since_ms = now_ms;
    TAILQ_INSERT_TAIL(&queue->waiting, timeout, entry);
    queue->length_ms = length_ms;
    set_timer(queue, now_ms);
}

void timeout_stop(struct timeout *timeout)
{
    if (timeout->queue == NULL)
        return;
    TAILQ_REMOVE(&timeout->queue->waiting, timeout, entry);
    timeout->queue = NULL;
}
