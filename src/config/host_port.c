/* host_port - see the header. */
#include "host_port.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "units.h"

bool host_port_parse(const char *text, unsigned *port)
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

bool host_port_is_ipv6(const char *text)
{
    struct in6_addr address;

    return inet_pton(AF_INET6, text, &address) == 1;
}

bool host_port_unbracket(char *host)
{
    size_t len = strlen(host);

    if (len < 2 || host[0] != '[' || host[len - 1] != ']')
        return false;
    memmove(host, host + 1, len - 2);
    host[len - 2] = '\0';
    return true;
}

char *host_port_split(char *text)
{
    char *colon = strrchr(text, ':');

    if (colon == NULL)
        return NULL;
    *colon = '\0';
    return colon + 1;
}
