/* The reports tell the same numbers, in the formats that others rely on, whatever the names are. */
#include "report.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "contents.h"
#include "fake_service.h"
#include "figures.h"
#include "unit.h"
#include "version.h"

static struct lookup_service service;
static struct buffer out;

static void setup(void)
{
    memset(&service, 0, sizeof(service));
    memset(&stats, 0, sizeof(stats));
    out = (struct buffer)BUFFER_EMPTY;
    stats.started_ms = 1000;
    stats.lookups = 1000;
    stats.replies[OUTCOME_OK] = 600;
    stats.replies[OUTCOME_NOTFOUND] = 390;
    stats.replies[OUTCOME_TEMP] = 7;
    stats.replies[OUTCOME_TIMEOUT] = 2;
    stats.replies[OUTCOME_PERM] = 1;
    stats.cache.hits = 700;
    stats.cache.negative_hits = 200;
    stats.cache.misses = 100;
    service.cache.counts = (struct cache_counts){5, 300, 100, 48u << 20, 64u << 20};
    for (uint64_t us = 1; us <= 100; us++)
        histogram_add(&stats.hit_us, us);
    histogram_add(&stats.miss_us, 1500000);
    stats_map("aliases")->lookups = 600;
    stats_map("aliases")->replies[OUTCOME_NOTFOUND] = 590;
    stats_map("aliases")->cache_hits = 300;
}

static void teardown(void)
{
    buffer_free(&out);
    stats_free();
}

static void add_pool(unsigned connections, const struct host_status *hosts, size_t count)
{
    struct pool *pool = &service.pools[service.pool_count++];

    pool->counts = (struct pool_counts){connections, 1, 2};
    pool->host_count = count;
    memcpy(pool->hosts, hosts, count * sizeof(hosts[0]));
}

static void two_pools(void)
{
    static const struct host_status first[] = {{"db1", HOST_UP, "", 3, 0},
                                               {"db2", HOST_UNTRIED, "", 0, 0}};
    static const struct host_status second[] = {{"db1", HOST_DOWN, "Access denied", 0, 1000},
                                                {"db2", HOST_UP, "was away", 1, 2000}};

    add_pool(3, first, 2);
    add_pool(1, second, 2);
}

static void render(void (*renderer)(const struct report *, struct buffer *))
{
    struct report *report = report_new(&service, 61000);

    renderer(report, &out);
    report_free(report);
}

static json_t *render_json(void)
{
    json_error_t error;
    json_t *root;

    render(report_json);
    root = json_loadb(out.data, out.len, 0, &error);
    ck_assert_msg(root != NULL, "%s in %s", error.text, buffer_text(&out));
    return root;
}

/* A number by its path of member names, "cache.hits". */
static json_int_t number(json_t *root, const char *path)
{
    char name[64];
    json_t *at = root;

    for (const char *part = path; at != NULL;) {
        size_t len = strcspn(part, ".");

        snprintf(name, sizeof(name), "%.*s", (int)len, part);
        at = json_object_get(at, name);
        if (part[len] == '\0')
            break;
        part += len + 1;
    }
    ck_assert_msg(json_is_integer(at), "%s is missing", path);
    return json_integer_value(at);
}

