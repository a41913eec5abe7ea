/* split - see the header. */
#include "split.h"

#include <stdbool.h>
#include <strings.h>

static bool starts_with(struct slice text, const char *word)
{
    size_t len = strlen(word);

    return text.len >= len && strncasecmp(text.data, word, len) == 0;
}

static bool ends_with(struct slice text, const char *word)
{
    size_t len = strlen(word);

    return text.len >= len && strncasecmp(text.data + text.len - len, word, len) == 0;
}

static bool is_word(struct slice text, const char *word)
{
    return text.len == strlen(word) && starts_with(text, word);
}

/* Where the first delimiter stands; the localpart's length if there is none. */
static size_t find_delimiter(struct slice localpart, const char *delimiters)
{
    size_t first = localpart.len;

    for (; *delimiters != '\0' && first != 0; delimiters++) {
        const char *found = memchr(localpart.data, *delimiters, first);

        if (found != NULL)
            first = (size_t)(found - localpart.data);
    }
    return first;
}

size_t split_localpart(struct slice localpart, const char *delimiters)
{
    size_t len = find_delimiter(localpart, delimiters);

    if (len == 0 || len == localpart.len)
        return localpart.len;
    if (is_word(localpart, "postmaster") || is_word(localpart, "mailer-daemon") ||
        is_word(localpart, "double-bounce"))
        return localpart.len;
    if (strchr(delimiters, '-') != NULL &&
        (starts_with(localpart, "owner-") || ends_with(localpart, "-request")))
        return localpart.len;
    return len;
}
