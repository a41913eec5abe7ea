/* A problem is told once. */
#include "checks.h"

#include "check_case.h"

START_TEST(a_problem_is_told_once)
{
    check_problem(&check, "%s", "one");
    check_note(&check, "one");
    check_problem(&check, "two");
    check_problem(&check, "one");
    check_problem(&check, "on");
    check_ok(&check, "good");
    expect(3, "problem: one\nnote: one\nproblem: two\nproblem: on\nok: good\n");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("check_checks");
    TCase *t = tcase_create("check_checks");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, a_problem_is_told_once);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
