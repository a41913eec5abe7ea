/*
 * explain - see the header. The walk is that of lookup.c without the cache: one step is one key in one
 * table, asked directly of its pool. A query cannot be called back, so an explanation that nobody
 * waits for any more lives until its query has ended, and lets go of the routes before.
 */
#include "explain.h"

#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"
#include "explain_text.h"
#include "human.h"
#include "log.h"
#include "walk.h"
#include "socketmap.h"
#include "table.h"
#include "xmalloc.h"

struct explain {
    struct pool_query query; /* must stay first: the pool hands it back */
    struct lookup_service *service;
    struct routes *routes; /* NULL: cancelled */
    const struct route *route;
    struct buffer request; /* the key as asked */
    explain_done *done;
    void *arg;
    uint64_t deadline_ms;
    struct event *begin;
    struct lookup *lookup; /* for the reply, while it waits */
    bool asking;           /* the pool has the query */

    struct search_keys keys;
    size_t key; /* where the walk is, as in lookup.c */
    size_t table;

    struct table_answer answer;
    struct buffer sql, rows;
    unsigned row_count;
    uint64_t asked_us;
    struct buffer text;
};

static struct source *explain_source(const struct explain *explain)
{
    return explain->route->sources[explain->table];
}

static struct slice explain_key_now(const struct explain *explain)
{
    return explain->keys.key[explain->key];
}

static void explain_free(struct explain *explain)
{
    if (explain->routes != NULL)
        routes_unref(explain->routes);
    event_free(explain->begin);
    search_keys_free(&explain->keys);
    buffer_free(&explain->request);
    buffer_free(&explain->answer.value);
    buffer_free(&explain->sql);
    buffer_free(&explain->rows);
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

    explain->lookup = lookup_start(explain->service, slice_of(explain->route->def->name),
                                   buffer_slice(&explain->request), on_reply, explain, &reply);
    if (explain->lookup == NULL)
        explain_finish(explain, &reply);
}

/* --- one step ------------------------------------------------------------------------------- */

static void on_write_sql(struct pool_query *query, template_quote *quote, void *quote_arg,
                         struct buffer *sql)
{
    struct explain *explain = (struct explain *)query;
    size_t start = sql->len;

    if (explain->routes == NULL)
        return; /* cancelled: the definitions may be gone */
    template_query(explain->answer.rules->template, explain->answer.key, quote, quote_arg, sql);
    buffer_clear(&explain->sql);
    buffer_add(&explain->sql, sql->data + start, sql->len - start);
    buffer_clear(&explain->rows);
    explain->row_count = 0;
}

static bool on_row(struct pool_query *query, unsigned columns, const char *const *fields,
                   const unsigned long *lengths)
{
    struct explain *explain = (struct explain *)query;

    if (explain->routes == NULL)
        return false;
    if (explain->row_count++ < EXPLAIN_ROWS_SHOWN)
        explain_row(columns, fields, lengths, &explain->rows);
    return table_answer_row(&explain->answer, columns, fields, lengths);
}

static void explain_value(struct explain *explain, struct slice value)
{
    const struct search_rules *rules = &explain->route->def->rules;
    struct buffer reply = BUFFER_EMPTY;

    buffer_add_text(&explain->text, "     found: ");
    explain_bytes(value, &explain->text);
    buffer_add_char(&explain->text, '\n');
    if (search_value(rules, &explain->keys, explain->key, value, &reply)) {
        buffer_add_text(&explain->text, "     the key matched without its extension, so: ");
        explain_bytes(buffer_slice(&reply), &explain->text);
        buffer_add_char(&explain->text, '\n');
    }
    buffer_free(&reply);
}

static void explain_answer(struct explain *explain, enum outcome outcome, bool has_rows_set,
                           const char *reason)
{
    struct buffer *text = &explain->text;

    if (explain->sql.len > 0) {
        buffer_add_text(text, "     asked: ");
        explain_bytes(buffer_slice(&explain->sql), text);
        buffer_add_char(text, '\n');
    } else {
        buffer_add_text(text, "     could not be asked\n");
    }
    buffer_printf(text, "     after %s: ", human_us(clock_us() - explain->asked_us).text);
    if (outcome == OUTCOME_OK && has_rows_set) {
        buffer_printf(text, "%u row%s\n%s", explain->row_count, explain->row_count == 1 ? "" : "s",
                      buffer_text(&explain->rows));
    } else if (outcome == OUTCOME_OK) {
        buffer_add_text(text, "no result set\n");
    } else {
        explain_bytes(slice_of(reason), text);
        buffer_add_char(text, '\n');
    }
    if (explain->row_count > EXPLAIN_ROWS_SHOWN)
        buffer_printf(text, "     ... and %u more\n", explain->row_count - EXPLAIN_ROWS_SHOWN);
    if (explain->answer.empty_values > 0)
        buffer_add_text(text, "     an empty value is ignored\n");
}

