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
#include "witness.h"

#define BACKGROUND_TIMEOUT_MS 10000

/* Old values in the hands of all who wait; who comes then waits without one. */
#define OLD_BYTES_MAX (8 << 20)

/* With a shorter negative_ttl, this is the time to tell what the database says. */
#define NEGATIVE_LEAST_MS 1000

static const struct slice nothing = {"", 0};

static struct slice lookup_key(const struct lookup *lookup)
{
    return search_key(&lookup->keys, lookup->key);
}

enum step lookup_fail(struct lookup *lookup, enum outcome failure, struct slice reason)
{
    lookup->failure = failure;
    lookup->found = reason;
    return STEP_FAILED;
}

/* The reply; or, in a table of local_domains, that the localpart alone is asked for as well. */
static enum step step_found(struct lookup *lookup, struct slice value)
{
    if (lookup->keys.part[lookup->key] == SEARCH_IS_LOCAL) {
        lookup->is_local = true;
        return STEP_NOT_FOUND;
    }
    lookup->found = value;
    return STEP_FOUND;
}

/* "Not found", which is not to be told later than that, however long other steps take. */
static enum step step_told_until(struct lookup *lookup, uint64_t until_ms)
{
    if (until_ms < lookup->not_found_until_ms)
        lookup->not_found_until_ms = until_ms;
    return STEP_NOT_FOUND;
}

void lookup_drop_old(struct lookup *lookup)
{
    lookup->service->old_bytes -= lookup->stale.capacity;
    buffer_free(&lookup->stale);
}

/* A copy of the old value, unless it is one. False: there are too many. */
static bool step_keep_old(struct lookup *lookup, struct slice value)
{
    struct lookup_service *service = lookup->service;

    if (value.data == lookup->stale.data)
        return true;
    lookup_drop_old(lookup);
    if (service->old_bytes + value.len > OLD_BYTES_MAX)
        return false;
    buffer_add(&lookup->stale, value.data, value.len);
    service->old_bytes += lookup->stale.capacity;
    return true;
}

/*
 * The database does not answer (soon enough): take what is past its time. That a domain was local adds keys and
 * takes none away, so what is not found among them all is certain still.
 */
static enum step step_make_do(struct lookup *lookup, struct slice value)
{
    enum old_answer old = lookup->old;

    lookup->old = OLD_NONE;
    if (old == OLD_MISSING) {
        stats.cache.mirror_negative_hits++;
        return step_told_until(lookup, lookup->missing_until_ms);
    }
    if (old == OLD_VALUE && lookup->keys.part[lookup->key] == SEARCH_IS_LOCAL)
        return step_found(lookup, value);
    lookup->is_old = true;
    if (old == OLD_NOT_FOUND)
        return STEP_NOT_FOUND;
    return step_found(lookup, value);
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
static enum step step_ask_or_make_do(struct lookup *lookup, struct live_table *table,
                                     enum old_answer old, struct slice value, uint64_t now_ms)
{
    lookup->old = old;
    if (share_is_well(&table->share) && pool_can_serve(table->pool)) {
        if (old == OLD_VALUE && !step_keep_old(lookup, value))
            lookup->old = OLD_NONE;
        return step_ask(lookup, table, now_ms);
    }
    /* The value stays where it is: a flight that begins changes nothing in the cache. */
    if (share_wants_probe(&table->share, now_ms))
        step_ask_in_background(lookup, table, now_ms);
    return step_make_do(lookup, value);
}

static enum step step_ask_with_old(struct lookup *lookup, struct live_table *table,
                                   const struct cache_answer *old, uint64_t now_ms)
{
    return step_ask_or_make_do(lookup, table, old->negative ? OLD_NOT_FOUND : OLD_VALUE, old->value,
                               now_ms);
}

/* The database was asked then, and said "not found". Other steps, and who has asked it first, take
 * their time, but it is not told later than negative_ttl after that. */
static enum step step_not_found(struct lookup *lookup, uint64_t asked_ms)
{
    uint64_t ttl_ms = lookup_table(lookup)->def->negative_ttl_ms;
    uint64_t until_ms = asked_ms + (ttl_ms > NEGATIVE_LEAST_MS ? ttl_ms : NEGATIVE_LEAST_MS);

