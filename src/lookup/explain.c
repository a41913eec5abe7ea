/*
 * explain - see the header. The walk is that of lookup.c without the cache: one step is one key in one
 * table, asked directly of its pool. A query that was sent cannot be called back, so an explanation that
 * nobody waits for any more lives until its query has ended.
 */
#include "explain.h"

#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"
#include "embed.h"
#include "explain_text.h"
#include "human.h"
#include "log.h"
#include "service.h"
#include "socketmap.h"
#include "table.h"
#include "witness.h"
#include "xmalloc.h"

struct explain {
    struct pool_query query;
    struct lookup_service *service;
    struct live_maps *maps;
    const struct live_map *map;
    struct buffer request; /* the key as asked */
    explain_done *done;
    void *arg;
    uint64_t deadline_ms;
    struct event *begin;
    struct lookup *lookup; /* for the reply, while it waits */
    bool asking;           /* the pool has the query */
    bool is_cancelled;     /* nobody waits for it */

    struct search_keys keys;
    size_t key; /* where the walk is, as in lookup.c */
    size_t table;
    bool is_local; /* as in lookup.c */

    struct table_answer answer;
    uint64_t asked_us;
    struct buffer text;
};

/* NULL: there is none left for this key. */
static struct live_table *table_now(const struct explain *explain)
{
    return live_map_tables(explain->map, explain->keys.part[explain->key])[explain->table];
}

/* Whether this step only decides whether the localpart alone is asked for. */
static bool asks_whether_local(const struct explain *explain)
{
    return explain->keys.part[explain->key] == SEARCH_IS_LOCAL;
}

static struct slice explain_key_now(const struct explain *explain)
{
    return search_key(&explain->keys, explain->key);
}

static void explain_free(struct explain *explain)
{
    live_maps_unref(explain->maps);
    event_free(explain->begin);
    search_keys_free(&explain->keys);
    buffer_free(&explain->request);
    buffer_free(&explain->answer.value);
    buffer_free(&explain->text);
    free(explain);
}

/* --- the reply ------------------------------------------------------------------------------ */

static void explain_finish(struct explain *explain, const struct lookup_reply *reply)
{
    struct buffer wire = BUFFER_EMPTY;
    enum outcome outcome = socketmap_add_reply(&wire, reply->outcome, reply->text);
    const char *payload = memchr(wire.data, ':', wire.len);
    size_t len = wire.len - (size_t)(payload + 1 - wire.data) - 1; /* without the final ',' */

    buffer_add_text(&explain->text, "\nPostfix gets: ");
    explain_bytes((struct slice){payload + 1, len}, &explain->text);
    buffer_add_char(&explain->text, '\n');
    buffer_free(&wire);
    explain->done(explain->arg, outcome, &explain->text);
    explain_free(explain);
}

static void on_reply(void *arg, const struct lookup_reply *reply)
{
    struct explain *explain = arg;

    explain->lookup = NULL;
    explain_finish(explain, reply);
}

static void explain_reply(struct explain *explain)
{
    struct lookup_reply reply;

    explain->lookup = lookup_start(explain->service, slice_of(explain->map->def->name),
                                   buffer_slice(&explain->request), on_reply, explain, &reply);
    if (explain->lookup == NULL)
        explain_finish(explain, &reply);
}

/* --- one step ------------------------------------------------------------------------------- */

static void explain_value(struct explain *explain, struct slice value)
{
    const struct search_rules *rules = &explain->map->def->rules;
    struct buffer reply = BUFFER_EMPTY;

    buffer_add_text(&explain->text, "     found: ");
    explain_bytes(value, &explain->text);
    buffer_add_text(&explain->text, asks_whether_local(explain) ? "; so it is local\n" : "\n");
    if (search_value(rules, &explain->keys, explain->key, value, &reply)) {
        buffer_add_text(&explain->text, "     the key matched without its extension, so: ");
        explain_bytes(buffer_slice(&reply), &explain->text);
        buffer_add_char(&explain->text, '\n');
    }
    buffer_free(&reply);
}

