/* Who is let in, who is not, and what is never said to a server that did not prove itself. */
#include "one.h"

#include <stdio.h>
#include <string.h>

#include "loop.h"
#include "mariadb.h"
#include "unit.h"
#include "xmalloc.h"

START_TEST(refused)
{
    struct db_host nobody = mariadb_inet_host();

    nobody.port = unused_port();
    ck_assert_int_eq(connect_to(mariadb_params(), nobody), DB_HOST_FAILED);
    ck_assert_uint_eq(connected_result.error, 2002);
    disconnect();
}
END_TEST

START_TEST(silence)
{
    struct db_params *params = mariadb_params();
    struct db_host silent = mariadb_inet_host();

    silent.port = silent_port();
    params->connect_timeout_ms = 300;
    ck_assert_int_eq(connect_to(params, silent), DB_HOST_FAILED);
    ck_assert_str_eq(connected_result.text, "no connection within 300 ms");
    disconnect();
    begin_connect(params, silent);
    disconnect();
}
END_TEST

START_TEST(not_a_host_name)
{
    char odd[] = "user=x;host=y", unknown[] = "no-such-host.invalid";
    struct db_host bad = {odd, false, odd, 0};

    ck_assert_int_eq(connect_to(mariadb_params(), bad), DB_HOST_FAILED);
    ck_assert_str_eq(connected_result.text, "\"user=x;host=y\" is not a host name");
    disconnect();
    bad.text = bad.name = unknown;
    ck_assert_int_eq(connect_to(mariadb_params(), bad), DB_HOST_FAILED);
    disconnect();
}
END_TEST

START_TEST(bad_password)
{
    struct db_params *params = mariadb_params();
    char wrong[] = "wr0ng-and-secret";

    params->password = wrong;
    ck_assert_int_eq(connect_to(params, mariadb_unix_host()), DB_HOST_FAILED);
    ck_assert_uint_eq(connected_result.error, 1045);
    ck_assert_ptr_null(strstr(connected_result.text, wrong));
    disconnect();
}
END_TEST

/* mysql_native_password is what all other accounts have. */
START_TEST(an_ed25519_account)
{
    struct db_params *params = mariadb_params();
    char ed[] = "ed", wrong[] = "wrong";

    mariadb_sql("CREATE OR REPLACE USER ed IDENTIFIED VIA ed25519 USING PASSWORD('secret')");
    mariadb_sql("GRANT SELECT ON mail.* TO ed");
    params->user = ed;
    ck_assert_msg(connect_to(params, mariadb_inet_host()) == DB_OK, "%s", connected_result.text);
    expect_rows("SELECT destination FROM alias WHERE source='quote''\"\\\\'", "q\n");
    disconnect();
    params->password = wrong;
    ck_assert_int_eq(connect_to(params, mariadb_inet_host()), DB_HOST_FAILED);
    ck_assert_uint_eq(connected_result.error, 1045);
    disconnect();
}
END_TEST

START_TEST(too_many_connections)
{
    mariadb_sql("CREATE OR REPLACE USER few@localhost IDENTIFIED BY 'secret' "
                "WITH MAX_USER_CONNECTIONS 1");
    struct db_params *params = mariadb_params();
    char few[] = "few";
    struct db *first;

    params->user = few;
    params->dbname = NULL;
    ck_assert_int_eq(connect_to(params, mariadb_unix_host()), DB_OK);
    first = db;
    ck_assert_int_eq(connect_to(params, mariadb_unix_host()), DB_HOST_FAILED);
    ck_assert_uint_eq(connected_result.error, 1226);
    disconnect();
    db = first;
    disconnect();
}
END_TEST

static char ca[300], other_ca[300], cert[300], key[300];

static void start_with_tls(void)
{
    char options[3][320];
    const char *const arguments[] = {options[0], options[1], options[2], NULL};

    snprintf(ca, sizeof(ca), "%s", mariadb_path("ca.pem"));
    snprintf(other_ca, sizeof(other_ca), "%s", mariadb_path("other-ca.pem"));
    snprintf(cert, sizeof(cert), "%s", mariadb_path("server.pem"));
    snprintf(key, sizeof(key), "%s", mariadb_path("server-key.pem"));
    snprintf(options[0], sizeof(options[0]), "--ssl-ca=%s", ca);
    snprintf(options[1], sizeof(options[1]), "--ssl-cert=%s", cert);
    snprintf(options[2], sizeof(options[2]), "--ssl-key=%s", key);
    mariadb_stop();
    mariadb_start(arguments);
}

