/* controls - see the header. */
#include "controls.h"

#include <stdbool.h>
#include <string.h>

/* How many bytes a character of UTF-8 has that begins with this one; 0: none does. */
static size_t length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static bool is_whole(const unsigned char *text, size_t len)
{
    for (size_t i = 1; i < len; i++)
        if ((text[i] & 0xc0) != 0x80)
            return false;
    return true;
}

void controls_mask(char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        const unsigned char *at = (const unsigned char *)text + i;
        size_t bytes = length_of(*at);

        if (bytes == 0 || bytes > len - i || !is_whole(at, bytes))
            bytes = 1; /* a byte by itself */
        if (bytes == 1 ? *at < ' ' || (*at >= 0x7f && *at < 0xa0) : at[0] == 0xc2 && at[1] < 0xa0)
            memset(text + i, '?', bytes);
        i += bytes;
    }
}
