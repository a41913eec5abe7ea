/* peer_name - see the header. */
#include "peer_name.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

/* The kernel's limit is 16 bytes with its NUL; the file adds a newline. */
#define COMMAND_NAME_MAX 32

/* The name of a process, if it still runs. */
static void describe_process(pid_t pid, struct buffer *out)
{
    char path[64];
    char name[COMMAND_NAME_MAX];
    FILE *file;

    buffer_printf(out, "pid %ld", (long)pid);
    snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fgets(name, sizeof(name), file) != NULL)
        buffer_printf(out, " (%.*s)", (int)strcspn(name, "\n"), name);
    fclose(file);
}

static void describe_inet(const struct sockaddr *address, socklen_t len, struct buffer *out)
{
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];
    bool is_v6 = address->sa_family == AF_INET6;

    if (getnameinfo(address, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        buffer_printf(out, is_v6 ? "[%s]:%s" : "%s:%s", host, port);
    else
        buffer_add_text(out, "unknown peer");
}

void peer_name_add(int fd, struct buffer *out)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t address_len = sizeof(address);
    struct ucred cred = {.pid = 0};
    socklen_t cred_len = sizeof(cred);

    if (getpeername(fd, (struct sockaddr *)&address, &address_len) != 0)
        address.ss_family = AF_UNSPEC;
    if (address.ss_family == AF_INET || address.ss_family == AF_INET6)
        describe_inet((const struct sockaddr *)&address, address_len, out);
    else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &cred_len) == 0 && cred.pid > 0)
        describe_process(cred.pid, out);
    else
        buffer_add_text(out, "unknown peer");
}
