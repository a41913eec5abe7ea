/*
 * flight - see the header.
 *
 * A flight lives from flight_join() to the pool's answer. While others may join it stands in a hash
 * index by (table, key); tables that are not cached never share, so theirs stand nowhere. The memory
 * is bounded by the queues of the pools, which refuse what is too much.
 */
#include "flight.h"

#include <assert.h>
#include <stdlib.h>

#include "clock.h"
#include "log.h"
#include "stats.h"
#include "table.h"
#include "xmalloc.h"

/* Keys of any real recipient are shorter. */
#define LARGE_KEY 512

#define INDEX_SIZE 1024 /* buckets; a power of two. A few thousand flights at most. */

struct flight {
    struct pool_query query; /* must stay first: the pool hands it back */
    struct flight_set *set;
    struct routes *routes;
    struct source *source;
    struct flight *next, **link; /* in the index; link NULL: others cannot join */
    uint64_t asked_ms;           /* when the SQL was sent: the answer is that old */
    struct flight_waiter *waiters, **last;
    struct table_answer answer; /* its key points to the bytes below */
    char key[];
};

struct flight_set {
    struct cache *cache;
    struct hash_secret secret;
    size_t count;
    struct log_limit empty_values, failures;
    struct flight *index[INDEX_SIZE];
};

struct flight_set *flight_set_new(struct cache *cache, const struct hash_secret *secret)
{
    struct flight_set *set = xcalloc(1, sizeof(*set));

    set->cache = cache;
    set->secret = *secret;
    return set;
}

void flight_set_free(struct flight_set *set)
{
    assert(set->count == 0);
    free(set);
}

static struct flight **bucket_of(struct flight_set *set, cache_table table, struct slice key)
{
    uint64_t hash = hash_bytes(&set->secret, key.data, key.len) + table;

    return &set->index[hash % INDEX_SIZE];
}

static bool flight_is(const struct flight *flight, cache_table table, struct slice key)
{
    return flight->source->cache_id == table && slice_equal(flight->answer.key, key);
}

static struct flight *flight_find(struct flight_set *set, cache_table table, struct slice key)
{
    struct flight *flight = *bucket_of(set, table, key);

    while (flight != NULL && !flight_is(flight, table, key))
        flight = flight->next;
    return flight;
}

static void flight_list(struct flight *flight)
{
    struct flight **bucket = bucket_of(flight->set, flight->source->cache_id, flight->answer.key);

    flight->next = *bucket;
    if (flight->next != NULL)
        flight->next->link = &flight->next;
    flight->link = bucket;
    *bucket = flight;
}

static void flight_unlist(struct flight *flight)
{
    if (flight->link == NULL)
        return;
    *flight->link = flight->next;
    if (flight->next != NULL)
        flight->next->link = flight->link;
    flight->link = NULL;
}

static void flight_wait(struct flight *flight, struct flight_waiter *waiter)
{
    waiter->flight = flight;
    waiter->next = NULL;
    waiter->link = flight->last;
    *flight->last = waiter;
    flight->last = &waiter->next;
}

void flight_leave(struct flight_waiter *waiter)
{
    if (waiter->flight == NULL)
        return;
    *waiter->link = waiter->next;
    if (waiter->next != NULL)
        waiter->next->link = waiter->link;
    else
        waiter->flight->last = waiter->link;
    waiter->flight = NULL;
}

static void on_write_sql(struct pool_query *query, template_quote *quote, void *quote_arg,
                         struct buffer *sql)
{
    struct flight *flight = (struct flight *)query;

    flight->asked_ms = clock_ms();
    template_query(flight->answer.rules->template, flight->answer.key, quote, quote_arg, sql);
}

static bool on_row(struct pool_query *query, unsigned columns, const char *const *fields,
                   const unsigned long *lengths)
{
    struct flight *flight = (struct flight *)query;

    return table_answer_row(&flight->answer, columns, fields, lengths);
}

/*
 * Only what the database has said, and nobody has overtaken meanwhile, is kept. If that is of no use (a
 * list has grown beyond its limit), what it said earlier is not true any more either.
 */
