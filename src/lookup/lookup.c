/*
 * lookup - see the header.
 *
 * A lookup walks over the keys of its search and, for each key, over the tables of its map; at each
 * step (one table, one key) the answer comes from the cache or the walk stops until a flight lands.
 * One key may be a domain that tables of local_domains are asked for; what they say decides which keys
 * follow. Only two things can end the walk early: the first value found, and the first failure. NOTFOUND is
 * what remains when every step was told "not found" by what is good still: a walk that went on over an
 * old "not found" and found nothing for the same recipient begins again and has the database say it; so
 * does one during which a "not found" has become old.
 *
 * Lookup structures are kept on a free list and reused with their buffers, so that an answer from
 * the cache allocates nothing.
 */
#include "lookup.h"

#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"
#include "embed.h"
#include "log.h"
#include "service.h"
#include "socketmap.h"
#include "stats.h"
#include "step.h"
#include "xmalloc.h"

#define SPARE_MAX       256
#define SPARE_BYTES_MAX 2048 /* of one buffer */

/* The longest address: 64 bytes, @ and 255 (RFC 5321). Only of a longer key a waiting lookup gives back what it can
 * derive again. */
#define LONG_KEY (64 + 1 + 255)

/* --- the walk ----------------------------------------------------------------------------- */

/* The next key of the search, derived only now that it is needed. False: there is none. */
static bool lookup_has_key(struct lookup *lookup)
{
    if (lookup->key == lookup->keys.count && !lookup->has_all_keys) {
        lookup->has_all_keys = true;
        lookup->key_outcome = search_rest(&lookup->map->def->rules, &lookup->keys);
    }
    return lookup->key < lookup->keys.count;
}

/* To the next key, past the localparts of a domain that is not local. */
static void lookup_next_key(struct lookup *lookup)
{
    lookup->key = search_after(&lookup->keys, lookup->key, lookup->is_local);
    lookup->table = 0;
    lookup->is_local = false;
}

/* Whether a table is left to be asked for this key. */
static bool lookup_has_table(const struct lookup *lookup)
{
    return lookup_table(lookup) != NULL && !lookup->is_local;
}

static enum step walk_steps(struct lookup *lookup, uint64_t now_ms)
{
    for (; lookup_has_key(lookup); lookup_next_key(lookup)) {
        /* A key of others may only be asked when it is certain that there is nothing of one's own. */
        if ((lookup->is_old || lookup->is_passed) && !search_key_is_own(&lookup->keys, lookup->key))
            return STEP_NOT_FOUND;
        for (; lookup_has_table(lookup); lookup->table++) {
            enum step step = lookup_step(lookup, now_ms);

            if (step != STEP_NOT_FOUND)
                return step;
        }
    }
    if (lookup->key_outcome != OUTCOME_OK)
        return lookup_fail(lookup, lookup->key_outcome, slice_of("the domain has too many labels"));
    return STEP_NOT_FOUND;
}

/* From the first key on, and without the help of old answers. */
static void begin_again(struct lookup *lookup)
{
    lookup->is_old = false;
    lookup->is_passed = false;
    lookup->is_patient = true;
    lookup->not_found_until_ms = UINT64_MAX;
    lookup->key = 0;
    lookup->table = 0;
    lookup->is_local = false;
}

/* Nothing was found. Whether that may be told: each step was told so by what is good still. */
static bool is_certain(const struct lookup *lookup, uint64_t now_ms)
{
    return !lookup->is_old && !lookup->is_passed && now_ms <= lookup->not_found_until_ms;
}

/* Go on from the current step until something is decided or has to be waited for. */
static enum step lookup_walk(struct lookup *lookup, uint64_t now_ms)
{
    enum step step = walk_steps(lookup, now_ms);

    if (step != STEP_NOT_FOUND || is_certain(lookup, now_ms))
        return step;
    if (lookup->reason.len != 0)
        return lookup_fail(lookup, lookup->failure, buffer_slice(&lookup->reason));
    if (!lookup->is_patient) {
        begin_again(lookup);
        step = walk_steps(lookup, now_ms);
    }
    if (step == STEP_NOT_FOUND && !is_certain(lookup, now_ms))
        return lookup_fail(
            lookup, OUTCOME_TIMEOUT,
            slice_of("the database took longer than negative_ttl for \"not found\""));
    return step;
}

/* Postfix puts the extension back only where it took it off; where we did, we do. */
static void lookup_propagate(struct lookup *lookup)
{
    buffer_clear(&lookup->text);
    if (search_value(&lookup->map->def->rules, &lookup->keys, lookup->key, lookup->found,
                     &lookup->text))
        lookup->found = buffer_slice(&lookup->text);
}

