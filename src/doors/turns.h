/*
 * turns - whose turn it is: everybody who wants one gets one in each round, in the order in which they
 * asked. Between two rounds, and in a long one every few milliseconds, the event loop looks after everything
 * else.
 */
#ifndef VMAPD_DOORS_TURNS_H
#define VMAPD_DOORS_TURNS_H

#include <sys/queue.h>

struct event_base;
struct turns;

TAILQ_HEAD(turn_list, turn);

/* One who may want a turn, embedded in what he is. Zero-initialise and set owner. */
struct turn {
    void *owner;
    struct turn_list *list; /* NULL: wants none. Read only */
    TAILQ_ENTRY(turn) entry;
};

/* take is called for each turn; it may want another one, leave, and free the owner. */
struct turns *turns_new(struct event_base *base, void (*take)(void *owner));

/* Nobody may want one any more. */
void turns_free(struct turns *turns);

/* Must not want one already. */
void turns_want(struct turns *turns, struct turn *turn);

/* After all not; harmless for who wants none. */
void turns_leave(struct turn *turn);

#endif
