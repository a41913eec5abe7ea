/*
 * A configuration means what the manual says; test_config_errors.c has what is none, test_compare.c what
 * changes at a reload.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config_case.h"
#include "unit.h"

static const struct map_def *map_of(const struct config *config, const char *name)
{
    const struct map_def *map = config_map(config, slice_of(name));

    ck_assert_ptr_nonnull(map);
    return map;
}

static const struct table_def *first_table(const struct config *config)
{
    return config->maps[0]->tables[0];
}

/* The example of the manual and of conf/: three maps, two tables behind one of them. */
START_TEST(loads_the_seed_system)
{
    struct config *config = load("[server]\n"
                                 "listen = unix:/var/spool/postfix/private/vmap\n"
                                 "socket_mode = 0660\n"
                                 "control = unix:/run/vmapd/control\n"
                                 "[database]\n"
                                 "hosts = 127.0.0.1\n"
                                 "user = mailuser\n"
                                 "password = mailuserpass\n"
                                 "dbname = mailserver\n"
                                 "pool_size = 7\n"
                                 "[cache]\n"
                                 "max_size = 64M\n"
                                 "ttl = 6m\n"
                                 "negative_ttl = 31s\n"
                                 "stale_ttl = 1d\n"
                                 "[map domains]\n"
                                 "search = exact\n"
                                 "query = SELECT 1 FROM virtual_domains WHERE name='%s'\n"
                                 "[map mailboxes]\n"
                                 "search = address\n"
                                 "query = SELECT 1 FROM virtual_users WHERE email='%s'\n"
                                 "[map aliases]\n"
                                 "search = alias\n"
                                 "tables = alias email2email\n"
                                 "[table alias]\n"
                                 "query = SELECT destination FROM virtual_aliases\n"
                                 "# between\n"
                                 "    WHERE source='%s'\n"
                                 "[table email2email]\n"
                                 "query = SELECT email FROM virtual_users WHERE email='%s'\n"
                                 "ttl = 1m\n");
    const struct map_def *aliases = map_of(config, "aliases");
    const struct table_def *alias = aliases->tables[0];

    ck_assert_uint_eq(config->map_count, 3);
    ck_assert_uint_eq(config->table_count, 4);
    ck_assert_int_eq(map_of(config, "domains")->rules.search, SEARCH_EXACT);
    ck_assert_int_eq(map_of(config, "mailboxes")->rules.search, SEARCH_ADDRESS);
    ck_assert_int_eq(aliases->rules.search, SEARCH_ALIAS);
    ck_assert_str_eq(aliases->rules.recipient_delimiter, "+");
    ck_assert(aliases->rules.propagate_extension);
    ck_assert_ptr_null(aliases->rules.local_domains);
    ck_assert_uint_eq(aliases->table_count, 2);
    ck_assert_str_eq(alias->name, "alias");
    ck_assert_str_eq(alias->origin, "c:25");
    ck_assert_str_eq(alias->query, "SELECT destination FROM virtual_aliases    WHERE source='%s'");
    ck_assert_str_eq(alias->db.user, "mailuser");
    ck_assert_str_eq(alias->db.password, "mailuserpass");
    ck_assert_str_eq(alias->db.dbname, "mailserver");
    ck_assert_uint_eq(alias->db.host_count, 1);
    ck_assert_str_eq(alias->db.hosts[0].name, "127.0.0.1");
    ck_assert_uint_eq(alias->db.pool_size, 7);
    ck_assert_uint_eq(alias->ttl_ms, 360000);
    ck_assert_uint_eq(alias->negative_ttl_ms, 31000);
    ck_assert_uint_eq(aliases->tables[1]->ttl_ms, 60000);
    ck_assert(db_params_equal(&alias->db, &aliases->tables[1]->db));
    ck_assert(!table_def_equal(alias, aliases->tables[1]));
    ck_assert_ptr_null(config_map(config, slice_of("alias")));
    config_unref(config);
}
END_TEST

