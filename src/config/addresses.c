/* addresses - where we listen and which database hosts we ask; see config.h. */
#include "config.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "units.h"
#include "xmalloc.h"

#define UNIX_PREFIX "unix:"
#define INET_PREFIX "inet:"
#define PREFIX_LEN  (sizeof(UNIX_PREFIX) - 1)

static bool expected(struct buffer *error, const char *what, const char *text)
{
    buffer_printf(error, "expected %s, found \"%s\"", what, text);
    return false;
}

/* A port number or the name of a TCP service. */
static bool parse_port(const char *text, unsigned *port)
{
    struct buffer ignored = BUFFER_EMPTY;
    const struct servent *service;
    uint64_t number;
    bool is_number = units_parse_number(text, &number, &ignored);

    buffer_free(&ignored);
    if (is_number) {
        *port = (unsigned)number;
        return number >= 1 && number <= 65535;
    }
    service = getservbyname(text, "tcp");
    if (service != NULL)
        *port = ntohs((uint16_t)service->s_port);
    return service != NULL;
}

static bool is_ipv6(const char *text)
{
    struct in6_addr address;

    return inet_pton(AF_INET6, text, &address) == 1;
}

/* Take the brackets off [HOST]; false: there are none. */
static bool unbracket(char *host)
{
    size_t len = strlen(host);

    if (len < 2 || host[0] != '[' || host[len - 1] != ']')
        return false;
    memmove(host, host + 1, len - 2);
    host[len - 2] = '\0';
    return true;
}

/* Split host:port at the right-most ':', which is cut off. NULL: there is none. */
static char *split_port(char *text)
{
    char *colon = strrchr(text, ':');

    if (colon == NULL)
        return NULL;
    *colon = '\0';
    return colon + 1;
}

/* [IPV6], and an IPv6 address that cannot be read as HOST:PORT. */
static bool is_whole_ipv6(const char *text)
{
    char *copy = xstrdup(text);
    bool whole = unbracket(copy) && is_ipv6(copy);

    if (!whole && is_ipv6(text)) {
        strcpy(copy, text);
        split_port(copy);
        whole = !is_ipv6(copy);
    }
    free(copy);
    return whole;
}

static bool parse_inet_host(char *name, unsigned *port_number)
{
    const char *port;

    if (is_whole_ipv6(name)) {
        unbracket(name);
        return true;
    }
    port = split_port(name);
    unbracket(name);
    return port == NULL || parse_port(port, port_number);
}

bool db_host_parse(const char *text, struct db_host *host, struct buffer *error)
{
    const char *rest = text, *port;
    bool good;

    *host = (struct db_host){.is_unix = strncmp(text, UNIX_PREFIX, PREFIX_LEN) == 0};
    if (host->is_unix || strncmp(text, INET_PREFIX, PREFIX_LEN) == 0)
        rest += PREFIX_LEN;
    host->text = xstrdup(text);
    host->name = xstrdup(rest);
    if (host->is_unix) {
        port = split_port(host->name);
        good = port == NULL || parse_port(port, &host->port);
    } else {
        good = parse_inet_host(host->name, &host->port);
    }
    if (!good || host->name[0] == '\0') {
        db_host_free(host);
        return expected(error, "unix:PATH, HOST or HOST:PORT (a number or a service)", text);
    }
    if (strcasecmp(host->name, "localhost") == 0) {
        free(host->name);
        host->name = NULL;
        host->is_unix = true;
    }
    return true;
}

void db_host_free(struct db_host *host)
{
    free(host->text);
    free(host->name);
    *host = (struct db_host){0};
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
    const char *port = split_port(host);
    bool bracketed = unbracket(host);
    unsigned number;

    if (port == NULL || !parse_port(port, &number) || host[0] == '\0' ||
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
