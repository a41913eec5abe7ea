/* netstring - see the header. */
#include "netstring.h"

static inline enum netstring_state read_length(struct slice input, size_t most, size_t *len,
                                               size_t *start)
{
    size_t i;

    *len = 0;
    for (i = 0; i < input.len && input.data[i] >= '0' && input.data[i] <= '9'; i++) {
        size_t digit = (size_t)(input.data[i] - '0');

        if (i == 1 && *len == 0)
            return NETSTRING_MALFORMED; /* a leading zero */
        if (*len > most / 10 || (*len == most / 10 && digit > most % 10))
            return NETSTRING_TOO_LONG;
        *len = *len * 10 + digit;
    }
    *start = i + 1;
    if (i == input.len)
        return NETSTRING_PARTIAL;
    return i == 0 || input.data[i] != ':' ? NETSTRING_MALFORMED : NETSTRING_COMPLETE;
}

enum netstring_state netstring_length(struct slice input, size_t most, size_t *len, size_t *start)
{
    return read_length(input, most, len, start);
}

enum netstring_state netstring_parse(struct slice input, size_t most, struct slice *payload,
                                     size_t *consumed)
{
    size_t len;
    size_t start;
    enum netstring_state state = read_length(input, most, &len, &start);

    if (state != NETSTRING_COMPLETE)
        return state;
    if (input.len - start <= len)
        return NETSTRING_PARTIAL;
    if (input.data[start + len] != ',')
        return NETSTRING_MALFORMED;
    *payload = (struct slice){input.data + start, len};
    *consumed = start + len + 1;
    return NETSTRING_COMPLETE;
}

static inline size_t count_digits(size_t number)
{
    size_t digits = 1;

    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

/* Not snprintf(): every reply on the hot path is framed here. */
char *netstring_add_frame(struct buffer *out, size_t len)
{
    size_t digits = count_digits(len);
    char *length = buffer_reserve(out, digits + len + 2);
    char *payload = length + digits + 1;

    for (size_t i = digits, rest = len; i > 0; rest /= 10)
        length[--i] = (char)('0' + rest % 10);
    length[digits] = ':';
    payload[len] = ',';
    payload[len + 1] = '\0';
    out->len += digits + len + 2;
    return payload;
}

void netstring_add(struct buffer *out, struct slice payload)
{
    char *place = netstring_add_frame(out, payload.len);

    if (payload.len != 0)
        memcpy(place, payload.data, payload.len);
}
