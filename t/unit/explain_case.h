/*
 * explain_case - what tests of explanations share: a configuration, and a database that the test plays.
 * Include it once in a test program.
 */
#ifndef VMAPD_EXPLAIN_CASE_H
#define VMAPD_EXPLAIN_CASE_H

#include "explain.h"

#include <event2/event.h>

#pragma GCC diagnostic ignored "-Wunused-function" /* each test needs some of it */

#include "fake_database.h"
#include "stats.h"
#include "unit.h"

static const char standard[] = "[server]\n"
                               "listen = unix:/tmp/unused\n"
                               "lookup_timeout = 100ms\n"
                               "local_domains = local.test\n"
                               "[database]\n"
                               "dbname = mail\n"
                               "[map exact]\n"
                               "query = E '%s'\n"
                               "[map aliases]\n"
                               "search = alias\n"
                               "tables = alias identity\n"
                               "[table alias]\n"
                               "query = A '%s'\n"
                               "[table identity]\n"
                               "query = I '%s'\n"
                               "result_format = <%s>\n"
                               "[map fresh]\n"
                               "cache = no\n"
                               "query = F '%s'\n"
                               "[map parts]\n"
                               "query = D '%d'\n"
                               "[map restricted]\n"
                               "domain = here.test\n"
                               "query = R '%s'\n"
                               "[map transport]\n"
                               "search = domain\n"
                               "query = T '%s'\n"
                               "[map senders]\n"
                               "search = access\n"
                               "parent_domain_matches_subdomains = yes\n"
                               "query = S '%s'\n"
                               "[map boxes]\n"
                               "search = address\n"
                               "local_domains = table:dest\n"
                               "query = B '%s'\n"
                               "[table dest]\n"
                               "query = L '%s'\n"
                               "[map clients]\n"
                               "search = client\n"
                               "query = C '%s'\n";

static struct event_base *base;
static struct cache *cache;
static struct lookup_service *service;

static struct {
    unsigned count;
    enum outcome outcome;
    char text[10000];
} explained;

static void configure(const char *text)
{
    struct buffer error = BUFFER_EMPTY;
    struct config *config = config_parse("test", slice_of(text), &error);

    ck_assert_msg(config != NULL, "%s", buffer_text(&error));
    lookup_service_configure(service, config);
    config_unref(config);
}

static void start(void)
{
    struct hash_secret secret = {{1, 2}};

    base = event_base_new();
    cache = cache_new(4 << 20, &secret);
    service = lookup_service_new(base, cache);
    configure(standard);
}

static void stop(void)
{
    lookup_service_free(service);
    cache_free(cache);
    event_base_free(base);
    stats_free();
}

static void on_explained(void *arg, enum outcome outcome, const struct buffer *text)
{
    (void)arg;
    explained.count++;
    explained.outcome = outcome;
    snprintf(explained.text, sizeof(explained.text), "%s", buffer_text(text));
}

static struct explain *begin(const char *map, const char *key)
{
    struct explain *explain =
        explain_start(service, slice_of(map), slice_of(key), on_explained, NULL);

    explained.count = 0;
    ck_assert_ptr_nonnull(explain);
    event_base_loop(base, EVLOOP_NONBLOCK);
    return explain;
}

static void expect(enum outcome outcome, const char *text)
{
    ck_assert_uint_eq(explained.count, 1);
    ck_assert_int_eq(explained.outcome, outcome);
    ck_assert_str_eq(explained.text, text);
}

static void expect_part(const char *part)
{
    ck_assert_msg(strstr(explained.text, part) != NULL, "\"%s\" is not in:\n%s", part,
                  explained.text);
}

static void ignore_reply(void *arg, const struct lookup_reply *reply)
{
    (void)arg;
    (void)reply;
}

/* Let an ordinary lookup put the value into the cache. */
static void remember(const char *map, const char *key, const char *value)
{
    struct lookup_reply reply;

    ck_assert_ptr_nonnull(
        lookup_start(service, slice_of(map), slice_of(key), ignore_reply, NULL, &reply));
    database_says(value);
    ck_assert_uint_eq(asked_count, 0);
}

#endif