START_TEST(knows_the_defaults)
{
    struct config *config = load(MAP);
    const struct server_options *server = &config->server;
    const struct table_def *table = first_table(config);

    ck_assert_uint_eq(server->listen_count, 1);
    ck_assert_str_eq(server->listen[0].path, "/var/spool/postfix/private/vmap");
    ck_assert_str_eq(server->control.path, "/run/vmapd/control");
    ck_assert_ptr_null(server->metrics.text);
    ck_assert_uint_eq(server->socket_mode, 0660);
    ck_assert_uint_eq(server->control_mode, 0660);
    ck_assert_str_eq(server->socket_owner, "");
    ck_assert_str_eq(server->user, "");
    ck_assert_uint_eq(server->max_clients, 4096);
    ck_assert_uint_eq(server->lookup_timeout_ms, 10000);
    ck_assert_uint_eq(server->drain_timeout_ms, 5000);
    ck_assert_int_eq(server->log, LOG_TARGET_STDERR);
    ck_assert(!server->log_lookups);
    ck_assert_uint_eq(config->cache.max_size, 64u << 20);
    ck_assert_uint_eq(config->cache.stale_answer_timeout_ms, 500);
    ck_assert_str_eq(config->cache.state_file, "");
    ck_assert_uint_eq(table->ttl_ms, 300000);
    ck_assert_uint_eq(table->negative_ttl_ms, 30000);
    ck_assert_uint_eq(table->stale_ttl_ms, 86400000);
    ck_assert(table->cache);
    ck_assert_str_eq(table->name, "m");
    ck_assert_str_eq(table->result_format, "%s");
    ck_assert_ptr_null(table->rules.domains);
    ck_assert_uint_eq(table->rules.expansion_limit, 0);
    ck_assert(table->rules.require_result_set);
    ck_assert_str_eq(table->db.charset, "utf8mb4");
    ck_assert_str_eq(table->db.option_group, "client");
    ck_assert_ptr_null(table->db.option_file);
    ck_assert_ptr_null(table->db.tls_ca_file);
    ck_assert_int_eq(table->db.tls_verify_cert, TRI_UNSET);
    ck_assert_uint_eq(table->db.pool_size, 4);
    ck_assert_uint_eq(table->db.queue_size, 10000);
    ck_assert_uint_eq(table->db.idle_interval_ms, 60000);
    ck_assert_uint_eq(table->db.max_connection_age_ms, 300000);
    ck_assert_uint_eq(table->db.retry_interval_ms, 60000);
    ck_assert_uint_eq(table->db.connect_timeout_ms, 5000);
    ck_assert_uint_eq(table->db.query_timeout_ms, 5000);
    ck_assert_uint_eq(table->db.host_count, 1);
    ck_assert(table->db.hosts[0].is_unix);
    ck_assert_ptr_null(table->db.hosts[0].name);
    config_unref(config);
}
END_TEST

START_TEST(inherits_from_sections)
{
    struct config *config =
        load("[database]\ndbname = d\nlookup_timeout = 3s\nresult_format = <%s>\n"
             "[server]\nrecipient_delimiter = +-\nlocal_domains = A.example, b.example\n"
             "state_file = /s\npropagate_extension = no\n"
             "[map a]\nquery = SELECT '%s'\nrecipient_delimiter =\nlocal_domains =\n"
             "[map b]\nquery = SELECT '%s'\ndbname = e\npropagate_extension = yes\ncache = no\n"
             "query_timeout = 1s\n");
    const struct map_def *a = map_of(config, "a"), *b = map_of(config, "b");

    ck_assert_uint_eq(config->server.lookup_timeout_ms, 3000);
    ck_assert_str_eq(config->cache.state_file, "/s");
    ck_assert_str_eq(a->rules.recipient_delimiter, "");
    ck_assert_str_eq(b->rules.recipient_delimiter, "+-");
    ck_assert_ptr_null(a->rules.local_domains);
    ck_assert_str_eq(b->rules.local_domains[0], "a.example");
    ck_assert_str_eq(b->rules.local_domains[1], "b.example");
    ck_assert_ptr_null(b->rules.local_domains[2]);
    ck_assert(!a->rules.propagate_extension);
    ck_assert(b->rules.propagate_extension);
    ck_assert_str_eq(a->tables[0]->db.dbname, "d");
    ck_assert_str_eq(b->tables[0]->db.dbname, "e");
    ck_assert_str_eq(a->tables[0]->result_format, "<%s>");
    ck_assert_uint_eq(a->tables[0]->db.query_timeout_ms, 1500);
    ck_assert_uint_eq(b->tables[0]->db.query_timeout_ms, 1000);
    ck_assert(a->tables[0]->cache);
    ck_assert(!b->tables[0]->cache);
    config_unref(config);
}
END_TEST

