/* turns - see the header. */
#include "turns.h"

#include <assert.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>

#include "xmalloc.h"

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

static void on_round(evutil_socket_t fd, short what, void *arg)
{
    struct turns *turns = arg;
    struct turn *turn;

    (void)fd;
    (void)what;
    TAILQ_FOREACH(turn, &turns->next, entry)
    turn->list = &turns->now;
    TAILQ_CONCAT(&turns->now, &turns->next, entry);
    while ((turn = TAILQ_FIRST(&turns->now)) != NULL) {
        turns_leave(turn);
        turns->take(turn->owner);
    }
    if (!TAILQ_EMPTY(&turns->next))
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
    assert(TAILQ_EMPTY(&turns->now) && TAILQ_EMPTY(&turns->next));
    event_del(&turns->event);
    free(turns);
}

void turns_want(struct turns *turns, struct turn *turn)
{
    assert(turn->list == NULL);
    if (TAILQ_EMPTY(&turns->next))
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
