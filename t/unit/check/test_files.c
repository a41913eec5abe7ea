/* Files that the user of vmapd cannot read are told. */
#include "files.h"

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

/* What nobody may not read of a configuration with this map, which is given the name of a file. */
static void look_at_files(const char *map, const char *file)
{
    stop();
    start();
    configure("[map m]\n%s%s\n", map, file);
    check_files(&check, config, "nobody");
}

START_TEST(files_are_looked_at)
{
    write_config("dbname = d\nquery = SELECT '%s'\n", 0640);
    look_at_files("tables = ", path);
    expect_part(1, "user nobody, as which vmapd runs, may not read /tmp/test_checks.");
    check_files(&check, config, "root");
    ck_assert_uint_eq(check.problems, 1);
    ck_assert_int_eq(chmod(path, 0644), 0);
    look_at_files("tables = ", path);
    expect(0, "");
    check_files(&check, config, "no-such-user");
    expect_part(0, "note: there is no user no-such-user");
    unlink(path);
}
END_TEST

/* A password, or names of domains: whatever stands in the file. */
static const char *const named_files[] = {"dbname = d\nquery = '%s'\npassword_file = ",
                                          "dbname = d\nquery = '%s'\ndomain = other.example "};

START_TEST(a_file_that_is_named_and_the_way_to_it_are_looked_at)
{
    const char *map = named_files[_i];
    char in[] = "/tmp/test_checks.XXXXXX", file[sizeof(in) + sizeof("/password")];

    ck_assert_ptr_nonnull(mkdtemp(in)); /* mode 0700 */
    snprintf(file, sizeof(file), "%s/password", in);
    write_config("secret\n", 0640);
    ck_assert_int_eq(rename(path, file), 0);
    look_at_files(map, file);
    expect_part(1, "may not enter /tmp/test_checks.");
    ck_assert_int_eq(chmod(in, 0711), 0);
    look_at_files(map, file);
    expect_part(1, "may not read /tmp/test_checks.");
    ck_assert_int_eq(chmod(file, 0644), 0);
    look_at_files(map, file);
    expect(0, "");
    unlink(file);
    rmdir(in);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("check_files");
    TCase *t = tcase_create("check_files");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, files_are_looked_at);
    tcase_add_loop_test(t, a_file_that_is_named_and_the_way_to_it_are_looked_at, 0, 2);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
