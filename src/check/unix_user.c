/* unix_user - see the header. */
#include "unix_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <string.h>

bool account_find(const char *name, struct account *account)
{
    const struct passwd *passwd = getpwnam(name);

    if (passwd == NULL)
        return false;
    account->name = name;
    account->uid = passwd->pw_uid;
    account->group_count = ACCOUNT_GROUPS_MAX;
    if (getgrouplist(name, passwd->pw_gid, account->groups, &account->group_count) < 0)
        account->group_count = ACCOUNT_GROUPS_MAX;
    return true;
}

static bool is_member(const struct account *account, gid_t group)
{
    for (int i = 0; i < account->group_count; i++)
        if (account->groups[i] == group)
            return true;
    return false;
}

/* The first of owner, group and others that applies decides, as in the kernel. */
bool account_may(const struct account *account, const struct stat *file, enum permission permission)
{
    mode_t mode = file->st_mode;

    if (account->uid == 0)
        return true;
    if (account->uid == file->st_uid)
        mode >>= 6;
    else if (is_member(account, file->st_gid))
        mode >>= 3;
    return (mode & (mode_t)permission) != 0;
}

static enum way enter(const struct account *account, const char *directory, mode_t *mode)
{
    struct stat status;

    if (stat(directory, &status) != 0)
        return errno == EACCES ? WAY_UNSEEN : WAY_MISSING;
    *mode = status.st_mode & 07777;
    return account_may(account, &status, MAY_SEARCH) ? WAY_OPEN : WAY_FORBIDDEN;
}

enum way account_way(const struct account *account, const char *path, struct buffer *directory,
                     mode_t *mode)
{
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        enum way way;

        buffer_clear(directory);
        buffer_add(directory, path, (size_t)(slash - path));
        way = enter(account, buffer_text(directory), mode);
        if (way != WAY_OPEN)
            return way;
    }
    return WAY_OPEN;
}