/* What the other combinations mean: t/system/test_tls.py. */
START_TEST(tls)
{
    struct db_params *params = mariadb_params();
    struct db_host host = mariadb_inet_host();

    start_with_tls();
    params->tls_ca_file = ca;
    params->tls_verify_cert = TRI_YES;
    ck_assert_int_eq(connect_to(params, host), DB_OK);
    expect_rows("SELECT variable_value <> '' FROM information_schema.session_status "
                "WHERE variable_name='ssl_cipher'",
                "1\n");
    ck_assert_int_eq(ask("SELECT REPEAT('x', 100000) FROM seq_1_to_5", 5000), DB_OK);
    ck_assert_uint_eq(asked.rows.len, 500005);
    disconnect();
    mariadb_write("lax.cnf", "[client]\nssl-verify-server-cert=0\nssl-enforce=0\n");
    params->option_file = xasprintf("%s", mariadb_path("lax.cnf"));
    params->option_group = (char[]){"client"};
    params->tls_ca_file = other_ca;
    ck_assert_msg(connect_to(params, host) == DB_HOST_FAILED, "an option file is no way around");
    ck_assert_uint_eq(connected_result.error, 2026);
    disconnect();
    free(params->option_file);
}
END_TEST

START_TEST(tls_with_a_client_certificate_and_ciphers)
{
    struct db_params *params = mariadb_params();
    char certified[] = "certified", cipher[] = "TLS_AES_128_GCM_SHA256";

    mariadb_sql("CREATE OR REPLACE USER certified IDENTIFIED BY 'secret' REQUIRE X509");
    params->user = certified;
    params->dbname = NULL;
    params->tls_ca_file = ca;
    ck_assert_int_eq(connect_to(params, mariadb_inet_host()), DB_HOST_FAILED);
    ck_assert_uint_eq(connected_result.error, 1045);
    disconnect();
    params->tls_cert_file = cert;
    params->tls_key_file = key;
    params->tls_ciphers = cipher;
    ck_assert_msg(connect_to(params, mariadb_inet_host()) == DB_OK, "%s", connected_result.text);
    expect_rows("SELECT variable_value FROM information_schema.session_status "
                "WHERE variable_name='ssl_cipher'",
                "TLS_AES_128_GCM_SHA256\n");
    disconnect();
}
END_TEST

START_TEST(tls_queries_do_not_block)
{
    struct db_params *params = mariadb_params();

    params->tls_ca_file = ca;
    params->query_timeout_ms = 300;
    ck_assert_int_eq(connect_to(params, mariadb_inet_host()), DB_OK);
    ck_assert_int_eq(ask("SELECT destination FROM alias WHERE source='a' AND SLEEP(5)=0", 4000),
                     DB_TIMED_OUT);
    ck_assert(db_usable(db));
    ck_assert_int_eq(ask("SELECT REPEAT('a', 40000)", 5000), DB_OK);
    ck_assert_uint_eq(asked.rows.len, 40001);
    expect_rows("SELECT 2", "2\n");
    expect_rows("SELECT SLEEP(0.2)", "0\n");
    mariadb_pause();
    ck_assert_int_eq(ask("SELECT 1", 100), DB_TIMED_OUT);
    disconnect();
    mariadb_resume();
    ck_assert_int_eq(connect_to(params, mariadb_inet_host()), DB_OK);
    begin_ask("SELECT REPEAT('x', 1000) FROM seq_1_to_100000", 0);
    loop_for(5);
    disconnect();
    ck_assert_int_eq(connect_to(params, mariadb_inet_host()), DB_OK);
    mariadb_pause();
    disconnect();
    mariadb_resume();
}
END_TEST

START_TEST(an_idle_tls_connection_stays_and_ends)
{
    struct db_params *params = mariadb_params();

    params->tls_ca_file = ca;
    ck_assert_int_eq(connect_to(params, mariadb_inet_host()), DB_OK);
    loop_for(100);
    ck_assert(!is_ended);
    mariadb_kill();
    ck_assert(loop_until(flag, &is_ended, WAIT_MS));
    disconnect();
    mariadb_start((const char *const[]){"--skip-ssl", NULL}); /* newer ones have it by default */
}
END_TEST

/* By now the server runs without TLS. */
START_TEST(tls_is_demanded_by_any_of_its_parameters)
{
    char ciphers[] = "ECDHE-ECDSA-AES256-GCM-SHA384";

    for (int i = 0; i < 5; i++) {
        struct db_params *params = mariadb_params();

        if (i == 0)
            params->tls_ca_file = ca;
        else if (i == 1)
            params->tls_ca_path = ca;
        else if (i == 2) {
            params->tls_cert_file = cert;
            params->tls_key_file = key;
        } else if (i == 3)
            params->tls_ciphers = ciphers;
        else
            params->tls_verify_cert = TRI_YES;
        ck_assert_int_eq(connect_to(params, mariadb_inet_host()), DB_HOST_FAILED);
        ck_assert_ptr_nonnull(strstr(connected_result.text, "required"));
        disconnect();
    }
}
END_TEST

START_TEST(the_password_is_not_shown_without_tls)
{
    struct db_params *params = mariadb_params();
    struct db_host fake = fake_start(FAKE_ASK_PASSWORD, 0);

    ck_assert_msg(connect_to(params, fake) == DB_OK, "the fake works: %s", connected_result.text);
    ck_assert_uint_gt(fake_leaked(), 0);
    disconnect();
    fake = fake_start(FAKE_ASK_PASSWORD, 0);
    params->tls_ca_file = ca;
    ck_assert_int_eq(connect_to(params, fake), DB_HOST_FAILED);
    ck_assert_uint_eq(fake_leaked(), 0);
    disconnect();
}
END_TEST

