/* Hosts are read as Postfix's dict_mysql.c reads them; listening addresses strictly. */
#include "config.h"

#include <stdio.h>

#include "unit.h"

/* "unix NAME PORT" or "inet NAME PORT", "refused" if it is. */
static const char *host(const char *text)
{
    static char shown[200];
    struct db_host host;
    struct buffer error = BUFFER_EMPTY;

    if (db_host_parse(text, &host, &error)) {
        ck_assert_str_eq(host.text, text);
        snprintf(shown, sizeof(shown), "%s %s %u", host.is_unix ? "unix" : "inet",
                 host.name != NULL ? host.name : "(default)", host.port);
        db_host_free(&host);
        ck_assert_uint_eq(error.len, 0);
    } else {
        ck_assert_ptr_nonnull(strstr(buffer_text(&error), "expected unix:PATH"));
        snprintf(shown, sizeof(shown), "refused");
    }
    buffer_free(&error);
    return shown;
}

START_TEST(reads_hosts_as_postfix)
{
    ck_assert_str_eq(host("db.example.com"), "inet db.example.com 0");
    ck_assert_str_eq(host("inet:db.example.com"), "inet db.example.com 0");
    ck_assert_str_eq(host("db.example.com:3307"), "inet db.example.com 3307");
    ck_assert_str_eq(host("inet:127.0.0.1:3307"), "inet 127.0.0.1 3307");
    ck_assert_str_eq(host("db:smtp"), "inet db 25");
    ck_assert_str_eq(host("unix:/run/mysqld/mysqld.sock"), "unix /run/mysqld/mysqld.sock 0");
    ck_assert_str_eq(host("unix:/run/m:3306"), "unix /run/m 3306");
    ck_assert_str_eq(host("localhost"), "unix (default) 0");
    ck_assert_str_eq(host("inet:LocalHost"), "unix (default) 0");
    ck_assert_str_eq(host("localhost:3307"), "unix (default) 3307");
    ck_assert_str_eq(host("unix:localhost"), "unix (default) 0");
}
END_TEST

START_TEST(refuses_hosts)
{
    ck_assert_str_eq(host(""), "refused");
    ck_assert_str_eq(host("inet:"), "refused");
    ck_assert_str_eq(host("unix:"), "refused");
    ck_assert_str_eq(host(":3306"), "refused");
    ck_assert_str_eq(host("db:"), "refused");
    ck_assert_str_eq(host("db:0"), "refused");
    ck_assert_str_eq(host("db:65536"), "refused");
    ck_assert_str_eq(host("db:18446744073709551617"), "refused");
    ck_assert_str_eq(host("db:no-such-service"), "refused");
    ck_assert_str_eq(host("[::1]:x"), "refused");
    ck_assert_str_eq(host("[]:3306"), "refused");
}
END_TEST

/* What Postfix reads as an address and a port stays that; what it could never reach is mended. */
START_TEST(reads_ipv6_hosts)
{
    ck_assert_str_eq(host("fe80::1:3306"), "inet fe80::1 3306");
    ck_assert_str_eq(host("[::1]:3306"), "inet ::1 3306");
    ck_assert_str_eq(host("inet:[2001:db8::1]"), "inet 2001:db8::1 0");
    ck_assert_str_eq(host("::1"), "inet ::1 0");
    ck_assert_str_eq(host("2001:db8::"), "inet 2001:db8:: 0");
    ck_assert_str_eq(host("2001:db8:0:0:0:0:0:5"), "inet 2001:db8:0:0:0:0:0:5 0");
}
END_TEST

static const char *listen_at(const char *text)
{
    static char shown[300];
    struct listen_address address;
    struct buffer error = BUFFER_EMPTY;

    if (listen_address_parse(text, &address, &error)) {
        ck_assert_str_eq(address.text, text);
        if (address.kind == LISTEN_UNIX)
            snprintf(shown, sizeof(shown), "unix %s", address.path);
        else
            snprintf(shown, sizeof(shown), "inet <%s> %s", address.host, address.port);
        listen_address_free(&address);
    } else {
        ck_assert_ptr_nonnull(strstr(buffer_text(&error), "expected "));
        ck_assert_ptr_null(address.path);
        ck_assert_ptr_null(address.host);
        snprintf(shown, sizeof(shown), "refused");
    }
    buffer_free(&error);
    return shown;
}

START_TEST(reads_listening_addresses)
{
    ck_assert_str_eq(listen_at("unix:/run/vmap"), "unix /run/vmap");
    ck_assert_str_eq(listen_at("inet:127.0.0.1:2527"), "inet <127.0.0.1> 2527");
    ck_assert_str_eq(listen_at("inet:localhost:smtp"), "inet <localhost> smtp");
    ck_assert_str_eq(listen_at("inet:[::1]:2527"), "inet <::1> 2527");
    ck_assert_str_eq(listen_at("inet:*:2527"), "inet <> 2527");
}
END_TEST

START_TEST(refuses_listening_addresses)
{
    static const char *const bad[] = {
        "",          "/run/vmap",  "unix:",          "unix:run/vmap", "inet:",
        "inet:2527", "inet::2527", "inet:[]:2527",   "inet:::1:2527", "inet:127.0.0.1",
        "inet:h:",   "inet:h:0",   "inet:h:65536",   "inet:h:nosuch", "inet:[h]:1",
        "Unix:/x",   "tcp:h:1",    "inet:[::1:2527",
    };
    char path[200] = "unix:/";

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(strcmp(listen_at(bad[i]), "refused") == 0, "%s", bad[i]);
    memset(path + 6, 'x', 106);
    ck_assert_str_ne(listen_at(path), "refused");
    path[6 + 106] = 'x';
    ck_assert_str_eq(listen_at(path), "refused");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("config_addresses");
    TCase *t = tcase_create("config_addresses");

    tcase_add_test(t, reads_hosts_as_postfix);
    tcase_add_test(t, refuses_hosts);
    tcase_add_test(t, reads_ipv6_hosts);
    tcase_add_test(t, reads_listening_addresses);
    tcase_add_test(t, refuses_listening_addresses);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
