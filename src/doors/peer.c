/* peer - see the header. */
#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "network.h"
#include "xmalloc.h"

/* The kernel bounds the number of groups (NGROUPS_MAX). Without them the peer has just its gid. */
static void get_groups(int fd, struct peer *peer)
{
    socklen_t len = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0 || errno != ERANGE)
        return;
    peer->groups = xmalloc(len);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer->groups, &len) == 0)
        peer->group_count = len / sizeof(gid_t);
}

bool peer_get(int fd, struct peer *peer)
{
    struct ucred credentials;
    socklen_t len = sizeof(credentials);

    *peer = (struct peer){0};
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len) != 0 ||
        credentials.uid == (uid_t)-1)
        return false;
    peer->uid = credentials.uid;
    peer->gid = credentials.gid;
    get_groups(fd, peer);
    return true;
}

void peer_free(struct peer *peer)
{
    free(peer->groups);
    *peer = (struct peer){0};
}

bool peer_socket_group(int fd, gid_t *group)
{
    struct sockaddr_un address;
    socklen_t len = sizeof(address);
    struct stat file;
    char path[sizeof(address.sun_path) + 1] = "";

    memset(&address, 0, sizeof(address));
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0 || address.sun_family != AF_UNIX)
        return false;
    memcpy(path, address.sun_path, sizeof(address.sun_path)); /* may lack its NUL */
    if (path[0] == '\0' || stat(path, &file) != 0)
        return false;
    *group = file.st_gid;
    return true;
}

bool peer_may_command(const struct peer *peer, uid_t own, const gid_t *group)
{
    if (peer->uid == 0 || (peer->uid == own && own != PEER_NOBODY))
        return true;
    if (group == NULL || *group == PEER_NOBODY)
        return false;
    if (peer->gid == *group)
        return true;
    for (size_t i = 0; i < peer->group_count; i++)
        if (peer->groups[i] == *group)
            return true;
    return false;
}

bool peer_is_allowed(int fd, const struct network *allow, size_t count)
{
    struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(peer);

    if (count == 0)
        return true;
    return getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
           (peer.ss_family == AF_UNIX ||
            network_contains(allow, count, (const struct sockaddr *)&peer));
}