static void flight_store(struct flight *flight, enum outcome outcome, struct slice value,
                         bool is_said)
{
    if (flight->link == NULL || !is_said)
        return;
    if (outcome == OUTCOME_OK)
        cache_store(flight->set->cache, flight->source->cache_id, flight->answer.key, value,
                    flight->asked_ms);
    else if (outcome == OUTCOME_NOTFOUND)
        cache_store_negative(flight->set->cache, flight->source->cache_id, flight->answer.key,
                             flight->asked_ms);
    else
        cache_flush_key(flight->set->cache, flight->source->cache_id, flight->answer.key);
}

/* Whatever it has said of this key: a database that answers is not in trouble. */
static void flight_judge_source(struct flight *flight, bool is_said)
{
    if (is_said)
        source_answered(flight->source);
    else
        source_failed(flight->source, clock_ms());
}

static void flight_warn(struct flight *flight, enum outcome outcome, const char *reason)
{
    const struct table_def *def = flight->source->def;

    if (flight->answer.empty_values > 0)
        log_limited(&flight->set->empty_values, clock_ms(), LOG_LEVEL_WARNING,
                    "table %s: empty value for \"%.*s\" ignored", def->name,
                    (int)flight->answer.key.len, flight->answer.key.data);
    if (outcome == OUTCOME_TEMP || outcome == OUTCOME_TIMEOUT)
        log_limited(&flight->set->failures, clock_ms(), LOG_LEVEL_WARNING,
                    "table %s: lookup of \"%.*s\" failed: %s", def->name,
                    (int)flight->answer.key.len, flight->answer.key.data, reason);
}

static void flight_land(struct flight *flight, enum outcome outcome, struct slice text,
                        bool is_said)
{
    while (flight->waiters != NULL) {
        struct flight_waiter *waiter = flight->waiters;

        flight_leave(waiter);
        waiter->is_said = is_said;
        waiter->landed(waiter, outcome, text);
    }
}

static void on_done(struct pool_query *query, enum outcome outcome, bool has_rows_set,
                    const char *reason)
{
    struct flight *flight = (struct flight *)query;
    bool is_said = outcome == OUTCOME_OK || query->is_keys_fault;
    struct slice text;

    flight_judge_source(flight, is_said);
    if (outcome == OUTCOME_OK)
        outcome = table_answer_judge(&flight->answer, has_rows_set, &reason);
    text = outcome == OUTCOME_OK ? buffer_slice(&flight->answer.value)
                                 : slice_of(reason != NULL ? reason : "");
    flight_warn(flight, outcome, text.data);
    flight_store(flight, outcome, text, is_said);
    flight_unlist(flight);
    flight_land(flight, outcome, text, is_said);
    routes_unref(flight->routes);
    buffer_free(&flight->answer.value);
    flight->set->count--;
    free(flight);
}

static struct flight *flight_new(struct flight_set *set, struct routes *routes,
                                 struct source *source, struct slice key)
{
    struct flight *flight = xcalloc(1, sizeof(*flight) + key.len + 1);

    memcpy(flight->key, key.data, key.len);
    flight->query.write_sql = on_write_sql;
    flight->query.row = on_row;
    flight->query.done = on_done;
    flight->query.is_alone = key.len > LARGE_KEY;
    flight->set = set;
    flight->routes = routes_ref(routes);
    flight->source = source;
    flight->last = &flight->waiters;
    flight->answer.rules = &source->def->rules;
    flight->answer.key = (struct slice){flight->key, key.len};
    set->count++;
    return flight;
}

bool flight_join(struct flight_set *set, struct routes *routes, struct source *source,
                 struct slice key, uint64_t deadline_ms, struct flight_waiter *waiter)
{
    struct flight *flight = source->cache_id != 0 ? flight_find(set, source->cache_id, key) : NULL;
    bool shared = flight != NULL;

    if (!shared) {
        flight = flight_new(set, routes, source, key);
        if (source->cache_id != 0)
            flight_list(flight);
        pool_ask(source->pool, &flight->query, deadline_ms);
    }
    if (waiter != NULL)
        flight_wait(flight, waiter);
    return shared;
}

void flight_outdate(struct flight_set *set, cache_table table, const struct slice *key)
{
    if (key != NULL) {
        struct flight *flight = flight_find(set, table, *key);

        if (flight != NULL)
            flight_unlist(flight);
        return;
    }
    for (size_t i = 0; i < INDEX_SIZE; i++)
        for (struct flight *flight = set->index[i], *next; flight != NULL; flight = next) {
            next = flight->next;
            if (table == 0 || flight->source->cache_id == table)
                flight_unlist(flight);
        }
}