static void explain_rows(const struct db_rows *rows, struct buffer *text)
{
    buffer_printf(text, "%zu row%s\n", rows->count, rows->count == 1 ? "" : "s");
    for (size_t i = 0; i < rows->count && i < EXPLAIN_ROWS_SHOWN; i++)
        explain_row(rows->columns, rows->fields + i * rows->columns,
                    rows->lengths + i * rows->columns, text);
    if (rows->count > EXPLAIN_ROWS_SHOWN)
        buffer_printf(text, "     ... and %zu more\n", rows->count - EXPLAIN_ROWS_SHOWN);
}

static void explain_result(struct explain *explain, const struct db_result *result)
{
    struct buffer *text = &explain->text;

    if (result->sql.len > 0) {
        buffer_add_text(text, "     asked: ");
        explain_bytes(result->sql, text);
        buffer_add_char(text, '\n');
    } else {
        buffer_add_text(text, "     could not be asked\n");
    }
    buffer_printf(text, "     after %s: ", human_us(clock_us() - explain->asked_us).text);
    if (result->blame != DB_OK) {
        explain_bytes(slice_of(result->text), text);
        buffer_add_char(text, '\n');
    } else if (result->has_rows_set) {
        explain_rows(&result->rows, text);
    } else {
        buffer_add_text(text, "no result set\n");
    }
}

static void explain_walk(struct explain *explain);

static void explain_outcome(struct explain *explain, enum outcome outcome, const char *reason)
{
    if (explain->answer.empty_values > 0)
        buffer_add_text(&explain->text, "     an empty value is ignored\n");
    if (outcome == OUTCOME_OK)
        explain_value(explain, buffer_slice(&explain->answer.value));
    else if (outcome == OUTCOME_NOTFOUND)
        buffer_add_text(&explain->text, "     not found\n");
    else
        buffer_printf(&explain->text, "     refused: %s\n", reason);
}

static struct cache_answer explain_peek(const struct explain *explain)
{
    const struct live_table *table = table_now(explain);

    if (table->cache_id == 0)
        return (struct cache_answer){.state = CACHE_NOTHING};
    return cache_peek(explain->service->cache, table->cache_id, explain_key_now(explain),
                      clock_ms());
}

static struct mirror_answer explain_ask_mirror(const struct explain *explain)
{
    struct mirror *mirror = live_table_mirror(table_now(explain));

    if (mirror == NULL)
        return (struct mirror_answer){.said = MIRROR_SILENT};
    return mirror_find(mirror, explain_key_now(explain), clock_ms());
}

/* Whether lookups get what the database has just said. */
static void explain_compare(struct explain *explain, enum outcome outcome)
{
    const struct table_def *def = table_now(explain)->def;
    struct slice value = buffer_slice(&explain->answer.value);
    struct mirror_answer said = explain_ask_mirror(explain);
    struct cache_answer cached = explain_peek(explain);

    if (said.said == MIRROR_FOUND && said.is_live) {
        explain_mirror_difference(&said, outcome, value, &explain->text);
        return;
    }
    witness_weigh(def, &said, &cached);
    explain_difference(def, &cached, outcome, value, &explain->text);
}

static void on_done(struct pool_query *query, const struct db_result *result)
{
    struct explain *explain = OWNER_OF(query, struct explain, query);
    enum outcome outcome;
    const char *reason;

    explain->asking = false;
    if (explain->is_cancelled) {
        explain_free(explain);
        return;
    }
    explain_result(explain, result);
    outcome = statement_judge(result, &explain->answer, &reason);
    if (result->blame == DB_OK)
        explain_outcome(explain, outcome, reason);
    explain_compare(explain, outcome);
    explain->table++;
    explain->is_local = outcome == OUTCOME_OK && asks_whether_local(explain);
    if (outcome == OUTCOME_NOTFOUND || explain->is_local)
        explain_walk(explain);
    else
        explain_reply(explain);
}

