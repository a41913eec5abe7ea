/* fold - see the header. */
#include "fold.h"

#include <assert.h>
#include <stdint.h>
#include <unicode/stringoptions.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

/* No character folds to more than three (Unicode, CaseFolding.txt). */
#define FOLDED_CHARACTERS_MAX 3

static void add_folded(UChar32 character, struct buffer *out)
{
    UChar plain[U16_MAX_LENGTH];
    UChar folded[FOLDED_CHARACTERS_MAX * U16_MAX_LENGTH];
    int32_t len = 0;
    int32_t count;
    UErrorCode error = U_ZERO_ERROR;
    uint8_t *end = (uint8_t *)buffer_reserve(out, FOLDED_CHARACTERS_MAX * U8_MAX_LENGTH);

    U16_APPEND_UNSAFE(plain, len, character);
    count = u_strFoldCase(folded, FOLDED_CHARACTERS_MAX * U16_MAX_LENGTH, plain, len,
                          U_FOLD_CASE_DEFAULT, &error);
    assert(U_SUCCESS(error));
    len = 0;
    for (int32_t i = 0; i < count;) {
        U16_NEXT_UNSAFE(folded, i, character);
        U8_APPEND_UNSAFE(end, len, character);
    }
    end[len] = '\0';
    out->len += (size_t)len;
}

/* Full case folding without normalisation, a character at a time: it depends on no others. */
static bool fold_unicode(struct slice key, struct buffer *out)
{
    const uint8_t *bytes = (const uint8_t *)key.data;
    size_t len_before = out->len;

    for (size_t i = 0; i < key.len;) {
        UChar32 character;

        U8_NEXT(bytes, i, key.len, character);
        if (character < 0) {
            out->len = len_before;
            out->data[len_before] = '\0';
            return false;
        }
        add_folded(character, out);
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
    for (; i < key.len; i++) {
        word = (unsigned char)key.data[i];
        seen |= word;
        end[i] = (char)lower_word(word);
    }
    if ((seen & UINT64_C(0x8080808080808080)) != 0) {
        *end = '\0';
        return fold_unicode(key, out);
    }
    end[key.len] = '\0';
    out->len += key.len;
    return true;
}
