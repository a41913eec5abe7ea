/* fold - see the header. */
#include "fold.h"

#include <stdint.h>
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

/* Eight bytes to lower case at once; those with the high bit set stay as they are. */
static uint64_t lower_word(uint64_t word)
{
    const uint64_t every = UINT64_C(0x0101010101010101);
    uint64_t low = word & every * 0x7f;
    uint64_t from_a = low + every * (0x80 - 'A');  /* high bit: at least 'A' */
    uint64_t after_z = low + every * (0x7f - 'Z'); /* high bit: more than 'Z' */
    uint64_t upper = from_a & ~after_z & ~word & every * 0x80;

    return word | upper >> 2; /* 0x80 >> 2 is what 'a' has more than 'A' */
}

bool fold_key(struct slice key, struct buffer *out)
{
    char *end = buffer_reserve(out, key.len);
    uint64_t seen = 0;
    uint64_t word;
    size_t i = 0;

    for (; i + sizeof(word) <= key.len; i += sizeof(word)) {
        memcpy(&word, key.data + i, sizeof(word));
        seen |= word;
        word = lower_word(word);
        memcpy(end + i, &word, sizeof(word));
    }
    word = 0;
    memcpy(&word, key.data + i, key.len - i);
    seen |= word;
    word = lower_word(word);
    memcpy(end + i, &word, key.len - i);
    if ((seen & UINT64_C(0x8080808080808080)) != 0) {
        *end = '\0';
        return fold_unicode(key, out);
    }
    end[key.len] = '\0';
    out->len += key.len;
    return true;
}
