/* The live view tells what happened between two answers, and fits whatever the answers hold. */
#include "top_screen.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static struct buffer out;
static json_t *before;
static json_t *now;

static const char before_text[] =
    "{'version':'1.2.3','uptime_seconds':100,'lookups':1000,'lookups_pending':0,"
    "'replies':{'ok':600,'notfound':400,'temp':0,'timeout':0,'perm':0},"
    "'cache':{'hits':500,'negative_hits':300,'misses':200},"
    "'database':{'queries':200,'errors':0},"
    "'maps':{'aliases':{'lookups':400,'ok':400,'notfound':0,'cache_hits':300},"
    "        'domains':{'lookups':600,'ok':200,'notfound':400,'cache_hits':500}},"
    "'latency_us':{'hit':{'buckets':[[5,1000]]},'miss':{'buckets':[[300,200]]}}}";

static const char now_text[] =
    "{'version':'1.2.3','uptime_seconds':102,'lookups':1500,'lookups_pending':3,"
    "'replies':{'ok':900,'notfound':500,'temp':50,'timeout':40,'perm':10},"
    "'cache':{'hits':900,'negative_hits':350,'misses':250,'stale_served':2,"
    "         'entries':70,'bytes':1048576,'max_bytes':67108864},"
    "'clients':{'current':17},"
    "'database':{'queries':250,'errors':4,'connections':4,'busy':1,'waiting':2},"
    "'hosts':[{'name':'db1','state':'up','last_error':'','connections':4},"
    "         {'name':'db2','state':'down','last_error':'refused','connections':0}],"
    "'maps':{'domains':{'lookups':610,'ok':210,'notfound':400,'cache_hits':510},"
    "        'aliases':{'lookups':880,'ok':680,'notfound':100,'temp':100,'cache_hits':420},"
    "        'new.map':{'lookups':10,'ok':10,'cache_hits':0}},"
    "'latency_us':{'hit':{'buckets':[[5,1000],[20,500]]},'miss':{'buckets':[[300,200]]}}}";

/* JSON with ' for ". */
static json_t *parse(const char *text)
{
    char *copy = strdup(text);
    json_error_t error;
    json_t *json;

    for (char *at = copy; *at != '\0'; at++)
        if (*at == '\'')
            *at = '"';
    json = json_loads(copy, 0, &error);
    ck_assert_msg(json != NULL, "%s", error.text);
    free(copy);
    return json;
}

static void setup(void)
{
    out = (struct buffer)BUFFER_EMPTY;
    before = parse(before_text);
    now = parse(now_text);
}

static void teardown(void)
{
    buffer_free(&out);
    json_decref(before);
    json_decref(now);
}

static void expect(const char *part)
{
    ck_assert_msg(strstr(buffer_text(&out), part) != NULL, "no %s in\n%s", part, buffer_text(&out));
}

static void expect_order(const char *first, const char *second)
{
    expect(first);
    expect(second);
    ck_assert_msg(strstr(buffer_text(&out), first) < strstr(buffer_text(&out), second),
                  "%s is behind %s", first, second);
}

START_TEST(mirrors_are_told_and_those_behind_by_name)
{
    top_screen(before, now, 2, 100, 200, &out);
    ck_assert_ptr_null(strstr(buffer_text(&out), "MIRRORS"));
    json_object_set_new(now, "mirrors",
                        parse("{'a':{'state':'live','rows':5,'bytes':1024},"
                              " 'b':{'state':'behind','rows':7,'bytes':1024},"
                              " 'c':{'state':'live','rows':0,'bytes':0},"
                              " 'd':{'state':'off','rows':0,'bytes':0}}"));
    json_object_set_new(json_object_get(now, "cache"), "mirror_hits", json_integer(40));
    buffer_clear(&out);
    top_screen(before, now, 2, 100, 200, &out);
    expect("MIRRORS: 1 behind (b), 2 live, 1 off, 12 rows, 2K, 20.0 hits/s\n");
}
END_TEST

START_TEST(rates_are_those_between)
{
    top_screen(before, now, 2, 24, 80, &out);
    expect("vmapd 1.2.3, up 1m 42s: 17 clients, 3 lookups in progress\n");
    expect("all                   250         1500");
    expect("failed               50.0          100");
    expect("hits                  200          900");
    expect("hit ratio          90.0 %       83.3 %"); /* 450 of 500, 1250 of 1500 */
    expect("hit        20 us     20 us     20 us");   /* the old ones at 5 us do not count */
    expect("miss           -         -         -");
    expect("25.0 queries/s, 2.0 errors/s, 4 connections, 1 busy, 2 waiting");
}
END_TEST

