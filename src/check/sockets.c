/* sockets - see the header. */
#include "sockets.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "unix_user.h"

/* Every directory above path. False: the way ends there, and was told. */
static bool check_directories(struct check *check, const struct unix_user *account,
                              const char *path)
{
    struct buffer directory = BUFFER_EMPTY;
    mode_t mode = 0;
    enum way way = unix_user_way(account, path, &directory, &mode);

    if (way == WAY_UNSEEN)
        check_note(check, "listen unix:%s: only root can check the way to it", path);
    else if (way == WAY_MISSING)
        check_problem(check, "listen unix:%s: %s: %s; create the directory, or listen elsewhere",
                      path, buffer_text(&directory), strerror(errno));
    else if (way == WAY_FORBIDDEN)
        check_problem(
            check,
            "listen unix:%s: user %s may not enter %s (mode %04o); listen below Postfix's "
            "queue directory, or chmod o+x it",
            path, account->name, buffer_text(&directory), (unsigned)mode);
    buffer_free(&directory);
    return way == WAY_OPEN;
}

/* Before vmapd has made it: as it would be. */
static void check_future(struct check *check, const struct unix_user *account,
                         const struct server_options *server, const char *path)
{
    const struct passwd *owner =
        server->socket_owner[0] != '\0' ? getpwnam(server->socket_owner) : NULL;
    const struct group *group =
        server->socket_group[0] != '\0' ? getgrnam(server->socket_group) : NULL;
    struct stat future = {.st_mode = server->socket_mode};

    future.st_uid = owner != NULL ? owner->pw_uid : 0;
    future.st_gid = group != NULL ? group->gr_gid : 0;
    check_note(check, "listen unix:%s: not there", path);
    if (!unix_user_may(account, &future, MAY_WRITE))
        check_problem(check,
                      "listen unix:%s: user %s could not connect (socket_mode = %04o, socket_owner "
                      "= %s, socket_group = %s); set socket_owner = %s",
                      path, account->name, server->socket_mode, server->socket_owner,
                      server->socket_group, account->name);
}

static void check_socket(struct check *check, const struct unix_user *account,
                         const struct server_options *server, const char *path)
{
    struct stat status;

    if (!check_directories(check, account, path))
        return;
    if (stat(path, &status) != 0)
        check_future(check, account, server, path);
    else if (!S_ISSOCK(status.st_mode))
        check_problem(check, "listen unix:%s: not a socket; remove it, or listen elsewhere", path);
    else if (!unix_user_may(account, &status, MAY_WRITE))
        check_problem(check,
                      "listen unix:%s: user %s may not connect (mode %04o); set socket_owner = %s "
                      "(or SocketUser= in vmapd.socket) and restart vmapd",
                      path, account->name, (unsigned)status.st_mode & 07777, account->name);
    else
        check_ok(check, "listen unix:%s: user %s can connect", path, account->name);
}

void check_sockets(struct check *check, const struct config *config, const char *user)
{
    struct unix_user account;

    if (!unix_user_find(user, &account)) {
        check_note(check, "there is no user %s here, so nobody to check the sockets for", user);
        return;
    }
    for (size_t i = 0; i < config->server.listen_count; i++)
        if (config->server.listen[i].kind == LISTEN_UNIX)
            check_socket(check, &account, &config->server, config->server.listen[i].path);
}
