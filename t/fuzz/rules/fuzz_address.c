/*
 * Addresses as keys and as values. The first byte chooses the search; then lines: the delimiters, a
 * request's key, a value to its end.
 */
#include "address.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "quote.h"
#include "search_keys.h"
#include "fold.h"
#include "fuzz.h"
#include "log.h"
#include "xmalloc.h"

static const char *const local_domains[] = {"localhost", "host.example.com", NULL};

static struct slice take_line(struct slice *rest)
{
    const char *end = rest->len != 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    struct slice line = {rest->data, end != NULL ? (size_t)(end - rest->data) : rest->len};

    rest->data += line.len + (end != NULL);
    rest->len -= line.len + (end != NULL);
    return line;
}

static bool same_keys(const struct search_keys *a, const struct search_keys *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; same && i < a->count; i++)
        same = slice_equal(search_key(a, i), search_key(b, i)) && a->part[i] == b->part[i];
    return same;
}

/* Folded, none empty, none twice, the full key first. */
static void check_keys(struct slice request, const struct search_keys *keys)
{
    struct buffer folded = BUFFER_EMPTY;

    FUZZ_CHECK(keys->count >= 1 && keys->count <= SEARCH_KEYS_MAX);
    FUZZ_CHECK(keys->part[0] == SEARCH_ASKED);
    FUZZ_CHECK(fold_key(request, &folded));
    FUZZ_CHECK(slice_equal(search_key(keys, 0), buffer_slice(&folded)));
    for (size_t i = 0; i < keys->count; i++) {
        FUZZ_CHECK(search_key(keys, i).len != 0);
        FUZZ_CHECK(!search_key_is_stripped(keys, i) || keys->extension.len != 0);
        for (size_t j = 0; j < i; j++)
            FUZZ_CHECK(!slice_equal(search_key(keys, i), search_key(keys, j)));
        buffer_clear(&folded);
        FUZZ_CHECK(fold_key(search_key(keys, i), &folded));
    }
    buffer_free(&folded);
}

static void check_values(const struct search_rules *rules, const struct search_keys *keys,
                         struct slice value)
{
    struct buffer out = BUFFER_EMPTY;

    for (size_t i = 0; i < keys->count && value.len != 0; i++) {
        buffer_clear(&out);
        if (!search_value(rules, keys, i, value, &out))
            continue;
        FUZZ_CHECK(rules->search == SEARCH_ALIAS && search_key_is_stripped(keys, i));
        FUZZ_CHECK(out.len != 0);
    }
    buffer_clear(&out);
    address_add_extension(value, keys->extension, &out);
    FUZZ_CHECK(value.len == 0 || value.data[0] != '@' || slice_equal(value, buffer_slice(&out)));
    buffer_free(&out);
}

static bool has_no_letter(const char *text)
{
    while (*text != '\0' && (unsigned char)*text < 128 && !isalpha(*text))
        text++;
    return *text == '\0';
}

/* A folded key gives the same keys, unless a letter is a delimiter. */
static void check_folded(const struct search_rules *rules, const struct search_keys *keys,
                         enum outcome outcome)
{
    struct search_keys folded = {0};

    if (has_no_letter(rules->recipient_delimiter)) {
        FUZZ_CHECK(search_keys(rules, search_key(keys, 0), &folded) == outcome);
        FUZZ_CHECK(same_keys(keys, &folded));
    }
    search_keys_free(&folded);
}

static void check_search(const struct search_rules *rules, struct slice request, struct slice value)
{
    struct search_keys keys = {0};
    struct search_keys again = {0};
    enum outcome outcome = search_keys(rules, request, &keys);

    FUZZ_CHECK(outcome == OUTCOME_OK || outcome == OUTCOME_NOTFOUND || outcome == OUTCOME_TEMP);
    if (outcome != OUTCOME_NOTFOUND) {
        check_keys(request, &keys);
        FUZZ_CHECK(search_begin(request, &again) == OUTCOME_OK);
        FUZZ_CHECK(search_rest(rules, &again) == outcome);
        FUZZ_CHECK(same_keys(&keys, &again));
        search_pack(&again);
        search_unpack(rules, &again, true);
        FUZZ_CHECK(same_keys(&keys, &again));
        check_folded(rules, &keys, outcome);
        check_values(rules, &keys, value);
    }
    search_keys_free(&keys);
    search_keys_free(&again);
}

/* The internal form survives being quoted and unquoted. */
static void check_quoting(struct slice internal)
{
    struct buffer external = BUFFER_EMPTY;
    struct buffer back = BUFFER_EMPTY;

    quote_address(internal, QUOTE_WITH_DOMAIN, &external);
    quote_remove(buffer_slice(&external), &back);
    if (internal.len != 0 && internal.data[0] != '@' && internal.data[internal.len - 1] != '@')
        FUZZ_CHECK(slice_equal(internal, buffer_slice(&back)));
    buffer_free(&external);
    buffer_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = {(const char *)data, size};
    struct search_rules rules = {.local_domains = local_domains};
    struct slice line;
    char *delimiters;

    log_open("fuzz", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    if (size == 0)
        return 0;
    rules.search = (enum search)((data[0] % 4 + (data[0] >> 4) * 4) % (SEARCH_NAME + 1));
    rules.propagate_extension = (data[0] & 4) != 0;
    rules.plain_parents = (data[0] & 8) != 0;
    rest.data++;
    rest.len--;
    line = take_line(&rest);
    delimiters = xstrndup(line.data, line.len);
    rules.recipient_delimiter = delimiters;
    line = take_line(&rest);
    check_search(&rules, line, rest);
    check_quoting(line);
    free(delimiters);
    return 0;
}