START_TEST(local_domains_may_be_in_tables)
{
    struct config *config = load("[server]\nlocal_domains = a.example, table:dest\n"
                                 "[database]\ndbname = d\n"
                                 "[map m]\nsearch = address\nquery = SELECT '%s'\n"
                                 "[map n]\ntables = dest\nlocal_domains = table:dest table:more\n"
                                 "[table dest]\nquery = SELECT 'd%s'\n"
                                 "[table more]\nquery = SELECT 'm%s'\n");
    const struct map_def *m = map_of(config, "m"), *n = map_of(config, "n");

    ck_assert_uint_eq(config->table_count, 3);
    ck_assert_str_eq(m->rules.local_domains[0], "a.example");
    ck_assert_ptr_null(m->rules.local_domains[1]);
    ck_assert_uint_eq(m->local_table_count, 1);
    ck_assert_str_eq(m->local_tables[0]->name, "dest");
    ck_assert(m->rules.has_local_tables);
    ck_assert_ptr_null(n->rules.local_domains);
    ck_assert_uint_eq(n->local_table_count, 2);
    ck_assert_ptr_eq(n->local_tables[0], n->tables[0]);
    ck_assert_ptr_eq(n->local_tables[0], m->local_tables[0]);
    ck_assert_str_eq(n->local_tables[1]->name, "more");
    config_unref(config);
}
END_TEST

/* A mysql_table(5) file takes nothing of mysql_table(5) from [database], all else it does. */
START_TEST(takes_cf_files_verbatim)
{
    struct config *config;
    const struct table_def *file, *own;

    write_file("x.cf", "hosts = unix:/s, h:3307\nuser = u\npassword = p\ndbname = f\n"
                       "query = SELECT a\n   FROM b WHERE c='%s'\nttl = 7s\n");
    config = load(with_directory("[database]\ndbname = d\nresult_format = <%s>\nuser = other\n"
                                 "password = secret\nhosts = elsewhere\noption_group = g\n"
                                 "charset = latin1\nidle_interval = 5\ntls_CAfile = /ca\n"
                                 "expansion_limit = 5\nrequire_result_set = no\ndomain = e.org\n"
                                 "pool_size = 9\nconnect_timeout = 2s\n"
                                 "[cache]\nnegative_ttl = 3s\n"
                                 "[map m]\ntables = @/x.cf t\n"
                                 "[map n]\ntables = @/x.cf,t\n"
                                 "[table t]\nquery = SELECT '%s'\n"));
    file = config->maps[0]->tables[0];
    own = config->maps[0]->tables[1];
    ck_assert_uint_eq(config->table_count, 2);
    ck_assert_ptr_eq(file, config->maps[1]->tables[0]);
    ck_assert_ptr_eq(own, config->maps[1]->tables[1]);
    ck_assert_str_eq(file->name, with_directory("@/x.cf"));
    ck_assert_str_eq(file->origin, file->name);
    ck_assert_str_eq(file->db.dbname, "f");
    ck_assert_str_eq(file->db.user, "u");
    ck_assert_str_eq(file->db.password, "p");
    ck_assert_str_eq(file->query, "SELECT a   FROM b WHERE c='%s'");
    ck_assert_str_eq(file->result_format, "%s");
    ck_assert_str_eq(file->db.option_group, "client");
    ck_assert_str_eq(file->db.charset, "utf8mb4");
    ck_assert_str_eq(file->domain, "");
    ck_assert_ptr_null(file->db.tls_ca_file);
    ck_assert_uint_eq(file->db.idle_interval_ms, 60000);
    ck_assert_uint_eq(file->rules.expansion_limit, 0);
    ck_assert(file->rules.require_result_set);
    ck_assert_uint_eq(file->db.host_count, 2);
    ck_assert_str_eq(file->db.hosts[0].name, "/s");
    ck_assert_uint_eq(file->db.hosts[1].port, 3307);
    ck_assert_uint_eq(file->db.pool_size, 9);
    ck_assert_uint_eq(file->db.connect_timeout_ms, 2000);
    ck_assert_uint_eq(file->ttl_ms, 7000);
    ck_assert_uint_eq(file->negative_ttl_ms, 3000);
    ck_assert_str_eq(own->db.option_group, "g");
    ck_assert_str_eq(own->db.charset, "latin1");
    ck_assert_ptr_nonnull(own->rules.domains);
    ck_assert(!own->rules.require_result_set);
    config_unref(config);
}
END_TEST

