/*
 * flight - see the header.
 *
 * A flight lives from flight_join() to the pool's answer, or until it has not been sent and its answer is
 * of use to nobody. While others may join it stands in a hash index by (table, key); tables that are not
 * cached never share, so theirs stand nowhere. The memory is bounded by those who wait and by the queues
 * of the pools, which refuse what is too much.
 */
#include "flight.h"

#include <assert.h>
#include <stdlib.h>

#include "clock.h"
#include "embed.h"
#include "log.h"
#include "stats.h"
#include "table.h"
#include "xmalloc.h"

#define INDEX_SIZE 1024 /* buckets; a power of two. A few thousand flights at most. */

struct flight {
    struct pool_query query;
    struct flight_set *set;
    struct live_maps *maps;
    struct live_table *table;
    TAILQ_ENTRY(flight) entry; /* in the index, while others can join: */
    bool is_listed;
    TAILQ_HEAD(, flight_waiter) waiters;
    struct table_answer answer; /* its key points to the bytes below */
    char key[];
};

TAILQ_HEAD(bucket, flight);

struct flight_set {
    struct cache *cache;
    struct hash_secret secret;
    size_t count;
    struct bucket index[INDEX_SIZE];
};

struct flight_set *flight_set_new(struct cache *cache, const struct hash_secret *secret)
{
    struct flight_set *set = xcalloc(1, sizeof(*set));

    set->cache = cache;
    set->secret = *secret;
    for (size_t i = 0; i < INDEX_SIZE; i++)
        TAILQ_INIT(&set->index[i]);
    return set;
}

void flight_set_free(struct flight_set *set)
{
    assert(set->count == 0);
    free(set);
}

static struct bucket *bucket_of(struct flight_set *set, cache_table table, struct slice key)
{
    uint64_t hash = hash_bytes(&set->secret, key.data, key.len) + table;

    return &set->index[hash % INDEX_SIZE];
}

static bool flight_is(const struct flight *flight, cache_table table, struct slice key)
{
    return flight->table->cache_id == table && slice_equal(flight->answer.key, key);
}

static struct flight *flight_find(struct flight_set *set, cache_table table, struct slice key)
{
    struct flight *flight;

    TAILQ_FOREACH(flight, bucket_of(set, table, key), entry)
    if (flight_is(flight, table, key))
        return flight;
    return NULL;
}

static struct bucket *flight_bucket(const struct flight *flight)
{
    return bucket_of(flight->set, flight->table->cache_id, flight->answer.key);
}

static void flight_list(struct flight *flight)
{
    TAILQ_INSERT_HEAD(flight_bucket(flight), flight, entry);
    flight->is_listed = true;
}

static void flight_unlist(struct flight *flight)
{
    if (flight->is_listed)
        TAILQ_REMOVE(flight_bucket(flight), flight, entry);
    flight->is_listed = false;
}

static void flight_wait(struct flight *flight, struct flight_waiter *waiter)
{
    waiter->flight = flight;
    TAILQ_INSERT_TAIL(&flight->waiters, waiter, entry);
}

static void flight_free(struct flight *flight)
{
    flight_unlist(flight);
    live_maps_unref(flight->maps);
    buffer_free(&flight->answer.value);
    flight->set->count--;
    free(flight);
}

/* Its answer is of no use any more, unless somebody waits for it. */
static void flight_abandon(struct flight *flight)
{
    if (TAILQ_EMPTY(&flight->waiters) && pool_withdraw(flight->table->pool, &flight->query))
        flight_free(flight);
}

void flight_leave_to_cache(struct flight_waiter *waiter)
{
    if (waiter->flight != NULL)
        TAILQ_REMOVE(&waiter->flight->waiters, waiter, entry);
    waiter->flight = NULL;
}

void flight_leave(struct flight_waiter *waiter)
{
    struct flight *flight = waiter->flight;

    flight_leave_to_cache(waiter);
    if (flight != NULL)
        flight_abandon(flight);
}

/*
 * Only what the database has said, and nobody has overtaken meanwhile, is kept. If that is of no use (a
 * list has grown beyond its limit), what it said earlier is not true any more either.
 */
static void flight_store(struct flight *flight, enum outcome outcome, struct slice value,
                         uint64_t sent_ms)
{
    if (!flight->is_listed)
        return;
    if (outcome == OUTCOME_OK)
        cache_store(flight->set->cache, flight->table->cache_id, flight->answer.key, value,
                    sent_ms);
    else if (outcome == OUTCOME_NOTFOUND)
        cache_store_negative(flight->set->cache, flight->table->cache_id, flight->answer.key,
                             sent_ms);
    else
        cache_flush_key(flight->set->cache, flight->table->cache_id, flight->answer.key);
}

