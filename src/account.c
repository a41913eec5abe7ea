/* account - see the header. */
#include "account.h"

#include <grp.h>
#include <pwd.h>
#include <stddef.h>

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