START_TEST(a_stalled_tls_handshake)
{
    struct db_params *params = mariadb_params();
    struct db_host fake = fake_start(FAKE_STALL_TLS, 0);

    params->tls_ca_file = ca;
    params->connect_timeout_ms = 300;
    ck_assert_int_eq(connect_to(params, fake), DB_HOST_FAILED);
    disconnect();
    fake_stop();
}
END_TEST

START_TEST(no_file_of_ours_is_sent)
{
    struct db_params *params = mariadb_params();
    char file[300];

    snprintf(file, sizeof(file), "%s", mariadb_path("local.cnf"));
    mariadb_write("local.cnf",
                  "[client]\nlocal-infile=1\nmulti-statements=1\nreconnect=1\ncompress=1\n"
                  "ssl-verify-server-cert=0\n");
    params->option_file = file;
    params->option_group = (char[]){"client"};
    ck_assert_int_eq(connect_to(params, fake_start(FAKE_ASK_FILE, 0)), DB_OK);
    ck_assert_int_ne(ask("SELECT 1", 5000), DB_OK);
    ck_assert_uint_eq(fake_queries(), 1);
    ck_assert_uint_eq(fake_leaked(), 0);
    disconnect();
    fake_stop();
    ck_assert_int_eq(connect_to(params, mariadb_unix_host()), DB_OK);
    ck_assert_int_eq(ask("SELECT 1; SELECT 2", 5000), DB_TABLE_FAILED);
    ck_assert_uint_eq(asked.result.error, 1064);
    expect_rows("SELECT variable_value FROM information_schema.session_status "
                "WHERE variable_name='compression'",
                "OFF\n");
    disconnect();
}
END_TEST

/* The password is ours to say, as with mysql: tables. */
START_TEST(an_option_file_fills_in)
{
    struct db_params *params = mariadb_params();
    char file[300];

    snprintf(file, sizeof(file), "%s", mariadb_path("user.cnf"));
    mariadb_write("user.cnf", "[mine]\nuser=vmapd\npassword=wrong\n"
                              "init-command=SET @x='from the file'\n");
    params->option_file = file;
    params->option_group = (char[]){"mine"};
    params->user = (char[]){""};
    ck_assert_msg(connect_to(params, mariadb_unix_host()) == DB_OK, "%s", connected_result.text);
    expect_rows("SELECT @x", "from the file\n");
    disconnect();
}
END_TEST

START_TEST(localhost_is_the_socket_of_the_option_file)
{
    struct db_params *params = mariadb_params();
    const struct db_host localhost = {.is_unix = true};
    char file[300], text[400];

    snprintf(text, sizeof(text), "[client]\nsocket=%s\n", mariadb_path("socket"));
    mariadb_write("socket.cnf", text);
    snprintf(file, sizeof(file), "%s", mariadb_path("socket.cnf"));
    params->option_file = file;
    ck_assert_msg(connect_to(params, localhost) == DB_OK, "%s", connected_result.text);
    expect_rows("SELECT USER()", "vmapd@localhost\n");
    disconnect();
}
END_TEST

START_TEST(the_charset_is_ours_whatever_the_server_takes_from_a_handshake)
{
    const char *const arguments[] = {"--skip-character-set-client-handshake",
                                     "--character-set-server=latin1", NULL};
    static const char sql[] = "SELECT @@character_set_client, @@character_set_connection, "
                              "@@character_set_results, HEX(UPPER('\u00e4'))";

    connect_well();
    expect_rows(sql, "utf8mb4|utf8mb4|utf8mb4|C384\n");
    disconnect();
    mariadb_stop();
    mariadb_start(arguments);
    connect_well();
    expect_rows(sql, "utf8mb4|utf8mb4|utf8mb4|C384\n");
    disconnect();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("db_connect");
    TCase *t = tcase_create("db_connect");

    tcase_add_test(t, refused);
    tcase_add_test(t, silence);
    tcase_add_test(t, not_a_host_name);
    tcase_add_test(t, bad_password);
    tcase_add_test(t, an_ed25519_account);
    tcase_add_test(t, too_many_connections);
    tcase_add_test(t, tls);
    tcase_add_test(t, tls_with_a_client_certificate_and_ciphers);
    tcase_add_test(t, tls_queries_do_not_block);
    tcase_add_test(t, an_idle_tls_connection_stays_and_ends);
    tcase_add_test(t, tls_is_demanded_by_any_of_its_parameters);
    tcase_add_test(t, the_password_is_not_shown_without_tls);
    tcase_add_test(t, a_stalled_tls_handshake);
    tcase_add_test(t, no_file_of_ours_is_sent);
    tcase_add_test(t, an_option_file_fills_in);
    tcase_add_test(t, localhost_is_the_socket_of_the_option_file);
    tcase_add_test(t, the_charset_is_ours_whatever_the_server_takes_from_a_handshake);
    suite_add_tcase(s, t);
    return s;
}

MARIADB_MAIN(suite)
