/* The option table is sound, and values are stored where it says or refused. */
#include "options.h"

#include <stdio.h>

#include "config.h"
#include "unit.h"

/* What option_store() says of a value of this parameter; "" if it takes it. */
static const char *store(const char *name, unsigned section, enum option_target target, void *base,
                         const char *text)
{
    static char said[500];
    struct buffer error = BUFFER_EMPTY;

    ck_assert_int_eq(option_store(option_find_in(name, section), target, base, text, &error),
                     error.len == 0);
    snprintf(said, sizeof(said), "%s", buffer_text(&error));
    buffer_free(&error);
    return said;
}

START_TEST(checks_ranges)
{
    struct table_def table = {0};
    struct server_options server = {0};
    struct cache_options cache = {0};

    ck_assert_str_eq(store("pool_size", OPTION_TABLE, OPTION_IN_DB, &table.db, "1000"), "");
    ck_assert_uint_eq(table.db.pool_size, 1000);
    ck_assert_str_eq(store("pool_size", OPTION_TABLE, OPTION_IN_DB, &table.db, "0"),
                     "expected a value from 1 to 1000, found \"0\"");
    ck_assert_str_eq(store("pool_size", OPTION_TABLE, OPTION_IN_DB, &table.db, "4294967297"),
                     "expected a value from 1 to 1000, found \"4294967297\"");
    ck_assert_str_eq(store("lookup_timeout", OPTION_SERVER, OPTION_IN_SERVER, &server, "100s"),
                     "expected a value from 10ms to 90s, found \"100s\"");
    ck_assert_str_eq(store("socket_mode", OPTION_SERVER, OPTION_IN_SERVER, &server, "1777"),
                     "expected a value from 0000 to 0777, found \"1777\"");
    ck_assert_str_eq(store("max_size", OPTION_CACHE, OPTION_IN_CACHE, &cache, "1k"),
                     "expected a value from 64k to 1024G, found \"1k\"");
    ck_assert_str_eq(store("log", OPTION_SERVER, OPTION_IN_SERVER, &server, "syslog"), "");
    ck_assert_int_eq(server.log, LOG_TARGET_SYSLOG);
    ck_assert_str_eq(store("log", OPTION_SERVER, OPTION_IN_SERVER, &server, "file"),
                     "expected stderr or syslog, found \"file\"");
    ck_assert_str_eq(store("log_lookups", OPTION_SERVER, OPTION_IN_SERVER, &server, "Yes"), "");
    ck_assert(server.log_lookups);
    ck_assert_str_eq(store("log_lookups", OPTION_SERVER, OPTION_IN_SERVER, &server, "no"), "");
    ck_assert(!server.log_lookups);
    ck_assert_str_eq(store("log_lookups", OPTION_SERVER, OPTION_IN_SERVER, &server, "true"),
                     "expected yes or no, found \"true\"");
    ck_assert_str_eq(store("charset", OPTION_TABLE, OPTION_IN_DB, &table.db, ""),
                     "expected a value, found nothing");
}
END_TEST

START_TEST(stores_where_the_row_says)
{
    struct table_def table = {.ttl_ms = 1};
    struct cache_options cache = {.ttl_ms = 2};
    struct server_options server = {0};

    ck_assert_str_eq(store("ttl", OPTION_CACHE, OPTION_IN_CACHE, &cache, "9s"), "");
    ck_assert_uint_eq(cache.ttl_ms, 9000);
    ck_assert_str_eq(store("ttl", OPTION_CACHE, OPTION_IN_TABLE, &table, "8s"), "");
    ck_assert_uint_eq(table.ttl_ms, 8000);
    ck_assert_str_eq(store("ttl", OPTION_CACHE, OPTION_IN_SERVER, &server, "7s"), "");
    ck_assert_str_eq(store("tls_verify_cert", OPTION_TABLE, OPTION_IN_DB, &table.db, "yes"), "");
    ck_assert_int_eq(table.db.tls_verify_cert, TRI_YES);
    ck_assert_str_eq(store("tls_CAfile", OPTION_TABLE, OPTION_IN_DB, &table.db, ""), "");
    ck_assert_ptr_null(table.db.tls_ca_file);
    ck_assert_str_eq(store("option_group", OPTION_TABLE, OPTION_IN_DB, &table.db, ""), "");
    ck_assert_str_eq(table.db.option_group, "");
    free(table.db.option_group);
}
END_TEST

