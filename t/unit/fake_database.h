/*
 * fake_database - a database that the test plays itself: it sees each SQL and says what comes back, or
 * that nothing does. Time stands still until the test moves it. Include it once, in a test program
 * that links neither pool nor clock.
 */
#ifndef VMAPD_FAKE_DATABASE_H
#define VMAPD_FAKE_DATABASE_H

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "pool.h"
#include "unit.h"
#include "xmalloc.h"

/* --- time stands still until the test moves it --------------------------------------------- */

static uint64_t now_ms = 1000000;

uint64_t clock_ms(void)
{
    return now_ms;
}

uint64_t clock_us(void)
{
    return now_ms * 1000;
}

/* --- the database is the test --------------------------------------------------------------- */

struct pool {
    const struct db_params *params;
};

static bool database_reachable = true;
static struct pool_query *asked[3000];
static size_t asked_count;

struct pool *pool_new(struct event_base *base, const struct db_params *params)
{
    struct pool *pool = xcalloc(1, sizeof(*pool));

    (void)base;
    pool->params = params;
    return pool;
}

static struct pool_query *take_asked(void)
{
    struct pool_query *query;

    ck_assert_msg(asked_count > 0, "no query waits for an answer");
    query = asked[0];
    memmove(asked, asked + 1, --asked_count * sizeof(asked[0]));
    return query;
}

void pool_free(struct pool *pool)
{
    while (asked_count > 0) {
        struct pool_query *query = take_asked();

        query->done(query, &(struct db_result){.blame = DB_NOT_ASKED, .text = "stopped"});
    }
    free(pool);
}

void pool_ask(struct pool *pool, struct share *share, struct pool_query *query,
              enum pool_urgency urgency, uint64_t deadline_ms)
{
    (void)pool;
    (void)urgency;
    query->share = share;
    query->deadline_ms = deadline_ms;
    share_take_probe(share, now_ms);
    ck_assert_uint_lt(asked_count, sizeof(asked) / sizeof(asked[0]));
    asked[asked_count++] = query;
}

void pool_want(struct pool *pool, struct pool_query *query, uint64_t deadline_ms)
{
    (void)pool;
    query->deadline_ms = deadline_ms;
}

/* Whether what is asked waits for a connection, or is sent at once. */
static bool database_is_busy;

bool pool_withdraw(struct pool *pool, struct pool_query *query)
{
    size_t i = 0;

    (void)pool;
    while (i < asked_count && asked[i] != query)
        i++;
    if (!database_is_busy || i == asked_count)
        return false;
    memmove(&asked[i], &asked[i + 1], (--asked_count - i) * sizeof(asked[0]));
    return true;
}

static unsigned renewed_count;

void pool_renew(struct pool *pool)
{
    (void)pool;
    renewed_count++;
}

bool pool_can_serve(const struct pool *pool)
{
    (void)pool;
    return database_reachable;
}

const struct db_params *pool_params(const struct pool *pool)
{
    return pool->params;
}

static void quote_nothing(void *arg, struct slice text, struct buffer *out)
{
    (void)arg;
    buffer_add(out, text.data, text.len);
}

/* The SQL of a query, in text that lives until the next call. */
static const char *sql_of(const struct pool_query *query)
{
    const struct statement *statement = &query->statement;
    static char text[1000];
    struct buffer sql = BUFFER_EMPTY;

    template_query(statement->template, statement->key, quote_nothing, NULL, &sql);
    snprintf(text, sizeof(text), "%s", buffer_text(&sql));
    buffer_free(&sql);
    return text;
}

/* The SQL that waits for an answer, in text that lives until the next call; "" if none does. */
static const char *database_is_asked(void)
{
    return asked_count > 0 ? sql_of(asked[0]) : "";
}

/* The end of the query that waits, as one that was sent just now, if it was. */
static void database_ends(struct db_result result)
{
    struct pool_query *query = take_asked();

    if (result.blame != DB_NOT_ASKED && result.blame != DB_TOO_LATE)
        result.sql = slice_of(sql_of(query));
    if (result.sent_ms == 0)
        result.sent_ms = clock_ms();
    share_judge(query->share, result.blame, result.text, now_ms);
    query->done(query, &result);
}

/* So many rows of one value. */
static inline void database_says_rows(const char *value, unsigned long len, size_t count)
{
    const char **fields = xcalloc(count + 1, sizeof(*fields));
    unsigned long *lengths = xcalloc(count + 1, sizeof(*lengths));

    for (size_t i = 0; i < count; i++) {
        fields[i] = value;
        lengths[i] = len;
    }
    database_ends((struct db_result){.has_rows_set = true, .rows = {count, 1, fields, lengths}});
    free(fields);
    free(lengths);
}

static void database_says(const char *value)
{
    database_says_rows(value, value != NULL ? strlen(value) : 0, value != NULL ? 1 : 0);
}

static inline void database_has_none(void)
{
    database_says(NULL);
}

static inline void database_fails(enum db_blame blame)
{
    database_ends((struct db_result){.blame = blame, .text = "gone fishing"});
}

#endif
