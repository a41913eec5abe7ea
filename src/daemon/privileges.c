/* privileges - see the header. */
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "log.h"

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

void privileges_hide_memory(void)
{
    prctl(PR_SET_DUMPABLE, 0);
}
