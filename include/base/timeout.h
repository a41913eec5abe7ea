/*
 * timeout - many waits of one kind (idle clients, clients that do not read) with one timer for all.
 * Waits of a kind are equally long, so the queue in the order of their start is the order of their
 * end, and to start or stop one costs a few pointers and no system call.
 */
#ifndef VMAPD_BASE_TIMEOUT_H
#define VMAPD_BASE_TIMEOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct event_base;
struct timeout_queue;

/* One wait, embedded in what waits. Zero-initialise and set owner. */
struct timeout {
    void *owner;
    struct timeout_queue *queue; /* NULL = not waiting */
    uint64_t since_ms;
    TAILQ_ENTRY(timeout) entry;
};

/* The wait is over, and stopped already; whatever waited may be freed now. */
typedef void timeout_expired(void *owner);

struct timeout_queue *timeout_queue_new(struct event_base *base, timeout_expired *expired);

/* No wait may be left in it. */
void timeout_queue_free(struct timeout_queue *queue);

/*
 * Begin to wait (again, if it waits already). length_ms is for all in the queue from now on; 0 means
 * for ever.
 */
void timeout_start(struct timeout_queue *queue, struct timeout *timeout, uint64_t now_ms,
                   uint64_t length_ms);

/* Harmless if it does not wait. */
void timeout_stop(struct timeout *timeout);

#endif
