/* collation - see the header; the facts are in collation_list.h. */
#include "collation.h"

#define BOTH    (COLLATION_MARIADB | COLLATION_MYSQL)
#define MARIADB COLLATION_MARIADB
#define MYSQL   COLLATION_MYSQL

#define COLLATIONS(vendors, kind, charsets, rest) {vendors, COLLATION_##kind, charsets, rest},

static const struct {
    unsigned vendors;
    enum collation_kind kind;
    const char *charsets, *rest; /* words */
} collations[] = {
#include "collation_list.h"
};

static bool has_word(const char *words, struct slice word)
{
    while (*words != '\0') {
        size_t len = strcspn(words, " ");

        if (slice_equal((struct slice){words, len}, word))
            return true;
        words += len + (words[len] == ' ');
    }
    return false;
}

enum collation_kind collation_kind(enum collation_vendor vendor, struct slice name)
{
    const char *bar = name.len != 0 ? memchr(name.data, '_', name.len) : NULL;
    struct slice charset, rest;

    if (bar == NULL)
        return COLLATION_UNKNOWN;
    charset = (struct slice){name.data, (size_t)(bar - name.data)};
    rest = (struct slice){bar + 1, name.len - charset.len - 1};
    for (size_t i = 0; i < sizeof(collations) / sizeof(collations[0]); i++)
        if ((collations[i].vendors & vendor) != 0 && has_word(collations[i].charsets, charset) &&
            has_word(collations[i].rest, rest))
            return collations[i].kind;
    return COLLATION_UNKNOWN;
}