static void explain_walk(struct explain *explain);

static void on_done(struct pool_query *query, enum outcome outcome, bool has_rows_set,
                    const char *reason)
{
    struct explain *explain = (struct explain *)query;
    const struct source *source;
    struct cache_answer cached = {CACHE_NOTHING, false, {"", 0}, 0};

    explain->asking = false;
    if (explain->routes == NULL) {
        explain_free(explain);
        return;
    }
    source = explain_source(explain);
    explain_answer(explain, outcome, has_rows_set, reason != NULL ? reason : "");
    if (outcome == OUTCOME_OK) {
        outcome = table_answer_judge(&explain->answer, has_rows_set, &reason);
        if (outcome == OUTCOME_OK)
            explain_value(explain, buffer_slice(&explain->answer.value));
        else if (outcome == OUTCOME_NOTFOUND)
            buffer_add_text(&explain->text, "     not found\n");
        else
            buffer_printf(&explain->text, "     refused: %s\n", reason);
    }
    if (source->cache_id != 0)
        cached = cache_peek(explain->service->cache, source->cache_id, explain_key_now(explain),
                            clock_ms());
    explain_difference(source->def, &cached, outcome, buffer_slice(&explain->answer.value),
                       &explain->text);
    explain->table++;
    if (outcome == OUTCOME_NOTFOUND)
        explain_walk(explain);
    else
        explain_reply(explain);
}

static void explain_ask(struct explain *explain)
{
    struct source *source = explain_source(explain);

    buffer_free(&explain->answer.value);
    explain->answer =
        (struct table_answer){.rules = &source->def->rules, .key = explain_key_now(explain)};
    buffer_clear(&explain->sql);
    buffer_clear(&explain->rows);
    explain->row_count = 0;
    explain->asked_us = clock_us();
    explain->query = (struct pool_query){
        .write_sql = on_write_sql,
        .row = on_row,
        .done = on_done,
    };
    explain->asking = true;
    pool_ask(source->pool, &explain->query, explain->deadline_ms);
}

/* True: the step waits for the database. */
static bool explain_step(struct explain *explain)
{
    const struct source *source = explain_source(explain);
    struct slice key = explain_key_now(explain);
    struct cache_answer cached = {CACHE_NOTHING, false, {"", 0}, 0};

    buffer_printf(&explain->text, "   table %s\n", source->def->name);
    if (!table_wants_key(&source->def->rules, key)) {
        explain_suppressed(source->def, key, &explain->text);
        return false;
    }
    if (source->cache_id != 0)
        cached = cache_peek(explain->service->cache, source->cache_id, key, clock_ms());
    explain_cached(source->def, &cached, &explain->text);
    explain_ask(explain);
    return true;
}

/* --- the walk ------------------------------------------------------------------------------- */

static void explain_walk(struct explain *explain)
{
    for (; explain->key < explain->keys.count; explain->key++, explain->table = 0) {
        if (explain->table == 0)
            explain_key(&explain->route->def->rules, &explain->keys, explain->key, &explain->text);
        for (; explain->table < explain->route->def->table_count; explain->table++)
            if (explain_step(explain))
                return;
    }
    explain_reply(explain);
}

static void on_begin(evutil_socket_t fd, short events, void *arg)
{
    struct explain *explain = arg;
    const struct map_def *map = explain->route->def;
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
    const struct route *route = service->routes != NULL ? routes_find(service->routes, map) : NULL;
    struct explain *explain;

    if (route == NULL)
        return NULL;
    explain = xcalloc(1, sizeof(*explain));
    explain->service = service;
    explain->routes = routes_ref(service->routes);
    explain->route = route;
    explain->done = done;
    explain->arg = arg;
    explain->deadline_ms = clock_ms() + routes_config(service->routes)->server.lookup_timeout_ms;
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
    if (!explain->asking) {
        explain_free(explain);
        return;
    }
    routes_unref(explain->routes);
    explain->routes = NULL;
}
