/* listen_inet - see the header. */
#include "listen_inet.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"

static struct addrinfo *resolve(const struct listen_address *address, struct buffer *error)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    const char *host = address->host[0] != '\0' ? address->host : NULL;
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(host, address->port, &hints, &found);

    if (rc != 0)
        buffer_printf(error, "cannot resolve it: %s",
                      rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
    return rc == 0 ? found : NULL;
}

/* The socket, or -1 with errno set. */
static int listen_on(const struct addrinfo *info)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    int failure;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (info->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    failure = errno;
    close(fd);
    errno = failure;
    return -1;
}

/* "localhost" may have an address of a family that this machine does not use. */
static bool is_absent(int failure)
{
    return failure == EAFNOSUPPORT || failure == EADDRNOTAVAIL;
}

size_t listen_inet(const struct listen_address *address, int fds[LISTEN_INET_MAX],
                   struct buffer *error)
{
    struct addrinfo *found = resolve(address, error);
    size_t count = 0;
    int failure = 0;

    for (const struct addrinfo *info = found; info != NULL; info = info->ai_next) {
        int fd;

        if (count == LISTEN_INET_MAX) {
            log_warning("%s: only the first %d addresses are used", address->text, LISTEN_INET_MAX);
            break;
        }
        fd = listen_on(info);
        if (fd >= 0) {
            fds[count++] = fd;
        } else if (failure == 0 || is_absent(failure)) {
            failure = errno;
        }
    }
    if (found != NULL)
        freeaddrinfo(found);
    if (failure == 0 || (count > 0 && is_absent(failure)))
        return count;
    buffer_printf(error, "cannot listen: %s", strerror(failure));
    while (count > 0)
        close(fds[--count]);
    return 0;
}

static bool is_same_address(const struct sockaddr *a, const struct sockaddr *b)
{
    if (a->sa_family != b->sa_family)
        return false;
    if (a->sa_family == AF_INET) {
        const struct sockaddr_in *a4 = (const struct sockaddr_in *)(const void *)a;
        const struct sockaddr_in *b4 = (const struct sockaddr_in *)(const void *)b;

        return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
    }
    if (a->sa_family == AF_INET6) {
        const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)(const void *)a;
        const struct sockaddr_in6 *b6 = (const struct sockaddr_in6 *)(const void *)b;

        return a6->sin6_port == b6->sin6_port &&
               memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0;
    }
    return false;
}

void listen_inet_describe(int fd, struct buffer *out)
{
    struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(bound);
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getsockname(fd, (struct sockaddr *)&bound, &len) == 0 &&
        getnameinfo((struct sockaddr *)&bound, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        buffer_printf(out, bound.ss_family == AF_INET6 ? "inet:[%s]:%s" : "inet:%s:%s", host, port);
    else
        buffer_printf(out, "descriptor %d", fd);
}

bool listen_inet_is_bound(const struct listen_address *address, int fd)
{
    struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof(bound);
    struct buffer ignored = BUFFER_EMPTY;
    struct addrinfo *found;
    bool same = false;

    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0)
        return false;
    found = resolve(address, &ignored);
    for (const struct addrinfo *info = found; info != NULL && !same; info = info->ai_next)
        same = is_same_address((const struct sockaddr *)&bound, info->ai_addr);
    if (found != NULL)
        freeaddrinfo(found);
    buffer_free(&ignored);
    return same;
}
