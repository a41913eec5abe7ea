/* turns - see the header. */
#include "turns.h"

#include <assert.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdlib.h>

#include "clock.h"
#include "xmalloc.h"

/* A round is interrupted when it has taken so long, for everything else. */
#define SLICE_US 5000

struct turns {
    struct turn_list now;  /* those of this round */
    struct turn_list next; /* those of the next one */
    struct event event;    /* fires while somebody wants one */
    void (*take)(void *owner);
};

static void come_back(struct turns *turns)
{
    const struct timeval at_once = {0, 0};

    /* A timer, because an event made active by hand would run before others are polled. */
    event_add(&turns->event, &at_once);
}

static bool nobody_wants(const struct turns *turns)
{
    return TAILQ_EMPTY(&turns->now) && TAILQ_EMPTY(&turns->next);
}

static void begin_round(struct turns *turns)
{
    struct turn *turn;

    TAILQ_FOREACH(turn, &turns->next, entry)
    turn->list = &turns->now;
    TAILQ_CONCAT(&turns->now, &turns->next, entry);
}

static void on_round(evutil_socket_t fd, short what, void *arg)
{
    struct turns *turns = arg;
    uint64_t end_us = clock_us() + SLICE_US;
    struct turn *turn;

    (void)fd;
    (void)what;
    if (TAILQ_EMPTY(&turns->now))
        begin_round(turns);
    while ((turn = TAILQ_FIRST(&turns->now)) != NULL) {
        turns_leave(turn);
        turns->take(turn->owner);
        if (clock_us() >= end_us)
            break;
    }
    if (!nobody_wants(turns))
        come_back(turns);
}

struct turns *turns_new(struct event_base *base, void (*take)(void *owner))
{
    struct turns *turns = xcalloc(1, sizeof(*turns));

    TAILQ_INIT(&turns->now);
    TAILQ_INIT(&turns->next);
    turns->take = take;
    evtimer_assign(&turns->event, base, on_round, turns);
    return turns;
}

void turns_free(struct turns *turns)
{
    assert(nobody_wants(turns));
    event_del(&turns->event);
    free(turns);
}

void turns_want(struct turns *turns, struct turn *turn)
{
    assert(turn->list == NULL);
    if (nobody_wants(turns))
        come_back(turns);
    turn->list = &turns->next;
    TAILQ_INSERT_TAIL(&turns->next, turn, entry);
}

void turns_leave(struct turn *turn)
{
    if (turn->list == NULL)
        return;
    TAILQ_REMOVE(turn->list, turn, entry);
    turn->list = NULL;
}
