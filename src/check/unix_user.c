/* unix_user - see the header. */
#include "unix_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <string.h>

bool unix_user_find(const char *name, struct unix_user *user)
{
    const struct passwd *passwd = getpwnam(name);

    if (passwd == NULL)
        return false;
    user->name = name;
    user->uid = passwd->pw_uid;
    user->group_count = UNIX_USER_GROUPS_MAX;
    if (getgrouplist(name, passwd->pw_gid, user->groups, &user->group_count) < 0)
        user->group_count = UNIX_USER_GROUPS_MAX;
    return true;
}

static bool is_member(const struct unix_user *user, gid_t group)
{
    for (int i = 0; i < user->group_count; i++)
        if (user->groups[i] == group)
            return true;
    return false;
}

/* The first of owner, group and others that applies decides, as in the kernel. */
bool unix_user_may(const struct unix_user *user, const struct stat *file,
                   enum permission permission)
{
    mode_t mode = file->st_mode;

    if (user->uid == 0)
        return true;
    if (user->uid == file->st_uid)
        mode >>= 6;
    else if (is_member(user, file->st_gid))
        mode >>= 3;
    return (mode & (mode_t)permission) != 0;
}

static enum way enter(const struct unix_user *user, const char *directory, mode_t *mode)
{
    struct stat status;

    if (stat(directory, &status) != 0)
        return errno == EACCES ? WAY_UNSEEN : WAY_MISSING;
    *mode = status.st_mode & 07777;
    return unix_user_may(user, &status, MAY_SEARCH) ? WAY_OPEN : WAY_FORBIDDEN;
}

enum way unix_user_way(const struct unix_user *user, const char *path, struct buffer *directory,
                       mode_t *mode)
{
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        enum way way;

        buffer_clear(directory);
        buffer_add(directory, path, (size_t)(slash - path));
        way = enter(user, buffer_text(directory), mode);
        if (way != WAY_OPEN)
            return way;
    }
    return WAY_OPEN;
}
