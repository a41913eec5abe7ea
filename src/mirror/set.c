/* set - all mirrors of a process, and the memory of rows that have gone from them; see mirror.h. */
#include "mirror.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"
#include "parts.h"
#include "xmalloc.h"

/* How long the loop has for others between two pieces of what there is to tidy. */
#define TIDY_MS 20

static void on_tidy(evutil_socket_t fd, short what, void *arg)
{
    struct mirror_set *set = arg;

    (void)fd;
    (void)what;
    if (cache_tidy(set->cache))
        mirror_tidy(set);
}

void mirror_tidy(struct mirror_set *set)
{
    const struct timeval later = clock_timeval(TIDY_MS);

    evtimer_add(set->tidy_timer, &later);
}

struct mirror_set *mirror_set_new(struct event_base *base, struct cache *cache)
{
    struct mirror_set *set = xcalloc(1, sizeof(*set));

    set->base = base;
    set->cache = cache;
    set->tidy_timer = evtimer_new(base, on_tidy, set);
    hash_secret_new(&set->secret);
    TAILQ_INIT(&set->readers);
    return set;
}

void mirror_set_free(struct mirror_set *set)
{
    assert(TAILQ_EMPTY(&set->readers));
    event_free(set->tidy_timer);
    free(set);
}
