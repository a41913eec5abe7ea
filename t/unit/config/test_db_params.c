/* Hosts are read as Postfix's dict_mysql.c reads them. */
#include "db_params.h"

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

static Suite *suite(void)
{
    Suite *s = suite_create("db_params");
    TCase *t = tcase_create("db_params");

    tcase_add_test(t, reads_hosts_as_postfix);
    tcase_add_test(t, refuses_hosts);
    tcase_add_test(t, reads_ipv6_hosts);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