START_TEST(json_has_the_promised_members)
{
    static const char *const paths[] = {
        "uptime_seconds",       "lookups",
        "replies.ok",           "replies.notfound",
        "replies.temp",         "replies.timeout",
        "replies.perm",         "cache.hits",
        "cache.negative_hits",  "cache.misses",
        "cache.stale_served",   "cache.coalesced",
        "cache.prefetches",     "cache.evictions",
        "cache.entries",        "cache.negative_entries",
        "cache.bytes",          "cache.max_bytes",
        "clients.current",      "clients.accepted",
        "clients.rejected",     "database.connections",
        "database.busy",        "database.waiting",
        "database.queries",     "database.errors",
        "database.timeouts",    "database.reconnects",
        "maps.aliases.lookups", "maps.aliases.ok",
        "maps.aliases.temp",    "maps.aliases.notfound",
        "latency_us.hit.p50",   "latency_us.hit.p99",
        "latency_us.hit.p999",  "latency_us.miss.p50",
        "latency_us.miss.p99",  "latency_us.miss.p999",
    };
    json_t *root = render_json();

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        number(root, paths[i]);
    ck_assert_str_eq(json_string_value(json_object_get(root, "version")), VMAPD_VERSION);
    ck_assert_int_eq(number(root, "uptime_seconds"), 60);
    ck_assert_int_eq(number(root, "replies.notfound"), 390);
    ck_assert_int_eq(number(root, "cache.max_bytes"), 64 << 20);
    ck_assert_int_eq(number(root, "maps.aliases.notfound"), 590);
    ck_assert_int_eq(number(root, "latency_us.hit.p50"), 51); /* the middle of 50 and 51 */
    json_decref(root);
}
END_TEST

START_TEST(json_buckets_give_the_histogram_back)
{
    json_t *root = render_json();
    json_t *buckets =
        json_object_get(json_object_get(json_object_get(root, "latency_us"), "hit"), "buckets");
    struct histogram copy = {0};
    size_t i;
    json_t *pair;

    json_array_foreach(buckets, i, pair)
    {
        uint64_t us = (uint64_t)json_integer_value(json_array_get(pair, 0));

        copy.bucket[histogram_bucket_of(us)] +=
            (uint64_t)json_integer_value(json_array_get(pair, 1));
    }
    ck_assert_mem_eq(copy.bucket, stats.hit_us.bucket, sizeof(copy.bucket));
    json_decref(root);
}
END_TEST

START_TEST(a_host_of_two_pools_is_told_once)
{
    struct report *report;

    two_pools();
    report = report_new(&service, 61000);
    ck_assert_uint_eq(report->host_count, 2);
    ck_assert_str_eq(report->hosts[0].name, "db1");
    ck_assert_int_eq(report->hosts[0].state, HOST_DOWN);
    ck_assert_str_eq(report->hosts[0].last_error, "Access denied");
    ck_assert_uint_eq(report->hosts[0].last_error_age_seconds, 60);
    ck_assert_uint_eq(report->hosts[0].connections, 3);
    ck_assert_int_eq(report->hosts[1].state, HOST_UP);
    ck_assert_str_eq(report->hosts[1].last_error, "was away");
    ck_assert_uint_eq(report->database.connections, 4);
    ck_assert_uint_eq(report->database.waiting, 4);
    report_free(report);
}
END_TEST

START_TEST(down_stays_down_whatever_the_order)
{
    static const struct host_status down[] = {{"db1", HOST_DOWN, "refused", 0, 0}};
    static const struct host_status up[] = {{"db1", HOST_UP, "old story", 1, 0}};
    struct report *report;

    add_pool(0, down, 1);
    add_pool(1, up, 1);
    report = report_new(&service, 61000);
    ck_assert_int_eq(report->hosts[0].state, HOST_DOWN);
    ck_assert_str_eq(report->hosts[0].last_error, "refused");
    report_free(report);
}
END_TEST

/* Names and messages that would break each of the formats if they were copied as they are. */
static void nasty_names(void)
{
    static const struct host_status nasty[] = {
        {"h\"o\\s\nt", HOST_DOWN, "caf\xe9 \x1b[2J \"\\ \xc3\xa9", 0, 0}};

    add_pool(0, nasty, 1);
    stats_map("m\"a\\p\n\xff")->lookups = 3;
}

START_TEST(json_survives_nasty_names)
{
    json_t *root;
    json_t *host;

    nasty_names();
    root = render_json();
    host = json_array_get(json_object_get(root, "hosts"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(host, "name")), "h\"o\\s?t");
    ck_assert_str_eq(json_string_value(json_object_get(host, "state")), "down");
    ck_assert_str_eq(json_string_value(json_object_get(host, "last_error")),
                     "caf? ?[2J \"\\ \xc3\xa9");
    ck_assert_int_eq(number(root, "maps.m\"a\\p??.lookups"), 3);
    json_decref(root);
}
END_TEST

