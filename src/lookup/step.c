/*
 * step - one step of a lookup: one key in one table, answered from the cache, or asked of the
 * database. See lookup.c for the walk over all of them.
 */
#include "step.h"

#include <event2/event.h>

#include "clock.h"
#include "service.h"
#include "stats.h"
#include "table.h"

#define BACKGROUND_TIMEOUT_MS 10000

/* With a shorter negative_ttl, this is the time to tell what the database says. */
#define NEGATIVE_LEAST_MS 1000

static struct live_table *table_of(const struct lookup *lookup)
{
    return lookup->map->tables[lookup->table];
}

static struct slice lookup_key(const struct lookup *lookup)
{
    return lookup->keys.key[lookup->key];
}

enum step lookup_fail(struct lookup *lookup, enum outcome failure, struct slice reason)
{
    lookup->failure = failure;
    lookup->found = reason;
    return STEP_FAILED;
}

/* The database does not answer (soon enough): take what is past its time. */
static enum step step_make_do(struct lookup *lookup)
{
    enum old_answer old = lookup->old;

    lookup->old = OLD_NONE;
    lookup->is_old = true;
    if (old == OLD_NOT_FOUND)
        return STEP_NOT_FOUND;
    lookup->found = buffer_slice(&lookup->stale);
    return STEP_FOUND;
}

/* Ask, though nobody waits: the cache wants to know, or whether the trouble is over. */
static void step_ask_in_background(struct lookup *lookup, struct live_table *table, uint64_t now_ms)
{
    if (!pool_can_serve(table->pool))
        return;
    if (!flight_join(lookup->service->flights, lookup->maps, table, lookup_key(lookup),
                     now_ms + BACKGROUND_TIMEOUT_MS, NULL))
        stats.cache.prefetches++;
}

/*
 * The timer of a waiting lookup: its deadline, or earlier when an old value is at hand. An old "not
 * found" makes nobody impatient: a slow database may be about to tell of a new recipient.
 */
static void step_set_timer(struct lookup *lookup, uint64_t now_ms)
{
    uint64_t wait_ms = lookup->deadline_ms > now_ms ? lookup->deadline_ms - now_ms : 0;
    struct timeval timeout;

    if (lookup->old == OLD_VALUE) {
        uint64_t patience = live_maps_config(lookup->maps)->cache.stale_answer_timeout_ms;

        wait_ms = patience < wait_ms ? patience : wait_ms;
    }
    timeout = clock_timeval(wait_ms);
    evtimer_add(lookup->timer, &timeout);
}

static enum step step_ask(struct lookup *lookup, struct live_table *table, uint64_t now_ms)
{
    stats.cache.misses++;
    lookup->waited = true;
    step_set_timer(lookup, now_ms);
    if (flight_join(lookup->service->flights, lookup->maps, table, lookup_key(lookup),
                    lookup->deadline_ms, &lookup->waiter))
        stats.cache.coalesced++;
    return STEP_WAIT;
}

/*
 * An answer past its time: the database has the word, unless it is known to be in trouble. Then the
 * old answer is taken at once, and a query in the background finds out when the trouble is over.
 */
static enum step step_ask_with_old(struct lookup *lookup, struct live_table *table,
                                   const struct cache_answer *old, uint64_t now_ms)
{
    lookup->old = old->negative ? OLD_NOT_FOUND : OLD_VALUE;
    buffer_clear(&lookup->stale);
    buffer_add(&lookup->stale, old->value.data, old->value.len);
    if (share_is_well(&table->share) && pool_can_serve(table->pool))
        return step_ask(lookup, table, now_ms);
    if (share_wants_probe(&table->share, now_ms))
        step_ask_in_background(lookup, table, now_ms);
    return step_make_do(lookup);
}

/* The database was asked then, and said "not found". Other steps, and who has asked it first, take
 * their time, but it is not told later than negative_ttl after that. */
static enum step step_not_found(struct lookup *lookup, uint64_t asked_ms)
{
    uint64_t ttl_ms = table_of(lookup)->def->negative_ttl_ms;
    uint64_t until_ms = asked_ms + (ttl_ms > NEGATIVE_LEAST_MS ? ttl_ms : NEGATIVE_LEAST_MS);

    if (until_ms < lookup->not_found_until_ms)
        lookup->not_found_until_ms = until_ms;
    return STEP_NOT_FOUND;
}

static enum step step_cached(struct lookup *lookup, const struct cache_answer *answer,
                             uint64_t now_ms)
{
    if (answer->negative) {
        stats.cache.negative_hits++;
        return step_not_found(lookup, now_ms - answer->age_ms);
    }
    stats.cache.hits++;
    lookup->found = answer->value;
    return STEP_FOUND;
}

enum step lookup_step(struct lookup *lookup, uint64_t now_ms)
{
    struct live_table *table = table_of(lookup);
    struct cache_answer answer;

    if (!table_wants_key(&table->def->rules, lookup_key(lookup)))
        return STEP_NOT_FOUND;
    if (table->cache_id == 0)
        return step_ask(lookup, table, now_ms);
    answer = cache_get(lookup->service->cache, table->cache_id, lookup_key(lookup), now_ms);
    switch (answer.state) {
    case CACHE_REFRESH:
        /* The value stays where it is: a flight that begins changes nothing in the cache. */
        if (share_is_well(&table->share) || share_wants_probe(&table->share, now_ms))
            step_ask_in_background(lookup, table, now_ms);
        return step_cached(lookup, &answer, now_ms);
    case CACHE_FRESH:
        return step_cached(lookup, &answer, now_ms);
    case CACHE_STALE:
        return step_ask_with_old(lookup, table, &answer, now_ms);
    case CACHE_NOTHING:
        if (answer.negative && !lookup->is_patient)
            return step_ask_with_old(lookup, table, &answer, now_ms);
        break;
    }
    return step_ask(lookup, table, now_ms);
}

enum step lookup_step_landed(struct lookup *lookup, enum outcome outcome, struct slice text)
{
    if (outcome == OUTCOME_NOTFOUND) {
        lookup->old = OLD_NONE;
        return step_not_found(lookup, lookup->waiter.sent_ms);
    }
    if (outcome == OUTCOME_OK) {
        lookup->found = text;
        return STEP_FOUND;
    }
    if (lookup->old == OLD_NONE || lookup->waiter.is_said)
        return lookup_fail(lookup, outcome, text);
    if (lookup->reason.len == 0) {
        lookup->failure = outcome;
        buffer_add(&lookup->reason, text.data, text.len);
    }
    return step_make_do(lookup);
}

enum step lookup_step_late(struct lookup *lookup, uint64_t now_ms)
{
    if (lookup->old == OLD_NONE)
        return lookup_fail(lookup, OUTCOME_TIMEOUT,
                           slice_of("the database did not answer within lookup_timeout"));
    share_is_late(&table_of(lookup)->share, now_ms);
    return step_make_do(lookup);
}
