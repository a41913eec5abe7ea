/* host_address - see the header. */
#include "host_address.h"

#include <ctype.h>

#define OCTETS     4
#define OCTET_MAX  255
#define COLONS_MAX 7
#define DIGITS_MAX 4 /* of a field */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits and dots only, and not all of them 0. */
static bool has_other_than_zeros(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '0' && text.data[i] != '.')
            return true;
    return false;
}

/* Four octets, leading zeros allowed; the first is 0 only in 0.0.0.0. */
static bool is_ipv4(struct slice text)
{
    unsigned octets = 0, value = 0;
    bool in_octet = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c == '.') {
            if (!in_octet || i + 1 == text.len)
                return false;
            if (octets == 1 && value == 0 && has_other_than_zeros(text))
                return false;
            in_octet = false;
            continue;
        }
        if (!is_digit(c))
            return false;
        value = (in_octet ? 10 * value : 0) + (unsigned)(c - '0');
        octets += !in_octet;
        in_octet = true;
        if (value > OCTET_MAX)
            return false;
    }
    return octets == OCTETS;
}

/* How many hexadecimal digits there are from here on. */
static size_t count_digits(struct slice text, size_t at)
{
    size_t start = at;

    while (at < text.len && isxdigit((unsigned char)text.data[at]))
        at++;
    return at - start;
}

/* Eight fields, or fewer with one "::"; the last two may be an IPv4 address. */
static bool is_ipv6(struct slice text)
{
    unsigned colons = 0, gap = 0; /* gap: the colon that "::" begins with, from 1 on */
    size_t digits = 0, at = 0;

    while (at < text.len) {
        if (text.data[at] == '.')
            return colons >= 2 && colons < COLONS_MAX &&
                   is_ipv4((struct slice){text.data + at - digits, text.len - at + digits});
        if (text.data[at] == ':') {
            if (colons == 0 && digits == 0 && at + 1 < text.len &&
                isalnum((unsigned char)text.data[at + 1]))
                return false;
            if (++colons > COLONS_MAX)
                return false;
            at++;
            digits = 0;
            if (at < text.len && text.data[at] == ':') {
                if (gap != 0)
                    return false;
                gap = colons;
            }
            continue;
        }
        digits = count_digits(text, at);
        if (digits == 0 || digits > DIGITS_MAX)
            return false;
        at += digits;
    }
    return colons >= 2 && (digits != 0 || gap == colons - 1);
}

bool host_address_is(struct slice text)
{
    return text.len != 0 &&
           (memchr(text.data, ':', text.len) != NULL ? is_ipv6(text) : is_ipv4(text));
}
