/*
 * peer - who is at the other end of a socket, and what he may. Of a unix socket that is the identity
 * which the process had when it connected (unix(7), SO_PEERCRED and SO_PEERGROUPS).
 */
#ifndef VMAPD_DOORS_PEER_H
#define VMAPD_DOORS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct network;

struct peer {
    uid_t uid;
    gid_t gid;
    gid_t *groups; /* supplementary */
    size_t group_count;
};

/* Ask the kernel; false (nothing to free) if it does not tell. */
bool peer_get(int fd, struct peer *peer);
void peer_free(struct peer *peer);

/* The group of the socket file that a connected or listening socket is bound to; false if unknown. */
bool peer_socket_group(int fd, gid_t *group);

/*
 * What every user and group looks like that has no place in our user namespace (user_namespaces(7),
 * PrivateUsers= of systemd): two that look alike can be different ones.
 */
#define PEER_NOBODY 65534

/*
 * Whether a peer may give orders to a process that runs as the user own: root, that user, and
 * members of group (NULL: unknown). Nobody is never trusted, as user or as group.
 */
bool peer_may_command(const struct peer *peer, uid_t own, const gid_t *group);

/*
 * Where "allow" names networks (count > 0), an inet peer must come from one of them; a unix peer is let
 * in by its socket's permissions. False also if it has gone already.
 */
bool peer_is_allowed(int fd, const struct network *allow, size_t count);

#endif
