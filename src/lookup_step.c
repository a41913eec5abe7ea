/*
 * lookup_step - one step of a lookup: one key in one table, answered from the cache, or asked of the
 * database. See lookup.c for the walk over all of them.
 */
#include "lookup_private.h"

#include <event2/event.h>
#include <sys/time.h>

#include "stats.h"
#include "table.h"

#define BACKGROUND_TIMEOUT_MS 10000

static struct slice lookup_key(const struct lookup *lookup)
{
    return lookup->keys.key[lookup->key];
}

static enum step step_stale(struct lookup *lookup, struct slice value)
{
    stats.cache.stale_served++;
    lookup->route->stats->stale_served++;
    lookup->found = value;
    return STEP_FOUND;
}

/* Ask, though nobody waits: the cache wants to know, or whether the trouble is over. */
static void step_ask_in_background(struct lookup *lookup, struct source *source, uint64_t now_ms)
{
    if (!pool_can_serve(source->pool))
        return;
    if (!flight_join(lookup->service->flights, lookup->routes, source, lookup_key(lookup),
                     now_ms + BACKGROUND_TIMEOUT_MS, NULL))
        stats.cache.prefetches++;
}

/* The timer of a waiting lookup: its deadline, or earlier when an old answer is at hand. */
static void lookup_set_timer(struct lookup *lookup, uint64_t now_ms)
{
    uint64_t wait_ms = lookup->deadline_ms > now_ms ? lookup->deadline_ms - now_ms : 0;
    struct timeval timeout;

    if (lookup->has_stale) {
        uint64_t patience = routes_config(lookup->routes)->cache.stale_answer_timeout_ms;

        wait_ms = patience < wait_ms ? patience : wait_ms;
    }
    timeout.tv_sec = (time_t)(wait_ms / 1000);
    timeout.tv_usec = (suseconds_t)(wait_ms % 1000 * 1000);
    evtimer_add(lookup->timer, &timeout);
}

static enum step step_ask(struct lookup *lookup, struct source *source, uint64_t now_ms)
{
    stats.cache.misses++;
    lookup->waited = true;
    lookup_set_timer(lookup, now_ms);
    if (flight_join(lookup->service->flights, lookup->routes, source, lookup_key(lookup),
                    lookup->deadline_ms, &lookup->waiter))
        stats.cache.coalesced++;
    return STEP_WAIT;
}

/*
 * An answer past its ttl: the database has the word, unless it is known to be in trouble. Then the
 * old answer is given at once, and a query in the background finds out when the trouble is over.
 */
static enum step step_ask_with_stale(struct lookup *lookup, struct source *source,
                                     struct slice value, uint64_t now_ms)
{
    if (source_troubled(source) || !pool_can_serve(source->pool)) {
        if (source_take_probe(source, now_ms))
            step_ask_in_background(lookup, source, now_ms);
        return step_stale(lookup, value);
    }
    buffer_clear(&lookup->stale);
    buffer_add(&lookup->stale, value.data, value.len);
    lookup->has_stale = true;
    return step_ask(lookup, source, now_ms);
}

static enum step step_cached(struct lookup *lookup, const struct cache_answer *answer)
{
    if (answer->negative) {
        stats.cache.negative_hits++;
        return STEP_NOT_FOUND;
    }
    stats.cache.hits++;
    lookup->found = answer->value;
    return STEP_FOUND;
}

enum step lookup_step(struct lookup *lookup, uint64_t now_ms)
{
    struct source *source = lookup_source(lookup);
    struct cache_answer answer;

    if (!table_wants_key(&source->def->rules, lookup_key(lookup)))
        return STEP_NOT_FOUND;
    if (source->cache_id == 0)
        return step_ask(lookup, source, now_ms);
    answer = cache_get(lookup->service->cache, source->cache_id, lookup_key(lookup), now_ms);
    switch (answer.state) {
    case CACHE_REFRESH:
        /* The value stays where it is: a flight that begins changes nothing in the cache. */
        if (!source_troubled(source) || source_take_probe(source, now_ms))
            step_ask_in_background(lookup, source, now_ms);
        return step_cached(lookup, &answer);
    case CACHE_FRESH:
        return step_cached(lookup, &answer);
    case CACHE_STALE:
        return step_ask_with_stale(lookup, source, answer.value, now_ms);
    case CACHE_NOTHING:
        break;
    }
    return step_ask(lookup, source, now_ms);
}

enum step lookup_step_stale(struct lookup *lookup)
{
    return step_stale(lookup, buffer_slice(&lookup->stale));
}
