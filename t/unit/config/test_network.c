/* Networks contain exactly the addresses that share their first bits. */
#include "network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "unit.h"

static bool contains(const char *network_text, const char *peer_text)
{
    struct network network;
    struct buffer error = BUFFER_EMPTY;
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } peer = {0};

    ck_assert_msg(network_parse(network_text, &network, &error), "%s", buffer_text(&error));
    if (inet_pton(AF_INET, peer_text, &peer.in.sin_addr) == 1) {
        peer.in.sin_family = AF_INET;
    } else {
        ck_assert_int_eq(inet_pton(AF_INET6, peer_text, &peer.in6.sin6_addr), 1);
        peer.in6.sin6_family = AF_INET6;
    }
    return network_contains(&network, 1, &peer.any);
}

START_TEST(contains_its_addresses)
{
    ck_assert(contains("192.0.2.0/24", "192.0.2.255"));
    ck_assert(!contains("192.0.2.0/24", "192.0.3.0"));
    ck_assert(contains("192.0.2.128/25", "192.0.2.128"));
    ck_assert(!contains("192.0.2.128/25", "192.0.2.127"));
    ck_assert(contains("192.0.2.1", "192.0.2.1"));
    ck_assert(!contains("192.0.2.1", "192.0.2.0"));
    ck_assert(contains("0.0.0.0/0", "203.0.113.9"));
    ck_assert(!contains("0.0.0.0/0", "2001:db8::1"));
    ck_assert(contains("192.0.2.0/24", "::ffff:192.0.2.7"));
    ck_assert(contains("2001:db8::/32", "2001:db8:ffff::1"));
    ck_assert(!contains("2001:db8::/32", "2001:db9::1"));
    ck_assert(contains("[2001:db8::]/32", "2001:db8::1"));
    ck_assert(contains("[::1]", "::1"));
    ck_assert(contains("::/0", "2001:db8::1"));
}
END_TEST

START_TEST(contains_no_other_kind_of_peer)
{
    struct sockaddr_un peer = {.sun_family = AF_UNIX};
    struct network network;
    struct buffer error = BUFFER_EMPTY;

    ck_assert(network_parse("::/0", &network, &error));
    ck_assert(!network_contains(&network, 1, (struct sockaddr *)&peer));
    ck_assert(!network_contains(NULL, 0, (struct sockaddr *)&peer));
}
END_TEST

START_TEST(refuses_what_is_no_network)
{
    static const char *const bad[] = {
        "",
        "x",
        "192.0.2.0/",
        "192.0.2.0/33",
        "192.0.2.1/24",
        "/24",
        "[]/8",
        "192.0.2",
        "[::1",
        "::1]",
        "2001:db8::/129",
        "[",
        "2001:db8::]/32",
        "[2001:db8::/32",
        "127.0.0.1]",
        "[127.0.0.1",
        "::1/0",
        "10.0.0.0/8x",
        "10.0.0.0/-1",
        "example.com/8",
        "[192.0.2.0/24]",
        "1.2.3.4/31/1",
        "2001:db8:2001:db8:2001:db8:2001:db8:2001:db8:2001:db8/128",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct network network;
        struct buffer error = BUFFER_EMPTY;

        ck_assert_msg(!network_parse(bad[i], &network, &error), "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(buffer_text(&error), "expected a network"));
        buffer_free(&error);
    }
}
END_TEST

START_TEST(knows_loopback)
{
    ck_assert(network_is_loopback("127.0.0.1"));
    ck_assert(network_is_loopback("127.9.9.9"));
    ck_assert(network_is_loopback("::1"));
    ck_assert(!network_is_loopback("128.0.0.1"));
    ck_assert(!network_is_loopback("0.0.0.0"));
    ck_assert(!network_is_loopback("::"));
    ck_assert(!network_is_loopback(""));
    ck_assert(!network_is_loopback("localhost"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("network");
    TCase *t = tcase_create("network");

    tcase_add_test(t, contains_its_addresses);
    tcase_add_test(t, contains_no_other_kind_of_peer);
    tcase_add_test(t, refuses_what_is_no_network);
    tcase_add_test(t, knows_loopback);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