static void expect_line(const char *line)
{
    char *text = NULL;

    ck_assert_int_ge(asprintf(&text, "\n%s\n", line), 0);
    ck_assert_msg(strstr(buffer_text(&out), text) != NULL, "no line %s in\n%s", line,
                  buffer_text(&out));
    free(text);
}

START_TEST(prometheus_escapes_labels)
{
    nasty_names();
    render(report_prometheus);
    expect_line("vmapd_database_host_state{host=\"h\\\"o\\\\s?t\",state=\"down\"} 1");
    expect_line("vmapd_database_host_state{host=\"h\\\"o\\\\s?t\",state=\"up\"} 0");
    expect_line("vmapd_map_lookups_total{map=\"m\\\"a\\\\p??\"} 3");
}
END_TEST

START_TEST(prometheus_histogram_is_cumulative)
{
    render(report_prometheus);
    expect_line("# TYPE vmapd_lookup_duration_seconds histogram");
    expect_line("vmapd_lookup_duration_seconds_bucket{path=\"hit\",le=\"0.000002\"} 1");
    expect_line("vmapd_lookup_duration_seconds_bucket{path=\"hit\",le=\"0.000064\"} 63");
    expect_line("vmapd_lookup_duration_seconds_bucket{path=\"hit\",le=\"0.000128\"} 100");
    expect_line("vmapd_lookup_duration_seconds_bucket{path=\"hit\",le=\"+Inf\"} 100");
    expect_line("vmapd_lookup_duration_seconds_sum{path=\"hit\"} 0.005050");
    expect_line("vmapd_lookup_duration_seconds_bucket{path=\"miss\",le=\"1.048576\"} 0");
    expect_line("vmapd_lookup_duration_seconds_bucket{path=\"miss\",le=\"2.097152\"} 1");
    expect_line("vmapd_lookup_duration_seconds_count{path=\"miss\"} 1");
}
END_TEST

START_TEST(prometheus_announces_each_metric_once)
{
    two_pools();
    render(report_prometheus);
    for (const char *at = buffer_text(&out); (at = strstr(at, "# TYPE ")) != NULL; at++) {
        size_t len = 7 + strcspn(at + 7, " ") + 1;
        char *line = strndup(at, len);

        ck_assert_msg(strstr(at + 1, line) == NULL, "twice: %s", line);
        free(line);
    }
    expect_line("vmapd_replies_total{outcome=\"temp\"} 7");
    expect_line("vmapd_map_replies_total{map=\"aliases\",outcome=\"notfound\"} 590");
    expect_line("vmapd_cache_entries{kind=\"positive\"} 200");
    expect_line("vmapd_uptime_seconds 60.000");
}
END_TEST

START_TEST(text_fits_the_terminal)
{
    two_pools();
    stats.lookups = stats.replies[OUTCOME_OK] = UINT64_MAX;
    stats.cache.hits = UINT64_MAX / 4;
    stats.database.queries = 1000000000000;
    stats_map("aliases")->lookups = 10000000000000;
    render(report_text);
    for (const char *line = buffer_text(&out); *line != '\0';) {
        size_t len = strcspn(line, "\n");

        ck_assert_msg(len <= 80, "%zu columns: %.*s", len, (int)len, line);
        ck_assert_msg(len == 0 || line[len - 1] != ' ', "blanks end %.*s", (int)len, line);
        line += len + 1;
    }
}
END_TEST