START_TEST(warns_where_postfix_goes_on)
{
    catch_log();
    write_file("x.cf", "port = 3306\nlisten = x\nuser = a\nuser = b\ndbname = d\ndbname = d\n"
                       "password = one\npassword = two\nquery = SELECT '%s'\n");
    ck_assert_int_eq(chmod("x.cf", 0644), 0);
    config_unref(load(with_directory("[map m]\ntables = @/x.cf\n")));
    ck_assert_ptr_nonnull(
        strstr(logged(), "x.cf:1: ignored, as by Postfix: unknown parameter \"port\""));
    ck_assert_ptr_nonnull(strstr(logged(), "x.cf:2: ignored: listen does not belong in"));
    ck_assert_ptr_nonnull(strstr(logged(), "x.cf:4: user overrides its value of line 3"));
    ck_assert_ptr_null(strstr(logged(), "dbname"));
    ck_assert_ptr_nonnull(strstr(logged(), "x.cf:8: password overrides its value of line 7"));
    ck_assert_ptr_nonnull(strstr(logged(), "x.cf:8: every user of this machine has access"));
    ck_assert_ptr_null(strstr(logged(), "two"));
}
END_TEST

START_TEST(warns_of_what_is_odd)
{
    catch_log();
    write_file("c", "");
    ck_assert_int_eq(chmod("c", 0604), 0);
    config_unref(load(MAP "password = p\nconnect_timeout = 10s\n"
                          "[map n]\nquery = SELECT 1\ndbname = d\n"
                          "[table t]\nquery = SELECT '%s'\ndbname = d\n"
                          "[table u]\nquery = SELECT '%s'\ndbname = d\n"
                          "[map o]\ntables = t,t\n"));
    ck_assert_ptr_nonnull(strstr(logged(), "c:4: every user of this machine has access"));
    ck_assert_ptr_nonnull(strstr(logged(), "c:5: connect_timeout is not shorter"));
    ck_assert_ptr_nonnull(strstr(logged(), "c:7: query has no expansion"));
    ck_assert_ptr_nonnull(strstr(logged(), "c:16: tables: \"t\" is listed twice"));
    ck_assert_ptr_nonnull(strstr(logged(), "c:12: no map uses [table u]"));
    ck_assert_ptr_null(strstr(logged(), "[table t]"));
}
END_TEST

START_TEST(builds_the_legacy_query)
{
    struct config *config = load("[map m]\ndbname = d\ntable = t\nselect_field = s\n"
                                 "where_field = w\nadditional_conditions = AND a = 'b'\n");

    ck_assert_str_eq(first_table(config)->query, "SELECT s FROM t WHERE w='%s' AND a = 'b'");
    config_unref(config);
}
END_TEST

START_TEST(reads_passwords)
{
    struct config *config;

    write_file("p", "from file\r\nnot this\n");
    write_file("s", "of the stream\n");
    write_file("x.cf", "dbname = d\nquery = SELECT '%s'\n");
    config = load(with_directory("[database]\ndbname = d\npassword_file = @/p\n"
                                 "mirror_stream_user = s\nmirror_stream_password_file = @/s\n"
                                 "[map a]\nquery = SELECT '%s'\n"
                                 "[map b]\nquery = SELECT '%s'\npassword = own\n"
                                 "[map c]\ntables = @/x.cf\n"));
    ck_assert_str_eq(map_of(config, "a")->tables[0]->db.password, "from file");
    ck_assert_str_eq(map_of(config, "b")->tables[0]->db.password, "own");
    ck_assert_str_eq(map_of(config, "c")->tables[0]->db.password, "");
    ck_assert_str_eq(map_of(config, "a")->tables[0]->stream_password, "of the stream");
    ck_assert_str_eq(map_of(config, "c")->tables[0]->stream_password, "of the stream");
    config_unref(config);
    config = load(with_directory("[database]\ndbname = d\npassword = general\n"
                                 "[map a]\nquery = SELECT '%s'\npassword_file = @/p\n"));
    ck_assert_str_eq(first_table(config)->db.password, "from file");
    config_unref(config);
}
END_TEST

