/* listen_address - see the header. */
#include "listen_address.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "host_port.h"
#include "xmalloc.h"

#define UNIX_PREFIX "unix:"
#define INET_PREFIX "inet:"
#define PREFIX_LEN  (sizeof(UNIX_PREFIX) - 1)

static bool expected(struct buffer *error, const char *what, const char *text)
{
    buffer_printf(error, "expected %s, found \"%s\"", what, text);
    return false;
}

static bool parse_listen_unix(const char *text, struct listen_address *address,
                              struct buffer *error)
{
    const char *path = text + PREFIX_LEN;

    if (path[0] != '/')
        return expected(error, "unix:/PATH with an absolute path", text);
    if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return expected(error, "a socket path of at most 107 bytes", text);
    address->kind = LISTEN_UNIX;
    address->path = xstrdup(path);
    return true;
}

static bool parse_listen_inet(const char *text, struct listen_address *address,
                              struct buffer *error)
{
    char *host = xstrdup(text + PREFIX_LEN);
    const char *port = host_port_split(host);
    bool bracketed = host_port_unbracket(host);
    unsigned number;

    if (port == NULL || !host_port_parse(port, &number) || host[0] == '\0' ||
        bracketed != (strchr(host, ':') != NULL)) {
        free(host);
        return expected(error, "inet:HOST:PORT, with an IPv6 address as inet:[ADDRESS]:PORT", text);
    }
    if (strcmp(host, "*") == 0)
        host[0] = '\0';
    address->kind = LISTEN_INET;
    address->host = host;
    address->port = xstrdup(port);
    return true;
}

bool listen_address_parse(const char *text, struct listen_address *address, struct buffer *error)
{
    bool good;

    *address = (struct listen_address){0};
    if (strncmp(text, UNIX_PREFIX, PREFIX_LEN) == 0)
        good = parse_listen_unix(text, address, error);
    else if (strncmp(text, INET_PREFIX, PREFIX_LEN) == 0)
        good = parse_listen_inet(text, address, error);
    else
        good = expected(error, "unix:/PATH or inet:HOST:PORT", text);
    if (good)
        address->text = xstrdup(text);
    return good;
}

void listen_address_free(struct listen_address *address)
{
    free(address->text);
    free(address->path);
    free(address->host);
    free(address->port);
    *address = (struct listen_address){0};
}