/* A refresh that there was no time for is no failure. */
static bool is_failure(const struct flight *flight, enum outcome outcome,
                       const struct db_result *result)
{
    return (outcome == OUTCOME_TEMP || outcome == OUTCOME_TIMEOUT) &&
           (result->blame != DB_NOT_ASKED || !TAILQ_EMPTY(&flight->waiters));
}

static void flight_warn(struct flight *flight, bool has_failed, const char *reason)
{
    const struct table_def *def = flight->table->def;

    if (flight->answer.empty_values > 0)
        log_limited(&flight->table->empty_values, clock_ms(), LOG_LEVEL_WARNING,
                    "table %s: empty value for \"%.*s\" ignored", def->name,
                    (int)flight->answer.key.len, flight->answer.key.data);
    if (has_failed)
        log_limited(&flight->table->failures, clock_ms(), LOG_LEVEL_WARNING,
                    "table %s: lookup of \"%.*s\" failed: %s", def->name,
                    (int)flight->answer.key.len, flight->answer.key.data, reason);
}

static void flight_land(struct flight *flight, enum outcome outcome, struct slice text,
                        uint64_t sent_ms, bool is_said)
{
    struct flight_waiter *waiter;

    while ((waiter = TAILQ_FIRST(&flight->waiters)) != NULL) {
        flight_leave_to_cache(waiter);
        waiter->is_said = is_said;
        waiter->sent_ms = sent_ms;
        waiter->landed(waiter, outcome, text);
    }
}

static void on_done(struct pool_query *query, const struct db_result *result)
{
    struct flight *flight = OWNER_OF(query, struct flight, query);
    bool is_said = result->blame == DB_OK || result->blame == DB_KEY_FAILED;
    const char *reason;
    enum outcome outcome = statement_judge(result, &flight->answer, &reason);
    struct slice text =
        outcome == OUTCOME_OK ? buffer_slice(&flight->answer.value) : slice_of(reason);

    flight_warn(flight, is_failure(flight, outcome, result), text.data);
    if (is_said)
        flight_store(flight, outcome, text, result->sent_ms);
    flight_unlist(flight);
    flight_land(flight, outcome, text, result->sent_ms, is_said);
    flight_free(flight);
}

static struct flight *flight_new(struct flight_set *set, struct live_maps *maps,
                                 struct live_table *table, struct slice key)
{
    struct flight *flight = xcalloc(1, sizeof(*flight) + key.len + 1);

    memcpy(flight->key, key.data, key.len);
    flight->set = set;
    flight->maps = live_maps_ref(maps);
    flight->table = table;
    TAILQ_INIT(&flight->waiters);
    flight->answer.rules = &table->def->rules;
    flight->answer.key = (struct slice){flight->key, key.len};
    flight->query.statement = statement_of(&flight->answer);
    flight->query.done = on_done;
    set->count++;
    return flight;
}

bool flight_join(struct flight_set *set, struct live_maps *maps, struct live_table *table,
                 struct slice key, uint64_t deadline_ms, struct flight_waiter *waiter)
{
    bool is_kept = table->cache_id != 0 && !table->is_outdated;
    struct flight *flight = is_kept ? flight_find(set, table->cache_id, key) : NULL;
    bool shared = flight != NULL;

    if (!shared) {
        flight = flight_new(set, maps, table, key);
        if (is_kept)
            flight_list(flight);
        pool_ask(table->pool, &table->share, &flight->query,
                 waiter != NULL ? POOL_WANTED : POOL_BACKGROUND, deadline_ms);
    } else if (waiter != NULL) {
        pool_want(table->pool, &flight->query, deadline_ms);
    }
    if (waiter != NULL)
        flight_wait(flight, waiter);
    return shared;
}

/* Nobody joins it any more, and its answer is not kept. */
static void outdate(struct flight *flight)
{
    flight_unlist(flight);
    flight_abandon(flight);
}

void flight_outdate(struct flight_set *set, cache_table table, const struct slice *key)
{
    if (key != NULL) {
        struct flight *flight = flight_find(set, table, *key);

        if (flight != NULL)
            outdate(flight);
        return;
    }
    for (size_t i = 0; i < INDEX_SIZE; i++)
        for (struct flight *flight = TAILQ_FIRST(&set->index[i]), *next; flight != NULL;
             flight = next) {
            next = TAILQ_NEXT(flight, entry);
            if (table == 0 || flight->table->cache_id == table)
                outdate(flight);
        }
}
