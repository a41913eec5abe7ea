/*
 * lookup_case - what tests of the straight path of a lookup share: the real cache, the real
 * configuration, and a database that the test plays itself. Include it once in a test program.
 */
#ifndef VMAPD_LOOKUP_CASE_H
#define VMAPD_LOOKUP_CASE_H

#include "lookup.h"

#include <event2/event.h>
#include <stdio.h>
#include <unistd.h>

#include "fake_database.h"
#include "stats.h"
#include "unit.h"

/* --- what the lookups come to ---------------------------------------------------------------- */

struct asker {
    struct lookup *lookup; /* while waiting */
    unsigned answers;
    enum outcome outcome;
    char text[2000];
};

static struct event_base *base;
static struct cache *cache;
static struct lookup_service *service;
static struct asker askers[4];

static void take_reply(struct asker *asker, const struct lookup_reply *reply)
{
    asker->lookup = NULL;
    asker->answers++;
    asker->outcome = reply->outcome;
    snprintf(asker->text, sizeof(asker->text), "%.*s", (int)reply->text.len, reply->text.data);
}

static void on_reply(void *arg, const struct lookup_reply *reply)
{
    take_reply(arg, reply);
}

static struct asker *ask_with(size_t index, const char *map, const char *key)
{
    struct asker *asker = &askers[index];
    struct lookup_reply reply;

    memset(asker, 0, sizeof(*asker));
    asker->lookup = lookup_start(service, slice_of(map), slice_of(key), on_reply, asker, &reply);
    if (asker->lookup == NULL)
        take_reply(asker, &reply);
    return asker;
}

static struct asker *ask(const char *map, const char *key)
{
    return ask_with(0, map, key);
}

static void expect(const struct asker *asker, enum outcome outcome, const char *text)
{
    ck_assert_msg(asker->answers == 1, "%u answers", asker->answers);
    ck_assert_msg(asker->outcome == outcome, "outcome %d (%s)", (int)asker->outcome, asker->text);
    if (text != NULL)
        ck_assert_str_eq(asker->text, text);
}

static inline void expect_sql(const char *sql)
{
    ck_assert_str_eq(database_is_asked(), sql);
}

static inline void expect_quiet_database(void)
{
    ck_assert_msg(asked_count == 0, "unexpected query: %s", database_is_asked());
}

/* Let the event loop's timers run until the asker has its answer. */
static inline void wait_for(const struct asker *asker)
{
    while (asker->answers == 0)
        event_base_loop(base, EVLOOP_ONCE);
}

static const char standard[] = "[server]\n"
                               "listen = unix:/tmp/unused\n"
                               "lookup_timeout = 100ms\n"
                               "local_domains = local.test\n"
                               "[database]\n"
                               "dbname = mail\n"
                               "[cache]\n"
                               "ttl = 5m\n"
                               "negative_ttl = 30s\n"
                               "stale_ttl = 1d\n"
                               "stale_answer_timeout = 10ms\n"
                               "[map exact]\n"
                               "query = E '%s'\n"
                               "[map mailboxes]\n"
                               "search = address\n"
                               "query = M '%s'\n"
                               "[map aliases]\n"
                               "search = alias\n"
                               "tables = alias identity\n"
                               "[table alias]\n"
                               "query = A '%s'\n"
                               "[table identity]\n"
                               "query = I '%s'\n"
                               "[map fresh]\n"
                               "cache = no\n"
                               "query = F '%s'\n"
                               "[map domains]\n"
                               "query = D '%d'\n";

static struct lookup_carried configure(const char *text)
{
    char path[] = "/tmp/test_lookup.XXXXXX";
    struct buffer error = BUFFER_EMPTY;
    struct lookup_carried carried;
    struct config *config;
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    config = config_load(path, &error);
    unlink(path);
    ck_assert_msg(config != NULL, "%s", buffer_text(&error));
    carried = lookup_service_configure(service, config);
    config_unref(config);
    return carried;
}

static void start(void)
{
    struct hash_secret secret = {{1, 2}};

    /* Under valgrind one process runs all tests (CK_FORK=no). */
    database_reachable = true;
    database_is_busy = false;
    stats = (struct stats){0};
    base = event_base_new();
    cache = cache_new(4 << 20, &secret);
    service = lookup_service_new(base, cache);
    configure(standard);
}

static void stop(void)
{
    for (size_t i = 0; i < sizeof(askers) / sizeof(askers[0]); i++)
        if (askers[i].lookup != NULL)
            lookup_cancel(askers[i].lookup);
    lookup_service_free(service);
    cache_free(cache);
    event_base_free(base);
    stats_free();
}

/* --- answers and the cache -------------------------------------------------------------------- */

/* Have the database say something that the cache remembers. */
static inline void learn(const char *map, const char *key, const char *value)
{
    ask(map, key);
    database_says(value);
}

#endif