START_TEST(takes_passwords_from_credentials)
{
    struct config *config;

    write_file("credential", "secret\n");
    write_file("p", "from file\n");
    setenv("CREDENTIALS_DIRECTORY", with_directory("@"), 1);
    config = load("[database]\ndbname = d\npassword_file = credential\n"
                  "[map a]\nquery = SELECT '%s'\n");
    ck_assert_str_eq(first_table(config)->db.password, "secret");
    config_unref(config);
    setenv("CREDENTIALS_DIRECTORY", "/nowhere", 1);
    config = load(with_directory("[database]\ndbname = d\npassword_file = @/p\n"
                                 "[map a]\nquery = SELECT '%s'\n"));
    ck_assert_str_eq(first_table(config)->db.password, "from file");
    config_unref(config);
    unsetenv("CREDENTIALS_DIRECTORY");
}
END_TEST

START_TEST(reads_listeners)
{
    struct config *config =
        load("[server]\nlisten = unix:/a, inet:127.0.0.1:2527 inet:[::1]:2527\n"
             "  inet:*:2528\nallow = 10.0.0.0/8, [::1]\nmetrics = inet:localhost:9786\n" MAP);

    ck_assert_uint_eq(config->server.listen_count, 4);
    ck_assert_uint_eq(config->server.allow_count, 2);
    ck_assert_str_eq(config->server.listen[2].host, "::1");
    ck_assert_str_eq(config->server.listen[3].host, "");
    ck_assert_str_eq(config->server.listen[3].port, "2528");
    ck_assert_str_eq(config->server.metrics.host, "localhost");
    config_unref(config);
}
END_TEST

START_TEST(finds_maps)
{
    struct config *config = load("[database]\ndbname = d\n[map b]\nquery = SELECT '%s'\n"
                                 "[map ab]\nquery = SELECT '%s'\n[map a]\nquery = SELECT '%s'\n"
                                 "[map abc]\nquery = SELECT '%s'\n");
    static const char *const names[] = {"a", "ab", "abc", "b"};

    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(map_of(config, names[i])->name, names[i]);
    ck_assert_ptr_null(config_map(config, slice_of("")));
    ck_assert_ptr_null(config_map(config, slice_of("abcd")));
    ck_assert_ptr_null(config_map(config, slice_of("A")));
    ck_assert_ptr_null(config_map(config, (struct slice){"a\0b", 3}));
    ck_assert_ptr_null(config_map(config, (struct slice){"ab\0xxxxxxxxxxxxxxxxxxxxxxxxxxxx", 20}));
    ck_assert_str_eq(config_map(config, (struct slice){"abc", 2})->name, "ab");
    config_unref(config);
}
END_TEST

START_TEST(counts_references)
{
    struct config *config = load(MAP);

    ck_assert_ptr_eq(config_ref(config), config);
    config_unref(config);
    ck_assert_str_eq(config->path, "c");
    config_unref(config);
    config_unref(NULL);
}
END_TEST

START_TEST(describes_itself)
{
    struct config *config = load("[server]\nlisten = unix:/v inet:127.0.0.1:2527\n"
                                 "[database]\nhosts = db1 db2\ndbname = d\npassword = secret\n"
                                 "[cache]\nttl = 90s\nnegative_ttl = 0\nstate_file = /s\n"
                                 "[map m]\nquery = SELECT '%s'\n"
                                 "[map n]\nhosts = db2 db3\nquery = SELECT '%s'\n");
    struct buffer text = BUFFER_EMPTY;

    config_describe(config, &text);
    ck_assert_str_eq(buffer_text(&text),
                     "listen unix:/v inet:127.0.0.1:2527, control unix:/run/vmapd/control, "
                     "hosts db1 db2 db3, max_size 64M, ttl 90s, negative_ttl 0, stale_ttl 1d, "
                     "lookup_timeout 10s, state_file /s");
    buffer_free(&text);
    config_unref(config);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("config");
    TCase *t = tcase_create("config");

    tcase_add_checked_fixture(t, make_directory, remove_directory);
    tcase_add_test(t, loads_the_seed_system);
    tcase_add_test(t, knows_the_defaults);
    tcase_add_test(t, inherits_from_sections);
    tcase_add_test(t, local_domains_may_be_in_tables);
    tcase_add_test(t, takes_cf_files_verbatim);
    tcase_add_test(t, warns_where_postfix_goes_on);
    tcase_add_test(t, warns_of_what_is_odd);
    tcase_add_test(t, builds_the_legacy_query);
    tcase_add_test(t, reads_passwords);
    tcase_add_test(t, takes_passwords_from_credentials);
    tcase_add_test(t, reads_listeners);
    tcase_add_test(t, finds_maps);
    tcase_add_test(t, counts_references);
    tcase_add_test(t, describes_itself);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