/* A parameter that a later release adds changes nothing for those who do not set it. */
START_TEST(appends_ours_only_if_set)
{
    struct db_params db = {.tls_verify_cert = TRI_UNSET, .pool_size = 4, .queue_size = 10000};
    struct buffer usual = BUFFER_EMPTY, set = BUFFER_EMPTY;

    db.connect_timeout_ms = 5000;
    options_append(OPTION_IN_DB, CHANGE_CONNECTIONS, &db, &usual);
    db.pool_size = 5;
    options_append(OPTION_IN_DB, CHANGE_CONNECTIONS, &db, &set);
    ck_assert_ptr_null(memmem(usual.data, usual.len, "pool_size", 9));
    ck_assert_ptr_null(memmem(usual.data, usual.len, "connect_timeout", 15));
    ck_assert_ptr_nonnull(memmem(set.data, set.len, "pool_size\0\5\0\0\0", 14));
    ck_assert_ptr_null(memmem(set.data, set.len, "queue_size", 10));
    buffer_free(&usual);
    buffer_free(&set);
}
END_TEST

/* Every default is a good value; a name has one meaning in a section. */
START_TEST(table_is_sound)
{
    size_t count;
    const struct option *options = option_table(&count);

    ck_assert_uint_gt(count, 50);
    for (size_t i = 0; i < count; i++) {
        const struct option *option = &options[i];
        union {
            struct server_options server;
            struct cache_options cache;
            struct map_def map;
            struct table_def table;
            struct db_params db;
        } stored = {0};
        struct buffer error = BUFFER_EMPTY;

        for (size_t j = i + 1; j < count; j++)
            ck_assert(strcmp(option->name, options[j].name) != 0 ||
                      (option->sections & options[j].sections) == 0);
        if (option->stored[0].target != OPTION_IN_NONE) {
            ck_assert_msg(
                option_store(option, option->stored[0].target, &stored, option->fallback, &error),
                "%s: %s", option->name, buffer_text(&error));
            options_free(option->stored[0].target, &stored);
        }
        /* What needs a restart is in [server] and has a default: config_needs_restart(). */
        ck_assert(option->change != CHANGE_RESTART ||
                  (option->sections == OPTION_SERVER && option->fallback));
        ck_assert_int_eq(option->words != NULL, option->type == OPTION_WORD);
        buffer_free(&error);
    }
}
END_TEST

START_TEST(finds_names)
{
    ck_assert_str_eq(option_find("pool_size")->name, "pool_size");
    ck_assert_ptr_null(option_find("Pool_size"));
    ck_assert_ptr_null(option_find(""));
    ck_assert_ptr_ne(option_find_in("user", OPTION_SERVER), option_find_in("user", OPTION_TABLE));
    ck_assert_ptr_null(option_find_in("listen", OPTION_TABLE));
}
END_TEST

START_TEST(guesses_names)
{
    ck_assert_str_eq(option_like("pool-size", OPTION_TABLE), "pool_size");
    ck_assert_str_eq(option_like("host", OPTION_TABLE), "hosts");
    ck_assert_str_eq(option_like("negativ_ttl", OPTION_CACHE), "negative_ttl");
    ck_assert_str_eq(option_like("ttls", OPTION_CACHE), "ttl");
    ck_assert_ptr_null(option_like("port", OPTION_TABLE));
    ck_assert_ptr_null(option_like("", OPTION_TABLE));
    ck_assert_ptr_null(option_like("hosts_hosts_hosts_hosts_hosts_hosts_hosts", OPTION_TABLE));
}
END_TEST

START_TEST(cuts_lists)
{
    const char *list = " a,b ,\tc\n\r,,d ";
    struct slice member;
    char seen[20] = "";

    while (option_next_member(&list, &member)) {
        strncat(seen, member.data, member.len);
        strcat(seen, ";");
    }
    ck_assert_str_eq(seen, "a;b;c;d;");
    list = " , ";
    ck_assert(!option_next_member(&list, &member));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("options");
    TCase *t = tcase_create("options");

    tcase_add_test(t, checks_ranges);
    tcase_add_test(t, stores_where_the_row_says);
    tcase_add_test(t, appends_ours_only_if_set);
    tcase_add_test(t, table_is_sound);
    tcase_add_test(t, finds_names);
    tcase_add_test(t, guesses_names);
    tcase_add_test(t, cuts_lists);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
