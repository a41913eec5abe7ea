/* A configuration that is one is good; what is wrong with it is told. */
#include "configuration.h"

#include <sys/stat.h>
#include <unistd.h>

#include "check_case.h"

static char path[64];

static void write_config(const char *text, mode_t mode)
{
    int fd;

    strcpy(path, "/tmp/test_checks.XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

START_TEST(a_good_configuration_is_good)
{
    char wanted[200];

    write_config("[database]\npassword = x\ndbname = d\n[map m]\nquery = SELECT '%s'\n", 0640);
    config = check_configuration(&check, path);
    unlink(path);
    ck_assert_ptr_nonnull(config);
    snprintf(wanted, sizeof(wanted), "ok: %s: 1 maps, 1 tables\n", path);
    expect(0, wanted);
}
END_TEST

START_TEST(a_wrong_configuration_is_a_problem)
{
    write_config("[server]\nnonsense = 1\n", 0640);
    config = check_configuration(&check, path);
    unlink(path);
    ck_assert_ptr_null(config);
    expect_part(1, ":2: ");
    expect_part(1, "nonsense");
}
END_TEST

START_TEST(a_password_for_everybody_is_a_problem)
{
    write_config("[database]\npassword = secret\ndbname = d\n[map m]\nquery = SELECT '%s'\n", 0644);
    config = check_configuration(&check, path);
    unlink(path);
    ck_assert_ptr_nonnull(config);
    expect_part(1, ":2: every user of this machine has access to this password");
    ck_assert_ptr_null(strstr(buffer_text(&check.text), "secret"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("check_configuration");
    TCase *t = tcase_create("check_configuration");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, a_good_configuration_is_good);
    tcase_add_test(t, a_wrong_configuration_is_a_problem);
    tcase_add_test(t, a_password_for_everybody_is_a_problem);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