static void lookup_count(struct lookup *lookup, enum outcome outcome)
{
    struct map_stats *map = lookup->map->stats;
    uint64_t took_us = clock_us() - lookup->started_us;

    stats.lookups++;
    stats.replies[outcome]++;
    map->lookups++;
    map->replies[outcome]++;
    if (!lookup->waited)
        map->cache_hits++;
    if (lookup->is_old && outcome == OUTCOME_OK) {
        stats.cache.stale_served++;
        map->stale_served++;
    }
    histogram_add(lookup->waited ? &stats.miss_us : &stats.hit_us, took_us);
}

static const char *outcome_word(enum outcome outcome)
{
    static const char *const words[OUTCOME_COUNT] = {"found", "not found", "temporary failure",
                                                     "timeout", "permanent failure"};

    return words[outcome];
}

static void lookup_log(const struct lookup *lookup, const struct lookup_reply *reply)
{
    struct slice key = lookup->keys.count > 0 ? search_key(&lookup->keys, 0) : slice_of("");

    log_info("lookup %s \"%.*s\": %s%s%.*s", lookup->map->def->name, (int)key.len, key.data,
             outcome_word(reply->outcome), reply->text.len > 0 ? ": " : "", (int)reply->text.len,
             reply->text.data);
}

/* The reply that a decided walk (anything but STEP_WAIT) comes to. */
static struct lookup_reply lookup_reply(struct lookup *lookup, enum step step)
{
    struct lookup_reply reply = {OUTCOME_NOTFOUND, {"", 0}};

    if (step == STEP_FOUND) {
        lookup_propagate(lookup);
        if (lookup->found.len + strlen("OK ") > SOCKETMAP_REPLY_MAX)
            step = lookup_fail(lookup, OUTCOME_TEMP, slice_of("the value is too long for a reply"));
    }
    if (step == STEP_FOUND)
        reply = (struct lookup_reply){OUTCOME_OK, lookup->found};
    else if (step == STEP_FAILED)
        reply = (struct lookup_reply){lookup->failure, lookup->found};
    lookup_count(lookup, reply.outcome);
    if (live_maps_config(lookup->maps)->server.log_lookups)
        lookup_log(lookup, &reply);
    return reply;
}

static void lookup_free(struct lookup *lookup)
{
    event_free(lookup->timer);
    search_keys_free(&lookup->keys);
    buffer_free(&lookup->text);
    buffer_free(&lookup->reason);
    lookup_drop_old(lookup);
    free(lookup);
}

/* --- waiting ------------------------------------------------------------------------------ */

static void trim(struct buffer *buffer)
{
    if (buffer->capacity > SPARE_BYTES_MAX)
        buffer_free(buffer);
}

/* One giant key or value need not be remembered for ever. */
static void lookup_trim(struct lookup *lookup)
{
    if (search_keys_memory(&lookup->keys) > SPARE_BYTES_MAX)
        search_keys_free(&lookup->keys);
    trim(&lookup->text);
    trim(&lookup->reason);
    lookup_drop_old(lookup);
}

/* Back on the free list; what its buffers hold stays until the next one comes there, or goes. */
static void lookup_retire(struct lookup *lookup)
{
    struct lookup_service *service = lookup->service;

    if (lookup->waited && lookup->timer != NULL)
        evtimer_del(lookup->timer);
    live_maps_unref(lookup->maps);
    if (!TAILQ_EMPTY(&service->spare))
        lookup_trim(TAILQ_FIRST(&service->spare));
    if (service->spare_count == SPARE_MAX) {
        struct lookup *surplus = TAILQ_FIRST(&service->spare);

        TAILQ_REMOVE(&service->spare, surplus, entry);
        lookup_free(surplus);
    } else {
        service->spare_count++;
    }
    TAILQ_INSERT_HEAD(&service->spare, lookup, entry);
}

/* Wait for the database, with no more in hand than it takes. */
static void lookup_rest(struct lookup *lookup)
{
    if (lookup->keys.request.len > LONG_KEY)
        search_pack(&lookup->keys);
}

static void lookup_wake(struct lookup *lookup)
{
    if (lookup->keys.request.len > LONG_KEY)
        search_unpack(&lookup->map->def->rules, &lookup->keys, lookup->has_all_keys);
}

/* A step that waited is decided: tell, or walk on. */
static void lookup_resume(struct lookup *lookup, enum step step)
{
    struct lookup_reply reply;
    lookup_done *done = lookup->done;
    void *arg = lookup->arg;

    if (step == STEP_NOT_FOUND) {
        lookup->table++;
        step = lookup_walk(lookup, clock_ms());
    }
    if (step == STEP_WAIT) {
        lookup_rest(lookup);
        return;
    }
    reply = lookup_reply(lookup, step);
    lookup->service->pending--;
    lookup_retire(lookup);
    done(arg, &reply);
}

