/*
 * account - a user of this machine, and what the modes and owners of files let it do. Access control
 * lists are not looked at.
 */
#ifndef VMAPD_ACCOUNT_H
#define VMAPD_ACCOUNT_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#define ACCOUNT_GROUPS_MAX 64

struct account {
    const char *name; /* borrowed */
    uid_t uid;
    gid_t groups[ACCOUNT_GROUPS_MAX];
    int group_count;
};

/* The bits of a mode, as they stand for others. */
enum permission { MAY_SEARCH = 1, MAY_WRITE = 2, MAY_READ = 4 };

/* False: there is no such user. */
bool account_find(const char *name, struct account *account);

bool account_may(const struct account *account, const struct stat *file,
                 enum permission permission);

#endif
