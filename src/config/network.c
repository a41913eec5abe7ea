/* network - see the header. IPv4 lives in its ::ffff:0:0/96 corner of IPv6: one kind of address. */
#include "network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

#define MAPPED_BITS 96u

static void map_ipv4(const void *ipv4, unsigned char address[16])
{
    memset(address, 0, 10);
    memset(address + 10, 0xff, 2);
    memcpy(address + 12, ipv4, 4);
}

/* Numeric address to 16 bytes; tells the bits of its family. */
static bool parse_address(const char *text, unsigned char address[16], unsigned *bits)
{
    struct in_addr ipv4;

    if (inet_pton(AF_INET, text, &ipv4) == 1) {
        map_ipv4(&ipv4, address);
        *bits = 32;
        return true;
    }
    *bits = 128;
    return inet_pton(AF_INET6, text, address) == 1;
}

/* Whether the first bits of two addresses are the same. */
static bool same_prefix(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned bytes = bits / 8, rest = bits % 8;

    return memcmp(a, b, bytes) == 0 && (rest == 0 || ((a[bytes] ^ b[bytes]) >> (8 - rest)) == 0);
}

static bool has_host_bits(const struct network *network)
{
    unsigned char cut[16] = {0};
    unsigned bytes = network->prefix / 8;

    memcpy(cut, network->address, bytes);
    if (bytes < 16)
        cut[bytes] = (unsigned char)(network->address[bytes] & ~(0xffu >> network->prefix % 8));
    return memcmp(cut, network->address, 16) != 0;
}

bool network_parse(const char *text, struct network *network, struct buffer *error)
{
    char host[INET6_ADDRSTRLEN + 2], *at = host;
    const char *slash = strchr(text, '/');
    size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
    unsigned family_bits = 0;
    uint64_t bits;
    struct buffer ignored = BUFFER_EMPTY;
    bool good = len > 0 && len < sizeof(host);

    if (good) {
        memcpy(host, text, len);
        host[len] = '\0';
        if (host[0] == '[' && host[len - 1] == ']') {
            host[len - 1] = '\0';
            at++;
        }
        good = parse_address(at, network->address, &family_bits);
    }
    bits = family_bits;
    if (good && slash != NULL)
        good = units_parse_number(slash + 1, &bits, &ignored) && bits <= family_bits;
    buffer_free(&ignored);
    if (!good) {
        buffer_printf(error,
                      "expected a network such as 192.0.2.0/24 or [2001:db8::]/32, found "
                      "\"%s\"",
                      text);
        return false;
    }
    network->prefix = (unsigned)bits + (family_bits == 32 ? MAPPED_BITS : 0);
    if (has_host_bits(network)) {
        buffer_printf(error,
                      "expected a network, found \"%s\", which has bits set beyond its "
                      "first %u",
                      text, (unsigned)bits);
        return false;
    }
    return true;
}

bool network_contains(const struct network *networks, size_t count, const struct sockaddr *peer)
{
    unsigned char address[16];

    if (peer->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, peer, sizeof(in));
        map_ipv4(&in.sin_addr, address);
    } else if (peer->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, peer, sizeof(in6));
        memcpy(address, &in6.sin6_addr, sizeof(address));
    } else {
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (same_prefix(networks[i].address, address, networks[i].prefix))
            return true;
    return false;
}

bool network_is_loopback(const char *address)
{
    static const struct network ipv4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127}, 104};
    static const struct network ipv6 = {{[15] = 1}, 128};
    unsigned char bytes[16];
    unsigned bits;

    return parse_address(address, bytes, &bits) && (same_prefix(ipv4.address, bytes, ipv4.prefix) ||
                                                    same_prefix(ipv6.address, bytes, ipv6.prefix));
}