static void on_landed(struct flight_waiter *waiter, enum outcome outcome, struct slice text)
{
    struct lookup *lookup = OWNER_OF(waiter, struct lookup, waiter);

    lookup_wake(lookup);
    lookup_resume(lookup, lookup_step_landed(lookup, outcome, text));
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
    struct lookup *lookup = arg;

    (void)fd;
    (void)events;
    lookup_wake(lookup);
    if (lookup->old == OLD_VALUE)
        flight_leave_to_cache(&lookup->waiter);
    else
        flight_leave(&lookup->waiter);
    lookup_resume(lookup, lookup_step_late(lookup, clock_ms()));
}

/* --- begin and end ------------------------------------------------------------------------ */

static struct lookup *lookup_new(struct lookup_service *service)
{
    struct lookup *lookup = TAILQ_FIRST(&service->spare);

    if (lookup != NULL) {
        TAILQ_REMOVE(&service->spare, lookup, entry);
        service->spare_count--;
        return lookup;
    }
    lookup = xcalloc(1, sizeof(*lookup));
    lookup->service = service;
    lookup->waiter.landed = on_landed;
    lookup->timer = evtimer_new(service->base, on_timer, lookup);
    if (lookup->timer == NULL)
        log_fatal("out of memory: cannot make a timer");
    return lookup;
}

/* A reply without a walk: the request itself decides. */
static void lookup_refuse(struct lookup_reply *reply, struct map_stats *map, enum outcome outcome,
                          const char *reason)
{
    stats.lookups++;
    stats.replies[outcome]++;
    if (map != NULL) {
        map->lookups++;
        map->replies[outcome]++;
    }
    *reply = (struct lookup_reply){outcome, slice_of(reason)};
}

static enum outcome lookup_prepare(struct lookup *lookup, const struct live_map *live,
                                   struct slice key)
{
    lookup->map = live;
    lookup->has_all_keys = false;
    lookup->key_outcome = OUTCOME_OK;
    lookup->key = 0;
    lookup->table = 0;
    lookup->is_local = false;
    lookup->waited = false;
    lookup->old = OLD_NONE;
    lookup->is_old = false;
    lookup->is_passed = false;
    lookup->is_patient = false;
    lookup->not_found_until_ms = UINT64_MAX;
    buffer_clear(&lookup->reason);
    return search_begin(key, &lookup->keys);
}

struct lookup *lookup_start(struct lookup_service *service, struct slice map, struct slice key,
                            lookup_done *done, void *arg, struct lookup_reply *reply)
{
    const struct live_map *live = service->maps != NULL ? live_maps_find(service->maps, map) : NULL;
    struct lookup *lookup;
    enum outcome outcome;
    enum step step;

    if (live == NULL) {
        lookup_refuse(reply, NULL, OUTCOME_PERM, "no such map");
        return NULL;
    }
    if (key.len > LOOKUP_KEY_MAX) {
        lookup_refuse(reply, live->stats, OUTCOME_PERM, LOOKUP_KEY_REFUSED);
        return NULL;
    }
    lookup = lookup_new(service);
    lookup->maps = live_maps_ref(service->maps);
    lookup->started_us = clock_us();
    lookup->deadline_ms =
        lookup->started_us / 1000 + live_maps_config(service->maps)->server.lookup_timeout_ms;
    lookup->done = done;
    lookup->arg = arg;
    outcome = lookup_prepare(lookup, live, key);
    if (outcome != OUTCOME_OK) {
        /* mysql_table(5): such a key is in no table. */
        lookup_refuse(reply, live->stats, outcome, "");
        lookup_retire(lookup);
        return NULL;
    }
    step = lookup_walk(lookup, lookup->started_us / 1000);
    if (step == STEP_WAIT) {
        lookup_rest(lookup);
        service->pending++;
        return lookup;
    }
    *reply = lookup_reply(lookup, step);
    lookup_retire(lookup);
    return NULL;
}

void lookup_cancel(struct lookup *lookup)
{
    flight_leave(&lookup->waiter);
    lookup->service->pending--;
    lookup_retire(lookup);
}

size_t lookup_memory(const struct lookup *lookup)
{
    return search_keys_memory(&lookup->keys) + lookup->keys.request.len + lookup->stale.capacity +
           lookup->reason.capacity + lookup->text.capacity;
}

size_t lookup_pending(const struct lookup_service *service)
{
    return service->pending;
}

void lookup_free_spares(struct lookup_service *service)
{
    struct lookup *lookup;

    while ((lookup = TAILQ_FIRST(&service->spare)) != NULL) {
        TAILQ_REMOVE(&service->spare, lookup, entry);
        lookup_free(lookup);
    }
}
