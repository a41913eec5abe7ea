/* netstring - see the header. */
#include "netstring.h"

/* Decimal digits of the largest size_t. */
#define LENGTH_DIGITS_MAX 20

/* Read the digits at the start of input into *len. Their count, or 0 and the state that says why. */
static size_t parse_length(struct slice input, size_t most, size_t *len,
                           enum netstring_state *state)
{
    size_t i;

    *len = 0;
    for (i = 0; i < input.len && input.data[i] >= '0' && input.data[i] <= '9'; i++) {
        size_t digit = (size_t)(input.data[i] - '0');

        if (i == 1 && *len == 0) {
            *state = NETSTRING_MALFORMED; /* a leading zero */
            return 0;
        }
        if (*len > most / 10 || (*len == most / 10 && digit > most % 10)) {
            *state = NETSTRING_TOO_LONG;
            return 0;
        }
        *len = *len * 10 + digit;
    }
    if (i == input.len)
        *state = NETSTRING_PARTIAL;
    else if (i == 0 || input.data[i] != ':')
        *state = NETSTRING_MALFORMED;
    else
        return i;
    return 0;
}

enum netstring_state netstring_parse(struct slice input, size_t most, struct slice *payload,
                                     size_t *consumed)
{
    enum netstring_state state;
    size_t len;
    size_t digits = parse_length(input, most, &len, &state);
    size_t start = digits + 1;

    if (digits == 0)
        return state;
    if (input.len - start <= len)
        return NETSTRING_PARTIAL;
    if (input.data[start + len] != ',')
        return NETSTRING_MALFORMED;
    *payload = (struct slice){input.data + start, len};
    *consumed = start + len + 1;
    return NETSTRING_COMPLETE;
}

/* Not snprintf(): every reply on the hot path is framed here. */
char *netstring_add_frame(struct buffer *out, size_t len)
{
    char digits[LENGTH_DIGITS_MAX];
    char *first = digits + sizeof(digits);
    char *end = buffer_reserve(out, len + LENGTH_DIGITS_MAX + 2);
    size_t rest = len;
    size_t count;

    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    count = (size_t)(digits + sizeof(digits) - first);
    memcpy(end, first, count);
    end += count;
    *end++ = ':';
    end[len] = ',';
    end[len + 1] = '\0';
    out->len += count + len + 2;
    return end;
}

void netstring_add(struct buffer *out, struct slice payload)
{
    char *place = netstring_add_frame(out, payload.len);

    if (payload.len != 0)
        memcpy(place, payload.data, payload.len);
}
