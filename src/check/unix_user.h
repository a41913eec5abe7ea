/*
 * unix_user - a user of this machine, and what the modes and owners of files let it do. Access control
 * lists are not looked at.
 */
#ifndef VMAPD_CHECK_UNIX_USER_H
#define VMAPD_CHECK_UNIX_USER_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "buffer.h"

#define UNIX_USER_GROUPS_MAX 64

struct unix_user {
    const char *name; /* borrowed */
    uid_t uid;
    gid_t groups[UNIX_USER_GROUPS_MAX];
    int group_count;
};

/* The bits of a mode, as they stand for others. */
enum permission { MAY_SEARCH = 1, MAY_WRITE = 2, MAY_READ = 4 };

/* False: there is no such user. */
bool unix_user_find(const char *name, struct unix_user *user);

bool unix_user_may(const struct unix_user *user, const struct stat *file,
                   enum permission permission);

/* Whether the user can get to what is at a path: WAY_UNSEEN says that we cannot see for ourselves. */
enum way { WAY_OPEN, WAY_UNSEEN, WAY_MISSING, WAY_FORBIDDEN };

/* Follow the directories above an absolute path. Unless the way is open, where it ends is appended to
 * directory; if MISSING errno says why, if FORBIDDEN *mode is that of the directory. */
enum way unix_user_way(const struct unix_user *user, const char *path, struct buffer *directory,
                       mode_t *mode);

#endif
