/* Where to listen is read strictly. */
#include "listen_address.h"

#include <stdio.h>

#include "unit.h"

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
    Suite *s = suite_create("listen_address");
    TCase *t = tcase_create("listen_address");

    tcase_add_test(t, reads_listening_addresses);
    tcase_add_test(t, refuses_listening_addresses);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
