/* listener - see the header. */
#include "listener.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "clock.h"
#include "listen_inet.h"
#include "listen_unix.h"
#include "log.h"
#include "xmalloc.h"

/* A flood of new connections must not keep those that are there from being served. */
#define ACCEPTS_PER_WAKEUP 64

/* How long to let connections wait when there is no descriptor for them. */
#define PAUSE_MS 100

struct listening_socket {
    struct listener *listener;
    int fd;
    bool is_tcp;
    struct event event;
};

struct listener {
    char *text; /* the address as written */
    listener_accepted *accepted;
    void *arg;
    struct socket_file file;
    uint32_t mode; /* of the file, */
    char *owner;   /* and whose it is to be */
    char *group;
    char *systemd_path; /* of a unix socket that systemd made, or NULL */
    struct event resume;
    struct log_limit accept_log;
    size_t count;
    struct listening_socket sockets[LISTEN_INET_MAX];
};

/* --- accepting ---------------------------------------------------------------------------------- */

/* Level-triggered, the event would come back at once and for nothing. */
static void listener_pause(struct listener *listener, int failure)
{
    const struct timeval moment = clock_timeval(PAUSE_MS);

    log_limited(&listener->accept_log, clock_ms(), LOG_LEVEL_WARNING,
                "%s: cannot accept a connection, waiting: %s", listener->text, strerror(failure));
    for (size_t i = 0; i < listener->count; i++)
        event_del(&listener->sockets[i].event);
    event_add(&listener->resume, &moment);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct listener *listener = arg;

    (void)fd;
    (void)what;
    for (size_t i = 0; i < listener->count; i++)
        event_add(&listener->sockets[i].event, NULL);
}

/* Accept so many that wait, at most. False: none is left, or accept4() has failed, as errno says. */
static bool accept_some(struct listening_socket *socket, unsigned most)
{
    struct listener *listener = socket->listener;
    int on = 1;

    for (unsigned i = 0; i < most; i++) {
        int fd = accept4(socket->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED)
                continue;
            return false;
        }
        if (socket->is_tcp) /* replies are small and complete: no reason to hold them back */
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        listener->accepted(listener->arg, fd);
    }
    return true;
}

static void on_connection(evutil_socket_t listening, short what, void *arg)
{
    struct listening_socket *socket = arg;

    (void)listening;
    (void)what;
    if (!accept_some(socket, ACCEPTS_PER_WAKEUP) && errno != EAGAIN)
        listener_pause(socket->listener, errno);
}

/* --- opening and closing ------------------------------------------------------------------------ */

static size_t inherit(int fd, int fds[LISTEN_INET_MAX], struct buffer *error)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        buffer_printf(error, "cannot use the inherited socket: %s", strerror(errno));
        return 0;
    }
    fds[0] = fd;
    return 1;
}

static size_t open_sockets(struct listener *listener, const struct listen_address *address,
                           const struct listener_access *access, int fd, int fds[LISTEN_INET_MAX],
                           struct buffer *error)
{
    if (fd >= 0)
        return inherit(fd, fds, error);
    if (address->kind == LISTEN_INET)
        return listen_inet(address, fds, error);
    fds[0] = listen_unix(address, access, &listener->file, error);
    return fds[0] >= 0 ? 1 : 0;
}

static void begin_to_accept(struct listener *listener, struct event_base *base, size_t index,
                            int fd, bool is_tcp)
{
    struct listening_socket *socket = &listener->sockets[index];

    *socket = (struct listening_socket){.listener = listener, .fd = fd, .is_tcp = is_tcp};
    event_assign(&socket->event, base, fd, EV_READ | EV_PERSIST, on_connection, socket);
    event_add(&socket->event, NULL);
}

struct listener *listener_open(struct event_base *base, const struct listen_address *address,
                               const struct listener_access *access, int fd,
                               listener_accepted *accepted, void *arg, struct buffer *error)
{
    struct listener *listener = xcalloc(1, sizeof(*listener));
    struct buffer reason = BUFFER_EMPTY;
    int fds[LISTEN_INET_MAX] = {-1};

    listener->count = open_sockets(listener, address, access, fd, fds, &reason);
    if (listener->count == 0) {
        buffer_printf(error, "%s: %s", address->text, buffer_text(&reason));
        buffer_free(&reason);
        free(listener);
        return NULL;
    }
    listener->text = xstrdup(address->text);
    listener->accepted = accepted;
    listener->arg = arg;
    evtimer_assign(&listener->resume, base, on_resume, listener);
    if (address->kind == LISTEN_UNIX && fd >= 0)
        listener->systemd_path = xstrdup(address->path);
    listener->mode = access->mode;
    listener->owner = xstrdup(access->owner);
    listener->group = xstrdup(access->group);
    for (size_t i = 0; i < listener->count; i++)
        begin_to_accept(listener, base, i, fds[i], address->kind == LISTEN_INET);
    return listener;
}

