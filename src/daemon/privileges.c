/* privileges - see the header. */
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "log.h"

#define GROUPS_MOST 64 /* that a user has; with more nothing is said */

static bool become(const struct passwd *user, struct buffer *error)
{
    if (initgroups(user->pw_name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
        setuid(user->pw_uid) == 0)
        return true;
    buffer_printf(error, "cannot become user %s: %s", user->pw_name, strerror(errno));
    return false;
}

bool privileges_drop(const char *user, struct buffer *error)
{
    const struct passwd *entry;

    if (user[0] == '\0') {
        if (geteuid() == 0)
            log_warning("it runs as root and stays so; write user = vmapd in [server]");
        return true;
    }
    errno = 0;
    entry = getpwnam(user);
    if (entry == NULL) {
        buffer_printf(error, "user = %s: %s", user, errno != 0 ? strerror(errno) : "no such user");
        return false;
    }
    if (geteuid() == entry->pw_uid)
        return true;
    if (geteuid() != 0) {
        buffer_printf(error, "user = %s: only root can become another user", user);
        return false;
    }
    return become(entry, error);
}

static bool has_group(gid_t group)
{
    gid_t groups[GROUPS_MOST];
    int count = getgroups(GROUPS_MOST, groups);

    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return group == getegid();
}

static void remark(const char *user, gid_t id, struct buffer *message)
{
    struct group group, *found;
    char room[4096];

    if (getgrgid_r(id, &group, room, sizeof(room), &found) == 0 && found != NULL)
        buffer_printf(message,
                      " (user %s was put into group %s since vmapd started; that counts after: "
                      "systemctl restart vmapd)",
                      user, group.gr_name);
}

void privileges_name_new_group(struct buffer *message)
{
    gid_t groups[GROUPS_MOST];
    struct passwd user, *found;
    int count = GROUPS_MOST;
    char room[4096];

    if (getpwuid_r(geteuid(), &user, room, sizeof(room), &found) != 0 || found == NULL ||
        getgrouplist(user.pw_name, user.pw_gid, groups, &count) < 0)
        return;
    for (int i = 0; i < count; i++)
        if (!has_group(groups[i])) {
            remark(user.pw_name, groups[i], message);
            return;
        }
}

void privileges_hide_memory(void)
{
    prctl(PR_SET_DUMPABLE, 0);
}
