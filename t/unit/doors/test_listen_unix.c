/*
 * Unix sockets with the right owner from the first moment, stale files replaced, living ones and other
 * files left alone.
 */
#include "listener_case.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* The C library's unlink(2), which also sees whether somebody still answered on what it removes. */
static bool removed_alive;

int unlink(const char *name)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(un.sun_path, sizeof(un.sun_path), "%s", name);
    removed_alive = connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0;
    close(fd);
    return unlinkat(AT_FDCWD, name, 0);
}

START_TEST(accepts)
{
    struct listener *listener = open_good(&as_created);
    int first = connect_unix();
    int second = connect_unix();

    expect_accepted(2);
    ck_assert_int_ne(fcntl(accepted[0], F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(accepted[1], F_GETFD) & FD_CLOEXEC, 0);
    close(first);
    close(second);
    listener_close(listener);
    ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(mode_whatever_the_umask)
{
    static const mode_t modes[] = {0600, 0660, 0666, 0777};
    mode_t umasks[] = {0, 022, 077, 0777};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct listener_access access = {modes[i], "", ""};
        struct listener *listener;
        struct stat status;

        umask(umasks[i]);
        listener = open_good(&access);
        ck_assert_uint_eq(umask(022), umasks[i]);
        ck_assert_int_eq(stat(path, &status), 0);
        ck_assert(S_ISSOCK(status.st_mode));
        ck_assert_uint_eq(status.st_mode & 0777, modes[i]);
        listener_close(listener);
    }
}
END_TEST

START_TEST(owner_and_group)
{
    bool is_root = geteuid() == 0;
    char uid[20];
    char gid[20];
    struct listener_access numbers = {0660, uid, gid};
    struct listener_access names = {0660, "daemon", "mail"}; /* 1 and 8 on every Debian */
    struct listener *listener;
    struct stat status;

    snprintf(uid, sizeof(uid), "%u", is_root ? 12345 : geteuid());
    snprintf(gid, sizeof(gid), "%u", is_root ? 23456 : getegid());
    listener = open_good(&numbers);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_uid, (uid_t)strtoul(uid, NULL, 10));
    ck_assert_uint_eq(status.st_gid, (gid_t)strtoul(gid, NULL, 10));
    listener_close(listener);
    if (!is_root) {
        open_bad(&names, "cannot change owner and group");
        ck_assert_int_eq(access(path, F_OK), -1);
        return;
    }
    listener = open_good(&names);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_uid, 1);
    ck_assert_uint_eq(status.st_gid, 8);
    listener_close(listener);
}
END_TEST

START_TEST(unknown_owner_or_group)
{
    open_bad(&(struct listener_access){0660, "nobody-of-this-name", ""}, "nobody-of-this-name");
    open_bad(&(struct listener_access){0660, "", "12-no-group"}, "12-no-group");
    ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(stale_file_is_replaced)
{
    struct listener *listener;
    int peer;

    close(bind_other());
    ck_assert_int_eq(access(path, F_OK), 0);
    listener = open_good(&as_created);
    peer = connect_unix();
    expect_accepted(1);
    close(peer);
    listener_close(listener);
}
END_TEST

static void read_own_name(char *name, int size)
{
    FILE *file = fopen("/proc/self/comm", "r");

    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(name, size, file));
    fclose(file);
    name[strcspn(name, "\n")] = '\0';
}

START_TEST(living_one_is_left_alone)
{
    struct listener *first = open_good(&as_created);
    char name[32];
    char who[100];
    int peer;

    /* Its name is not always that of the program: under valgrind it is another. */
    read_own_name(name, sizeof(name));
    snprintf(who, sizeof(who), "in use by pid %ld (%s)", (long)getpid(), name);
    open_bad(&as_created, who);
    peer = connect_unix();
    expect_accepted(2); /* the probe, and this one */
    close(peer);
    listener_close(first);
}
END_TEST

START_TEST(full_backlog_is_alive)
{
    int other = bind_other();
    int peer;

    ck_assert_int_eq(listen(other, 0), 0);
    peer = connect_unix(); /* fills a backlog of 0 */
    open_bad(&as_created, "in use by another process");
    ck_assert_int_eq(access(path, F_OK), 0);
    close(peer);
    close(other);
}
END_TEST

START_TEST(datagram_socket_is_alive)
{
    int other = bind_type(SOCK_DGRAM);

    ck_assert_int_ge(other, 0);
    open_bad(&as_created, "in use by another process");
    ck_assert_int_eq(access(path, F_OK), 0);
    close(other);
}
END_TEST