    return step_told_until(lookup, until_ms);
}

static enum step step_cached(struct lookup *lookup, const struct cache_answer *answer,
                             uint64_t now_ms)
{
    if (answer->negative) {
        stats.cache.negative_hits++;
        return step_not_found(lookup, now_ms - answer->age_ms);
    }
    stats.cache.hits++;
    return step_found(lookup, answer->value);
}

static enum step step_by_cache(struct lookup *lookup, struct live_table *table,
                               const struct cache_answer *answer, uint64_t now_ms)
{
    switch (answer->state) {
    case CACHE_REFRESH:
    case CACHE_FRESH:
        /* The value stays where it is: a flight that begins changes nothing in the cache. */
        if (answer->state == CACHE_REFRESH &&
            (share_is_well(&table->share) || share_wants_probe(&table->share, now_ms)))
            step_ask_in_background(lookup, table, now_ms);
        return step_cached(lookup, answer, now_ms);
    case CACHE_STALE:
        return step_ask_with_old(lookup, table, answer, now_ms);
    case CACHE_NOTHING:
        if (answer->negative && !lookup->is_patient)
            return step_ask_with_old(lookup, table, answer, now_ms);
        break;
    }
    return step_ask(lookup, table, now_ms);
}

/* The table's mirror says that the key is not there. */
static enum step step_missing(struct lookup *lookup, struct live_table *table,
                              const struct mirror_answer *said, uint64_t now_ms)
{
    const struct table_def *def = table->def;
    uint64_t expire_ms = def->mirror_expire_ms != 0 ? def->mirror_expire_ms : def->negative_ttl_ms;

    if (said->is_live && !lookup->is_patient) {
        stats.cache.mirror_negative_hits++;
        lookup->is_passed = true;
        return STEP_NOT_FOUND;
    }
    if (said->age_ms < expire_ms) {
        lookup->missing_until_ms = now_ms - said->age_ms + expire_ms;
        return step_ask_or_make_do(lookup, table, OLD_MISSING, nothing, now_ms);
    }
    if (!lookup->is_patient)
        return step_ask_or_make_do(lookup, table, OLD_NOT_FOUND, nothing, now_ms);
    return step_ask(lookup, table, now_ms);
}

/* The mirror does not decide, and the cache has nothing: rows in an order of our own are the last resort. */
static enum step step_undecided(struct lookup *lookup, struct live_table *table,
                                struct mirror *mirror, const struct mirror_answer *said,
                                uint64_t now_ms)
{
    struct buffer several = BUFFER_EMPTY;
    bool is_kept = said->said == MIRROR_ASK && said->has_several &&
                   said->age_ms < table->def->ttl_ms + table->def->stale_ttl_ms &&
                   mirror_several(mirror, lookup_key(lookup), &several) &&
                   step_keep_old(lookup, buffer_slice(&several));

    buffer_free(&several);
    if (is_kept)
        return step_ask_or_make_do(lookup, table, OLD_VALUE, buffer_slice(&lookup->stale), now_ms);
    return step_ask(lookup, table, now_ms);
}

/* The mirror first; where it does not decide, what the database itself has said lately. */
static enum step step_by_mirror(struct lookup *lookup, struct live_table *table,
                                struct mirror *mirror, uint64_t now_ms)
{
    struct mirror_answer said = mirror_find(mirror, lookup_key(lookup), now_ms);
    struct cache_answer answer;

    if (said.said == MIRROR_FOUND && said.is_live) {
        stats.cache.hits++;
        stats.cache.mirror_hits++;
        return step_found(lookup, said.value);
    }
    if (said.said == MIRROR_NOT_FOUND && said.is_told) {
        stats.cache.mirror_negative_hits++;
        return step_not_found(lookup, now_ms);
    }
    answer = cache_get(lookup->service->cache, table->cache_id, lookup_key(lookup), now_ms);
    if (said.said == MIRROR_FOUND)
        said = mirror_find(mirror, lookup_key(lookup), now_ms); /* where its value is now */
    witness_weigh(table->def, &said, &answer);
    if (said.said == MIRROR_NOT_FOUND && answer.state == CACHE_NOTHING)
        return step_missing(lookup, table, &said, now_ms);
    if (answer.state == CACHE_NOTHING && !answer.negative)
        return step_undecided(lookup, table, mirror, &said, now_ms);
    return step_by_cache(lookup, table, &answer, now_ms);
}

enum step lookup_step(struct lookup *lookup, uint64_t now_ms)
{
    struct live_table *table = lookup_table(lookup);
    struct mirror *mirror = live_table_mirror(table);
    struct cache_answer answer;

    if (!table_wants_key(&table->def->rules, lookup_key(lookup)))
        return STEP_NOT_FOUND;
    if (table->cache_id == 0)
        return step_ask(lookup, table, now_ms);
    if (mirror != NULL)
        return step_by_mirror(lookup, table, mirror, now_ms);
    answer = cache_get(lookup->service->cache, table->cache_id, lookup_key(lookup), now_ms);
    return step_by_cache(lookup, table, &answer, now_ms);
}

enum step lookup_step_landed(struct lookup *lookup, enum outcome outcome, struct slice text)
{
    if (outcome == OUTCOME_NOTFOUND) {
        lookup->old = OLD_NONE;
        return step_not_found(lookup, lookup->waiter.sent_ms);
    }
    if (outcome == OUTCOME_OK)
        return step_found(lookup, text);
    if (lookup->old == OLD_NONE || lookup->waiter.is_said)
        return lookup_fail(lookup, outcome, text);
    if (lookup->reason.len == 0 && lookup->old != OLD_MISSING) {
        lookup->failure = outcome;
        buffer_add(&lookup->reason, text.data, text.len);
    }
    return step_make_do(lookup, buffer_slice(&lookup->stale));
}

enum step lookup_step_late(struct lookup *lookup, uint64_t now_ms)
{
    if (lookup->old == OLD_NONE)
        return lookup_fail(lookup, OUTCOME_TIMEOUT,
                           slice_of("the database did not answer within lookup_timeout"));
    share_is_late(&lookup_table(lookup)->share, now_ms);
    return step_make_do(lookup, buffer_slice(&lookup->stale));
}