START_TEST(what_matters_comes_first)
{
    top_screen(before, now, 2, 24, 80, &out);
    expect_order("db2 ", "db1 ");
    expect("refused\n");
    expect_order("aliases ", "domains ");
    expect_order("domains ", "new.map ");
    expect("aliases                    240       140      50.0      50.0    25.0 %");
    expect("new.map                    5.0       5.0         0         0     0.0 %");
}
END_TEST

START_TEST(first_screen_is_since_the_start)
{
    top_screen(NULL, before, 7777, 24, 80, &out);
    expect("(rates since the start)");
    expect("all                  10.0         1000");
}
END_TEST

START_TEST(a_restart_is_noticed)
{
    top_screen(now, before, 2, 24, 80, &out);
    expect("(rates since the start)");
    expect("all                  10.0         1000");
}
END_TEST

static void expect_size(size_t rows, size_t columns)
{
    size_t lines = 0;

    buffer_clear(&out);
    top_screen(before, now, 2, rows, columns, &out);
    for (const char *line = buffer_text(&out); *line != '\0'; lines++) {
        size_t len = strcspn(line, "\n");

        ck_assert_msg(len <= columns, "%zu columns: %.*s", len, (int)len, line);
        line += len + 1;
    }
    ck_assert_uint_le(lines, rows);
}

/* Also with names that are wider than most. */
START_TEST(columns_are_straight)
{
    static const char *const names[] = {"smtpd_sender_login_maps",
                                        "a_name_that_is_wider_than_all_columns"};
    size_t ends[2];

    for (size_t i = 0; i < 2; i++) {
        json_object_set_new(json_object_get(now, "maps"), names[i],
                            json_pack("{s:i}", "lookups", 4242));
        json_array_append_new(json_object_get(now, "hosts"),
                              json_pack("{s:s, s:s, s:s, s:i}", "name", names[i], "state", "down",
                                        "last_error", "refused", "last_error_age_seconds", 65));
    }
    top_screen(before, now, 2, 100, 80, &out);
    for (size_t i = 0; i < 2; i++) {
        const char *name = strstr(strstr(buffer_text(&out), "MAP (PER S)"), names[i]);
        const char *number = strstr(name, " 2121 ");

        ck_assert_ptr_nonnull(number);
        while (name[-1] != '\n')
            name--;
        for (const char *at = name; at < number; at++)
            if (*at == '\n')
                name = at + 1;
        ends[i] = (size_t)(number - name);
    }
    ck_assert_uint_eq(ends[0], ends[1]);
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "  1m 5s ago: refused\n"));
}
END_TEST

START_TEST(it_fits_the_terminal)
{
    json_t *maps = json_object_get(now, "maps");
    char name[400];

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "map%d%0300d", i, i);
        json_object_set_new(maps, name, json_object());
    }
    json_array_append_new(json_object_get(now, "hosts"),
                          json_pack("{s:s, s:s}", "name", name, "last_error", name));
    expect_size(24, 80);
    expect("MAP (PER S)");
    expect("aliases ");
    expect_size(10, 30);
    expect_size(1, 1);
}
END_TEST

START_TEST(any_object_makes_a_screen)
{
    json_t *empty = parse("{}");
    json_t *strange = parse("{'version':1,'uptime_seconds':-1,'lookups':'x','maps':[1],"
                            "'hosts':{'a':1},'latency_us':{'hit':{'buckets':[1,[1],[-5,1]]}},"
                            "'cache':7,'replies':{'ok':-9}}");

    top_screen(NULL, empty, 0, 24, 80, &out);
    top_screen(empty, strange, 0, 24, 80, &out);
    top_screen(strange, empty, 1, 24, 80, &out);
    ck_assert_ptr_null(strstr(buffer_text(&out), "nan"));
    ck_assert_ptr_null(strstr(buffer_text(&out), "inf"));
    json_decref(empty);
    json_decref(strange);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("top_screen");
    TCase *t = tcase_create("top_screen");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, mirrors_are_told_and_those_behind_by_name);
    tcase_add_test(t, rates_are_those_between);
    tcase_add_test(t, what_matters_comes_first);
    tcase_add_test(t, first_screen_is_since_the_start);
    tcase_add_test(t, a_restart_is_noticed);
    tcase_add_test(t, columns_are_straight);
    tcase_add_test(t, it_fits_the_terminal);
    tcase_add_test(t, any_object_makes_a_screen);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
