/* Sockets that Postfix can reach are good, each way in which it cannot is told. */
#include "sockets.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "check_case.h"

static char directory[64];

static void make_directory(mode_t mode)
{
    strcpy(directory, "/tmp/test_checks.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(chmod(directory, mode), 0);
}

static void listen_there(void)
{
    configure("[server]\nlisten = unix:%s/s\nsocket_mode = 0660\n[map m]\ndbname = d\n"
              "query = '%%s'\n",
              directory);
}

static void make_socket(mode_t mode)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", directory);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(chmod(address.sun_path, mode), 0);
    close(fd);
}

static void remove_directory(void)
{
    char name[128];

    snprintf(name, sizeof(name), "%s/s", directory);
    unlink(name);
    rmdir(directory);
}

START_TEST(sockets_are_looked_at)
{
    make_directory(0755);
    listen_there();
    make_socket(0666);
    check_sockets(&check, config, "nobody");
    expect_part(0, "user nobody can connect");
    remove_directory();
}
END_TEST

START_TEST(a_closed_socket_is_a_problem)
{
    make_directory(0755);
    listen_there();
    make_socket(0660);
    check_sockets(&check, config, "nobody");
    expect_part(1, "user nobody may not connect (mode 0660)");
    remove_directory();
}
END_TEST

START_TEST(a_closed_directory_is_a_problem)
{
    make_directory(0700);
    listen_there();
    make_socket(0666);
    check_sockets(&check, config, "nobody");
    expect_part(1, "user nobody may not enter");
    expect_part(1, directory);
    remove_directory();
}
END_TEST

START_TEST(a_missing_directory_is_a_problem)
{
    strcpy(directory, "/nonexistent/x");
    listen_there();
    check_sockets(&check, config, "nobody");
    expect_part(1, "/nonexistent: No such file or directory; create the directory");
}
END_TEST

START_TEST(what_is_no_socket_is_a_problem)
{
    char name[128];

    make_directory(0755);
    listen_there();
    snprintf(name, sizeof(name), "%s/s", directory);
    ck_assert_int_eq(mkdir(name, 0777), 0);
    check_sockets(&check, config, "nobody");
    expect_part(1, "not a socket");
    rmdir(name);
    remove_directory();
}
END_TEST

START_TEST(a_socket_to_be_is_judged_by_the_configuration)
{
    make_directory(0755);
    listen_there();
    check_sockets(&check, config, "nobody");
    expect_part(1, "user nobody could not connect");
    stop();
    start();
    configure("[server]\nlisten = unix:%s/s\nsocket_owner = nobody\n[map m]\ndbname = d\n"
              "query = '%%s'\n",
              directory);
    check_sockets(&check, config, "nobody");
    expect_part(0, "not there");
    remove_directory();
}
END_TEST

START_TEST(an_unknown_user_is_a_note)
{
    strcpy(directory, "/tmp");
    listen_there();
    check_sockets(&check, config, "no-such-user");
    expect_part(0, "note: there is no user no-such-user");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("check_sockets");
    TCase *t = tcase_create("check_sockets");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, sockets_are_looked_at);
    tcase_add_test(t, a_closed_socket_is_a_problem);
    tcase_add_test(t, a_closed_directory_is_a_problem);
    tcase_add_test(t, a_missing_directory_is_a_problem);
    tcase_add_test(t, what_is_no_socket_is_a_problem);
    tcase_add_test(t, a_socket_to_be_is_judged_by_the_configuration);
    tcase_add_test(t, an_unknown_user_is_a_note);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
