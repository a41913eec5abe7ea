/* Only root, the own user and the socket's group may give orders; the kernel says who is who. */
#include "peer.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit.h"

#define OWN   500
#define GROUP 600

START_TEST(root_and_own_user_may)
{
    struct peer root = {.uid = 0, .gid = 1};
    struct peer own = {.uid = OWN, .gid = 1};
    gid_t group = GROUP;

    ck_assert(peer_may_command(&root, OWN, &group));
    ck_assert(peer_may_command(&own, OWN, &group));
    ck_assert(peer_may_command(&root, OWN, NULL));
    ck_assert(peer_may_command(&own, OWN, NULL));
}
END_TEST

START_TEST(members_of_the_group_may)
{
    gid_t groups[] = {7, GROUP};
    struct peer first = {.uid = 1000, .gid = GROUP};
    struct peer second = {.uid = 1000, .gid = 1, .groups = groups, .group_count = 2};
    gid_t group = GROUP;

    ck_assert(peer_may_command(&first, OWN, &group));
    ck_assert(peer_may_command(&second, OWN, &group));
}
END_TEST

START_TEST(others_may_not)
{
    gid_t groups[] = {7, 8};
    struct peer other = {.uid = 1000, .gid = 1, .groups = groups, .group_count = 2};
    gid_t group = GROUP;

    ck_assert(!peer_may_command(&other, OWN, &group));
    ck_assert(!peer_may_command(&other, OWN, NULL));
    other.group_count = 0;
    ck_assert(!peer_may_command(&other, OWN, &group));
}
END_TEST

/* Within a user namespace all strangers look like nobody. */
START_TEST(nobody_is_not_trusted)
{
    gid_t groups[] = {PEER_NOBODY};
    struct peer stranger = {.uid = PEER_NOBODY, .gid = PEER_NOBODY};
    struct peer member = {.uid = 1000, .gid = 1, .groups = groups, .group_count = 1};
    gid_t group = PEER_NOBODY;

    ck_assert(!peer_may_command(&stranger, PEER_NOBODY, &group));
    ck_assert(!peer_may_command(&member, OWN, &group));
}
END_TEST

START_TEST(the_kernel_tells)
{
    int fds[2];
    struct peer peer;
    gid_t group;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    ck_assert(peer_get(fds[0], &peer));
    ck_assert_uint_eq(peer.uid, geteuid());
    ck_assert_uint_eq(peer.gid, getegid());
    ck_assert_int_eq(peer.group_count, getgroups(0, NULL));
    ck_assert(!peer_socket_group(fds[0], &group)); /* it has no file */
    peer_free(&peer);
    close(fds[0]);
    close(fds[1]);
    ck_assert(!peer_get(fds[0], &peer));
}
END_TEST

START_TEST(the_socket_file_has_the_group)
{
    char directory[] = "/tmp/test_peer.XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    int accepted;
    gid_t group = (gid_t)-1;

    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", directory);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    accepted = accept(listener, NULL, NULL);
    ck_assert_int_ge(accepted, 0);
    ck_assert(peer_socket_group(accepted, &group));
    ck_assert_uint_eq(group, getegid());
    unlink(address.sun_path);
    ck_assert(!peer_socket_group(accepted, &group));
    rmdir(directory);
    close(accepted);
    close(client);
    close(listener);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("peer");
    TCase *t = tcase_create("peer");

    tcase_add_test(t, root_and_own_user_may);
    tcase_add_test(t, members_of_the_group_may);
    tcase_add_test(t, others_may_not);
    tcase_add_test(t, nobody_is_not_trusted);
    tcase_add_test(t, the_kernel_tells);
    tcase_add_test(t, the_socket_file_has_the_group);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
