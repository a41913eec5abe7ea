/* fold - see the header. */
#include "fold.h"

#include <utf8proc.h>

/* No character folds to more than three (Unicode, CaseFolding.txt). */
#define FOLDED_CHARACTERS_MAX 3
#define UTF8_CHARACTER_BYTES  4

static void add_folded(utf8proc_int32_t character, struct buffer *out)
{
    utf8proc_int32_t folded[FOLDED_CHARACTERS_MAX];
    int unused = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char(character, folded, FOLDED_CHARACTERS_MAX,
                                                     UTF8PROC_CASEFOLD, &unused);
    char *end = buffer_reserve(out, FOLDED_CHARACTERS_MAX * UTF8_CHARACTER_BYTES);

    for (utf8proc_ssize_t i = 0; i < count && i < FOLDED_CHARACTERS_MAX; i++)
        end += utf8proc_encode_char(folded[i], (utf8proc_uint8_t *)end);
    *end = '\0';
    out->len = (size_t)(end - out->data);
}

/* Full case folding without normalisation, as ICU's default folding in Postfix. */
static bool fold_unicode(struct slice key, struct buffer *out)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)key.data;
    const utf8proc_uint8_t *end = at + key.len;
    size_t len_before = out->len;

    while (at < end) {
        utf8proc_int32_t character;
        utf8proc_ssize_t bytes = utf8proc_iterate(at, end - at, &character);

        if (bytes <= 0) {
            out->len = len_before;
            out->data[len_before] = '\0';
            return false;
        }
        add_folded(character, out);
        at += bytes;
    }
    return true;
}

bool fold_key(struct slice key, struct buffer *out)
{
    char *end = buffer_reserve(out, key.len);
    unsigned char seen = 0;

    for (size_t i = 0; i < key.len; i++) {
        unsigned char c = (unsigned char)key.data[i];

        seen |= c;
        end[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    if (seen >= 0x80) {
        *end = '\0';
        return fold_unicode(key, out);
    }
    end[key.len] = '\0';
    out->len += key.len;
    return true;
}