static void explain_ask(struct explain *explain)
{
    struct live_table *table = table_now(explain);

    buffer_free(&explain->answer.value);
    explain->answer =
        (struct table_answer){.rules = &table->def->rules, .key = explain_key_now(explain)};
    explain->asked_us = clock_us();
    explain->query = (struct pool_query){
        .statement = statement_of(&explain->answer),
        .done = on_done,
    };
    explain->asking = true;
    pool_ask(table->pool, &table->share, &explain->query, POOL_INSISTENT, explain->deadline_ms);
}

/* True: the step waits for the database. */
static bool explain_step(struct explain *explain)
{
    const struct live_table *table = table_now(explain);
    struct slice key = explain_key_now(explain);
    struct cache_answer cached;

    buffer_printf(&explain->text, "   table %s\n", table->def->name);
    if (!table_wants_key(&table->def->rules, key)) {
        explain_suppressed(table->def, key, &explain->text);
        return false;
    }
    explain_trouble(&table->share, clock_ms(), &explain->text);
    cached = explain_peek(explain);
    explain_cached(table->def, &cached, &explain->text);
    if (live_table_mirror(table) != NULL) {
        struct mirror_answer said = explain_ask_mirror(explain);

        explain_mirror(&said, &explain->text);
    }
    explain_ask(explain);
    return true;
}

/* --- the walk ------------------------------------------------------------------------------- */

static void explain_next_key(struct explain *explain)
{
    explain->key = search_after(&explain->keys, explain->key, explain->is_local);
    explain->table = 0;
    explain->is_local = false;
}

static void explain_walk(struct explain *explain)
{
    for (; explain->key < explain->keys.count; explain_next_key(explain)) {
        if (explain->table == 0)
            explain_key(&explain->keys, explain->key, &explain->text);
        for (; table_now(explain) != NULL && !explain->is_local; explain->table++)
            if (explain_step(explain))
                return;
    }
    explain_reply(explain);
}

static void on_begin(evutil_socket_t fd, short events, void *arg)
{
    struct explain *explain = arg;
    const struct map_def *map = explain->map->def;
    struct slice request = buffer_slice(&explain->request);
    enum outcome outcome = search_keys(&map->rules, request, &explain->keys);

    (void)fd;
    (void)events;
    explain_map(map, request, &explain->keys, &explain->text);
    if (outcome == OUTCOME_OK) {
        explain_walk(explain);
        return;
    }
    buffer_add_text(&explain->text,
                    outcome == OUTCOME_NOTFOUND
                        ? "The key is empty or not valid UTF-8: it is in no table.\n"
                        : "The key has more domains than a domain name can have.\n");
    explain_reply(explain);
}

/* --- begin and end -------------------------------------------------------------------------- */

struct explain *explain_start(struct lookup_service *service, struct slice map, struct slice key,
                              explain_done *done, void *arg)
{
    const struct live_map *live = service->maps != NULL ? live_maps_find(service->maps, map) : NULL;
    struct explain *explain;

    if (live == NULL)
        return NULL;
    explain = xcalloc(1, sizeof(*explain));
    explain->service = service;
    explain->maps = live_maps_ref(service->maps);
    explain->map = live;
    explain->done = done;
    explain->arg = arg;
    explain->deadline_ms = clock_ms() + live_maps_config(service->maps)->server.lookup_timeout_ms;
    buffer_add(&explain->request, key.data, key.len);
    explain->begin = evtimer_new(service->base, on_begin, explain);
    if (explain->begin == NULL)
        log_fatal("out of memory: cannot make a timer");
    event_active(explain->begin, EV_TIMEOUT, 1);
    return explain;
}

void explain_cancel(struct explain *explain)
{
    if (explain->lookup != NULL)
        lookup_cancel(explain->lookup);
    explain->lookup = NULL;
    if (!explain->asking || pool_withdraw(table_now(explain)->pool, &explain->query)) {
        explain_free(explain);
        return;
    }
    explain->is_cancelled = true;
}
