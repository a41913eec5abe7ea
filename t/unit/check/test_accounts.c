/* Users and groups that do not exist are told. */
#include "accounts.h"

#include "check_case.h"

START_TEST(unknown_accounts_are_problems)
{
    configure("[server]\nuser = no-such-user\nsocket_owner = 12345\nsocket_group = no-such-group\n"
              "control_owner = nobody\ncontrol_group = no-such-group-either\n[map m]\ndbname = d\n"
              "query = '%%s'\n");
    check_accounts(&check, config);
    expect_part(3, "user = no-such-user: there is no such user");
    expect_part(3, "socket_group = no-such-group: there is no such group");
    expect_part(3, "control_group = no-such-group-either: there is no such group");
}
END_TEST

START_TEST(no_accounts_are_no_problem)
{
    configure("[map m]\ndbname = d\nquery = '%%s'\n");
    check_accounts(&check, config);
    expect(0, "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("check_accounts");
    TCase *t = tcase_create("check_accounts");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, unknown_accounts_are_problems);
    tcase_add_test(t, no_accounts_are_no_problem);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