/* The columns of a table stand below each other, however long the names are. */
START_TEST(text_is_straight_with_any_name)
{
    static const char *const names[] = {"a", "virtual_alias_maps_19", "a_name_of_22_characters",
                                        "\xc3\xbc\xc3\xb6", "smtpd_relay_restrictions_and_others"};
    static const struct host_status host[] = {
        {"db-with-a-name-that-is-as-long-as-a-name-in-the-domain-name-system.example.com", HOST_UP,
         "", 3, 0}};
    const char *line;
    unsigned numbers = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        stats_map(names[i])->lookups = 4711;
    add_pool(3, host, 1);
    render(report_text);
    for (line = strstr(buffer_text(&out), "\nMAP ") + 1; *line != '\0';) {
        struct buffer text = BUFFER_EMPTY;
        size_t len = strcspn(line, "\n");

        buffer_add(&text, line, len);
        ck_assert_msg(columns_of(buffer_text(&text)) <= 80, "%s", buffer_text(&text));
        if (strstr(buffer_text(&text), " 4711 ") != NULL) {
            text.data[strstr(text.data, " 4711 ") + 5 - text.data] = '\0';
            ck_assert_msg(columns_of(text.data) == 33, "%s", text.data);
            numbers++;
        }
        buffer_free(&text);
        line += len + (line[len] != '\0');
    }
    ck_assert_uint_eq(numbers, sizeof(names) / sizeof(names[0]));
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "system.example.com\n      "));
}
END_TEST

START_TEST(text_tells_the_numbers)
{
    two_pools();
    render(report_text);
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "up 1m 0s"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "16.7/s"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "90.0 %  hit"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "48M  of 64M"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "last error, 1m 0s ago: Access denied"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "aliases"));
}
END_TEST

/* Whether the table of figures has what stands there. */
static bool is_figure(enum figure_owner owner, enum figure_place place, size_t offset)
{
    size_t count;
    const struct figure *figures = figure_table(&count);

    for (size_t i = 0; i < count; i++)
        if (figures[i].owner == owner && figures[i].place == place && figures[i].offset == offset)
            return true;
    return false;
}

START_TEST(every_counter_is_a_figure)
{
    for (size_t at = offsetof(struct stats, lookups); at < offsetof(struct stats, hit_us);
         at += sizeof(uint64_t))
        ck_assert_msg(is_figure(FIGURE_OF_PROCESS, FIGURE_IN_STATS, at),
                      "what is at %zu in struct stats has no row in figures.c", at);
    for (size_t at = offsetof(struct map_stats, lookups); at < offsetof(struct map_stats, next);
         at += sizeof(uint64_t))
        ck_assert_msg(is_figure(FIGURE_OF_MAP, FIGURE_IN_ITEM, at),
                      "what is at %zu in struct map_stats has no row in figures.c", at);
}
END_TEST

/* A metric is announced once, before its first row, so its rows stand together and say the same of it. */
START_TEST(rows_of_a_metric_stand_together)
{
    size_t count;
    const struct figure *figures = figure_table(&count);

    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count && figures[i].metric != NULL; j++) {
            const char *before = figures[j - 1].metric;

            if (figures[j].metric == NULL || strcmp(figures[i].metric, figures[j].metric) != 0)
                continue;
            ck_assert_msg(before != NULL && strcmp(before, figures[j].metric) == 0, "%s",
                          figures[j].metric);
            ck_assert_str_eq(figures[i].help, figures[j].help);
            ck_assert_str_ne(figures[i].labels, figures[j].labels);
        }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("report");
    TCase *t = tcase_create("report");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, every_counter_is_a_figure);
    tcase_add_test(t, rows_of_a_metric_stand_together);
    tcase_add_test(t, json_has_the_promised_members);
    tcase_add_test(t, json_buckets_give_the_histogram_back);
    tcase_add_test(t, a_host_of_two_pools_is_told_once);
    tcase_add_test(t, down_stays_down_whatever_the_order);
    tcase_add_test(t, json_survives_nasty_names);
    tcase_add_test(t, prometheus_escapes_labels);
    tcase_add_test(t, prometheus_histogram_is_cumulative);
    tcase_add_test(t, prometheus_announces_each_metric_once);
    tcase_add_test(t, text_fits_the_terminal);
    tcase_add_test(t, text_is_straight_with_any_name);
    tcase_add_test(t, text_tells_the_numbers);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
