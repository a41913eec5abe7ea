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

static void on_connection(evutil_socket_t listening, short what, void *arg)
{
    struct listening_socket *socket = arg;
    struct listener *listener = socket->listener;
    int on = 1;

    (void)what;
    for (unsigned i = 0; i < ACCEPTS_PER_WAKEUP; i++) {
        int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED)
                continue;
            if (errno != EAGAIN)
                listener_pause(listener, errno);
            return;
        }
        if (socket->is_tcp) /* replies are small and complete: no reason to hold them back */
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        listener->accepted(listener->arg, fd);
    }
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

struct listener *listener_open(struct event_base *base, const struct listen_address *address,
                               const struct listener_access *access, int fd,
                               listener_accepted *accepted, void *arg, struct buffer *error)
{
    struct listener *listener = xcalloc(1, sizeof(*listener));
    struct buffer reason = BUFFER_EMPTY;
    int fds[LISTEN_INET_MAX];

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
    for (size_t i = 0; i < listener->count; i++) {
        struct listening_socket *socket = &listener->sockets[i];

        *socket = (struct listening_socket){
            .listener = listener, .fd = fds[i], .is_tcp = address->kind == LISTEN_INET};
        event_assign(&socket->event, base, socket->fd, EV_READ | EV_PERSIST, on_connection, socket);
        event_add(&socket->event, NULL);
    }
    return listener;
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
