/* What is a network address and what a name: Postfix's valid_hostaddr(3). */
#include "host_address.h"

#include "unit.h"

static const char *const addresses[] = {"192.0.2.7",
                                        "0.0.0.0",
                                        "255.255.255.255",
                                        "010.001.00.7",
                                        "000.0.0.0",
                                        "::",
                                        "::1",
                                        "2001:db8::1",
                                        "2001:DB8::A",
                                        "1:2:3:4:5:6:7:8",
                                        "1:2:3:4:5::",
                                        "1::8",
                                        "1:2:3:4:5:6:7",
                                        "1::",
                                        "::ffff:192.0.2.7",
                                        "1:2:3:4:5:6:192.0.2.7",
                                        "0000:1:2:3:4:5:6:ffff"};

static const char *const names[] = {"",
                                    "192.0.2",
                                    "192.0.2.",
                                    ".192.0.2.7",
                                    "192.0.2.7.",
                                    "192..2.7",
                                    "192.0.2.256",
                                    "192.0.2.1000",
                                    "1.2.3.4.5",
                                    "0.1.2.3",
                                    "192.0.2.7x",
                                    "example.com",
                                    "[192.0.2.7]",
                                    ":",
                                    "1:",
                                    "1:2",
                                    ":1:2:3:4:5:6:7",
                                    "::2:3:4:5:6:7:8",
                                    "1::2::3",
                                    "12345::",
                                    "1:2:3:4:5:6:7:8:9",
                                    "g::1",
                                    "1:2:3:4:5:6:7:",
                                    ":::",
                                    "1:192.0.2.7",
                                    "1:2:3:4:5:6:7:192.0.2.7",
                                    "::192.0.2",
                                    "fe80::1%eth0",
                                    "a:b"};

START_TEST(knows_addresses)
{
    ck_assert_msg(host_address_is(slice_of(addresses[_i])), "%s", addresses[_i]);
}
END_TEST

START_TEST(knows_names)
{
    ck_assert_msg(!host_address_is(slice_of(names[_i])), "%s", names[_i]);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("host_address");
    TCase *t = tcase_create("host_address");

    tcase_add_loop_test(t, knows_addresses, 0, (int)(sizeof(addresses) / sizeof(addresses[0])));
    tcase_add_loop_test(t, knows_names, 0, (int)(sizeof(names) / sizeof(names[0])));
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