START_TEST(other_files_are_left_alone)
{
    char target[300];
    int fd = open(path, O_CREAT | O_WRONLY, 0600);

    ck_assert_int_eq(write(fd, "mine", 4), 4);
    close(fd);
    open_bad(&as_created, "else than a socket");
    ck_assert_int_eq(access(path, F_OK), 0);
    /* Nor is a link followed. */
    snprintf(target, sizeof(target), "%s/target", directory);
    ck_assert_int_eq(rename(path, target), 0);
    ck_assert_int_eq(symlink(target, path), 0);
    open_bad(&as_created, "else than a socket");
    ck_assert_int_eq(access(target, F_OK), 0);
    unlink(target);
}
END_TEST

START_TEST(impossible_paths)
{
    char long_path[200];

    snprintf(text, sizeof(text), "unix:%s/missing/socket", directory);
    address.path = text + strlen("unix:");
    open_bad(&as_created, "no directory");
    memset(long_path, 'x', sizeof(long_path) - 1);
    long_path[0] = '/';
    long_path[sizeof(long_path) - 1] = '\0';
    address.path = long_path;
    open_bad(&as_created, "107");
}
END_TEST

START_TEST(close_keeps_what_is_not_ours)
{
    struct listener *listener = open_good(&as_created);
    int other;

    ck_assert_int_eq(unlink(path), 0);
    other = bind_other();
    listener_close(listener);
    ck_assert_int_eq(access(path, F_OK), 0);
    close(other);
}
END_TEST

/*
 * Whoever starts on this path meanwhile has to find it in use: a socket of theirs could have our
 * file's inode number when ours is gone.
 */
/* Who connected before is not lost, the file is as it was, and everybody finds it again. */
START_TEST(a_file_that_has_gone_is_made_anew)
{
    struct listener *listener = open_good(&as_created);
    struct stat before;
    struct stat after;
    bool was_gone = true;
    int early = connect_unix();
    int late;

    ck_assert(listener_renew(listener, &was_gone, &error));
    ck_assert(!was_gone);
    ck_assert_int_eq(stat(path, &before), 0);
    unlinkat(AT_FDCWD, path, 0); /* unlink() here connects, too */
    ck_assert(listener_renew(listener, &was_gone, &error));
    ck_assert(was_gone);
    ck_assert_uint_eq(accepted_count, 1);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_uint_eq(before.st_mode, after.st_mode);
    late = connect_unix();
    expect_accepted(2);
    ck_assert(listener_renew(listener, &was_gone, &error));
    ck_assert(!was_gone);
    close(early);
    close(late);
    listener_close(listener);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* What has its place now, and is alive, stays; and so do we. */
START_TEST(a_place_that_is_taken_is_not_taken_back)
{
    struct listener *listener = open_good(&as_created);
    bool was_gone = false;
    int other;

    unlinkat(AT_FDCWD, path, 0); /* unlink() here connects, too */
    other = bind_other();
    ck_assert_int_eq(listen(other, 5), 0);
    ck_assert(!listener_renew(listener, &was_gone, &error));
    ck_assert(was_gone);
    ck_assert_msg(strstr(buffer_text(&error), "in use by") != NULL, "%s", buffer_text(&error));
    listener_close(listener);
    ck_assert_int_eq(access(path, F_OK), 0);
    close(other);
}
END_TEST

START_TEST(the_file_goes_before_the_socket)
{
    struct listener *listener = open_good(&as_created);

    removed_alive = false;
    listener_close(listener);
    ck_assert_int_eq(access(path, F_OK), -1);
    ck_assert(removed_alive);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("listen_unix");
    TCase *t = tcase_create("listen_unix");

    log_open("test_listen_unix", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, accepts);
    tcase_add_test(t, mode_whatever_the_umask);
    tcase_add_test(t, owner_and_group);
    tcase_add_test(t, unknown_owner_or_group);
    tcase_add_test(t, stale_file_is_replaced);
    tcase_add_test(t, living_one_is_left_alone);
    tcase_add_test(t, full_backlog_is_alive);
    tcase_add_test(t, datagram_socket_is_alive);
    tcase_add_test(t, other_files_are_left_alone);
    tcase_add_test(t, impossible_paths);
    tcase_add_test(t, close_keeps_what_is_not_ours);
    tcase_add_test(t, a_file_that_has_gone_is_made_anew);
    tcase_add_test(t, a_place_that_is_taken_is_not_taken_back);
    tcase_add_test(t, the_file_goes_before_the_socket);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
