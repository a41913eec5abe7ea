/*
 * listen_unix - see the header. The order is: bind with the mode in the umask, give the file to its
 * owner, listen. Before the last step nobody can connect. Two daemons that start at the same moment
 * on one path are not kept apart; that is the service manager's part.
 */
#include "listen_unix.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "peer_name.h"
#include "xmalloc.h"

static int new_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static bool fill_address(const char *path, struct sockaddr_un *un, struct buffer *error)
{
    if (strlen(path) >= sizeof(un->sun_path)) {
        buffer_printf(error, "the path is longer than the %zu bytes of a unix socket address",
                      sizeof(un->sun_path) - 1);
        return false;
    }
    memset(un, 0, sizeof(*un));
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, strlen(path));
    return true;
}

/* --- who is there already ----------------------------------------------------------------------- */

/*
 * Connect, to see whether somebody answers. True: nobody does, the file is a leftover. The process
 * that we would displace sees a connection that ends at once.
 */
static bool is_left_over(const struct sockaddr_un *un, struct buffer *error)
{
    int fd = new_socket();
    int failure = 0;

    if (fd < 0) {
        buffer_printf(error, "cannot make a socket: %s", strerror(errno));
        return false;
    }
    if (connect(fd, (const struct sockaddr *)un, sizeof(*un)) != 0)
        failure = errno;
    if (failure == 0) {
        buffer_add_text(error, "in use by ");
        peer_name_add(fd, error);
    } else if (failure == EAGAIN || failure == EPROTOTYPE) {
        /* A full backlog, or a socket of another type: alive in any case. */
        buffer_add_text(error, "in use by another process");
    } else if (failure != ECONNREFUSED && failure != ENOENT) {
        buffer_printf(error, "cannot tell whether it is in use: %s", strerror(failure));
    }
    close(fd);
    return failure == ECONNREFUSED || failure == ENOENT;
}

/* Make sure that nothing is at the path. */
static bool clear_path(const struct sockaddr_un *un, struct buffer *error)
{
    struct stat status;

    if (lstat(un->sun_path, &status) != 0) {
        if (errno == ENOENT)
            return true; /* a missing directory shows at bind */
        buffer_add_text(error, strerror(errno));
        return false;
    }
    if (!S_ISSOCK(status.st_mode)) {
        buffer_add_text(error, "there is something else than a socket at this path");
        return false;
    }
    if (!is_left_over(un, error))
        return false;
    if (unlink(un->sun_path) != 0 && errno != ENOENT) {
        buffer_printf(error, "cannot replace the socket file that was left over: %s",
                      strerror(errno));
        return false;
    }
    log_info("replacing %s, a socket that nobody answers on", un->sun_path);
    return true;
}

/* --- the new socket ----------------------------------------------------------------------------- */

static bool all_digits(const char *text)
{
    for (; *text != '\0'; text++)
        if (!isdigit((unsigned char)*text))
            return false;
    return true;
}

static bool find_owner(const char *text, uid_t *uid, struct buffer *error)
{
    const struct passwd *user;

    if (text[0] == '\0')
        return true;
    user = getpwnam(text);
    if (user != NULL) {
        *uid = user->pw_uid;
    } else if (all_digits(text)) {
        *uid = (uid_t)strtoul(text, NULL, 10);
    } else {
        buffer_printf(error, "no such user for its owner: %s", text);
        return false;
    }
    return true;
}

static bool find_group(const char *text, gid_t *gid, struct buffer *error)
{
    const struct group *group;

    if (text[0] == '\0')
        return true;
    group = getgrnam(text);
    if (group != NULL) {
        *gid = group->gr_gid;
    } else if (all_digits(text)) {
        *gid = (gid_t)strtoul(text, NULL, 10);
    } else {
        buffer_printf(error, "no such group: %s", text);
        return false;
    }
    return true;
}

static void explain_bind_failure(const char *path, int failure, struct buffer *error)
{
    const char *slash = strrchr(path, '/');

    if (failure == ENOENT && slash != NULL && slash != path)
        buffer_printf(error, "there is no directory %.*s", (int)(slash - path), path);
    else
        buffer_printf(error, "cannot make the socket file: %s", strerror(failure));
}

static bool bind_file(int fd, const struct sockaddr_un *un, uint32_t mode, struct buffer *error)
{
    mode_t old = umask((mode_t)~mode & 0777);
    int rc = bind(fd, (const struct sockaddr *)un, sizeof(*un));
    int failure = errno;

    umask(old);
    if (rc != 0)
        explain_bind_failure(un->sun_path, failure, error);
    return rc == 0;
}

/*
 * Others may own the directory (Postfix's private/) and exchange the file for something else before
 * we change its owner; therefore it is held open and looked at.
 */
static bool own_file(const char *path, uid_t uid, gid_t gid, struct socket_file *file,
                     struct buffer *error)
{
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    bool is_changed = uid != (uid_t)-1 || gid != (gid_t)-1;
    bool good = false;

    if (fd < 0 || fstat(fd, &status) != 0)
        buffer_printf(error, "cannot look at the socket file: %s", strerror(errno));
    else if (!S_ISSOCK(status.st_mode) || status.st_uid != geteuid())
        buffer_add_text(error, "somebody else has exchanged the socket file");
    else if (is_changed && fchownat(fd, "", uid, gid, AT_EMPTY_PATH) != 0)
        buffer_printf(error, "cannot change owner and group of the socket file: %s",
                      strerror(errno));
    else
        good = true;
    if (fd >= 0)
        close(fd);
    if (good)
        *file = (struct socket_file){xstrdup(path), status.st_dev, status.st_ino};
    return good;
}

int listen_unix(const struct listen_address *address, const struct listener_access *access,
                struct socket_file *file, struct buffer *error)
{
    struct sockaddr_un un;
    uid_t uid = (uid_t)-1;
    gid_t gid = (gid_t)-1;
    int fd;

    if (!fill_address(address->path, &un, error) || !find_owner(access->owner, &uid, error) ||
        !find_group(access->group, &gid, error) || !clear_path(&un, error))
        return -1;
    fd = new_socket();
    if (fd < 0) {
        buffer_printf(error, "cannot make a socket: %s", strerror(errno));
        return -1;
    }
    if (!bind_file(fd, &un, access->mode, error)) {
        close(fd);
        return -1;
    }
    if (own_file(address->path, uid, gid, file, error)) {
        if (listen(fd, SOMAXCONN) == 0)
            return fd;
        buffer_printf(error, "cannot listen: %s", strerror(errno));
        socket_file_remove(file);
    } else {
        unlink(address->path);
    }
    close(fd);
    return -1;
}

bool socket_file_is_there(const struct socket_file *file)
{
    struct stat status;

    return lstat(file->path, &status) == 0 && status.st_dev == file->device &&
           status.st_ino == file->inode;
}

void socket_file_remove(struct socket_file *file)
{
    if (file->path == NULL)
        return;
    /* Root may have made it in a directory where the user that we are now may not remove it. */
    if (socket_file_is_there(file) && unlink(file->path) != 0)
        log_debug("%s stays: %s", file->path, strerror(errno));
    free(file->path);
    file->path = NULL;
}