const char *listener_text(const struct listener *listener)
{
    return listener->text;
}

/* --- a file that has gone ----------------------------------------------------------------------- */

static bool make_anew(struct listener *listener, struct buffer *error)
{
    const struct listen_address address = {
        .text = listener->text, .kind = LISTEN_UNIX, .path = listener->file.path};
    const struct listener_access access = {listener->mode, listener->owner, listener->group};
    struct listening_socket *old = &listener->sockets[0];
    struct event_base *base = event_get_base(&old->event);
    struct socket_file file = {NULL, 0, 0};
    int fd = listen_unix(&address, &access, &file, error);

    if (fd < 0)
        return false;
    while (accept_some(old, ACCEPTS_PER_WAKEUP))
        ; /* they have come before the file went */
    event_del(&old->event);
    close(old->fd);
    free(listener->file.path);
    listener->file = file;
    begin_to_accept(listener, base, 0, fd, false);
    return true;
}

bool listener_renew(struct listener *listener, bool *was_gone, struct buffer *error)
{
    struct buffer reason = BUFFER_EMPTY;
    bool is_there = true;

    *was_gone = false;
    if (listener->file.path != NULL && !socket_file_is_there(&listener->file)) {
        *was_gone = true;
        is_there = make_anew(listener, &reason);
    } else if (listener->systemd_path != NULL && access(listener->systemd_path, F_OK) != 0 &&
               errno == ENOENT) {
        *was_gone = true;
        is_there = false;
        buffer_add_text(&reason, "restart the socket unit of systemd that made it");
    }
    if (!is_there)
        buffer_printf(error, "%s: the socket file has gone: %s", listener->text,
                      buffer_text(&reason));
    buffer_free(&reason);
    return is_there;
}

void listener_close(struct listener *listener)
{
    event_del(&listener->resume);
    /* While the socket lives nobody replaces its file, nor can another one have its inode. */
    socket_file_remove(&listener->file);
    for (size_t i = 0; i < listener->count; i++) {
        event_del(&listener->sockets[i].event);
        close(listener->sockets[i].fd);
    }
    free(listener->systemd_path);
    free(listener->owner);
    free(listener->group);
    free(listener->text);
    free(listener);
}

/* --- socket activation -------------------------------------------------------------------------- */

/* Of the inherited sockets, which were given out: bit 1 << (fd - SD_LISTEN_FDS_START). */
static uint64_t given_out;

static uint64_t bit_of(int fd)
{
    int number = fd - SD_LISTEN_FDS_START;

    return number < 64 ? (uint64_t)1 << number : 0;
}

static bool is_bound_to_path(int fd, const char *path)
{
    struct sockaddr_un un = {.sun_family = AF_UNSPEC};
    socklen_t len = sizeof(un);

    return getsockname(fd, (struct sockaddr *)&un, &len) == 0 && un.sun_family == AF_UNIX &&
           strncmp(un.sun_path, path, sizeof(un.sun_path)) == 0;
}

int listener_inherited(const struct listen_address *address)
{
    int count = sd_listen_fds(0);

    for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; fd++) {
        if ((given_out & bit_of(fd)) != 0 || sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
            continue;
        if (address->kind == LISTEN_UNIX ? is_bound_to_path(fd, address->path)
                                         : listen_inet_is_bound(address, fd)) {
            given_out |= bit_of(fd);
            return fd;
        }
    }
    return -1;
}

static void describe_socket(int fd, struct buffer *out)
{
    struct sockaddr_un un = {.sun_family = AF_UNSPEC};
    socklen_t len = sizeof(un);

    if (getsockname(fd, (struct sockaddr *)&un, &len) == 0 && un.sun_family == AF_UNIX)
        buffer_printf(out, "unix:%.*s", (int)sizeof(un.sun_path), un.sun_path);
    else
        listen_inet_describe(fd, out);
}

void listener_warn_of_strays(void)
{
    int count = sd_listen_fds(0);

    for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; fd++) {
        struct buffer address = BUFFER_EMPTY;

        if ((given_out & bit_of(fd)) != 0)
            continue;
        describe_socket(fd, &address);
        log_warning("%s is a socket that systemd passes on and the configuration does not have: "
                    "who connects to it waits in vain",
                    buffer_text(&address));
        buffer_free(&address);
    }
}
