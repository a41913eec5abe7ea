/*
 * search - the keys of a request, and what becomes of the value found for one of them.
 *
 * Everything is derived from the internal form of the address, as in Postfix, and each key is folded
 * only when it is complete. The folded keys lie one behind the other in text; the slices are set at
 * the end, when text grows no more.
 */
#include "address.h"

#include <strings.h>

#include "quote.h"
#include "fold.h"

/* Which forms of a derived key are asked. */
enum key_form {
    FORM_EXTERNAL,
    FORM_EXTERNAL_FIRST, /* and then the internal one, if it differs */
    FORM_INTERNAL
};

/* What scratch[] is for. */
enum { SCRATCH_INTERNAL, SCRATCH_STRIPPED, SCRATCH_FORM };

/* --- collecting keys ---------------------------------------------------------------------- */

/* False: there is no more room. Left out: what is there already, empty keys, what is not UTF-8. */
static bool add_key(struct search_keys *keys, struct slice key, bool stripped)
{
    size_t start = keys->text.len;
    const char *earlier;
    size_t len;

    if (keys->count == SEARCH_KEYS_MAX)
        return false;
    if (key.len == 0 || !fold_key(key, &keys->text))
        return true;
    len = keys->text.len - start;
    earlier = keys->text.data;
    for (size_t i = 0; i < keys->count; earlier += keys->key[i].len, i++)
        if (keys->key[i].len == len && memcmp(earlier, keys->text.data + start, len) == 0) {
            keys->text.len = start;
            return true;
        }
    keys->key[keys->count].len = len;
    keys->stripped[keys->count] = stripped;
    keys->count++;
    return true;
}

/* An address or localpart in internal form, as the key or keys that are asked for it. */
static void add_forms(struct search_keys *keys, struct slice internal, enum key_form form,
                      enum address_domain domain, bool stripped)
{
    struct buffer *external = &keys->scratch[SCRATCH_FORM];

    if (form == FORM_INTERNAL) {
        add_key(keys, internal, stripped);
        return;
    }
    buffer_clear(external);
    address_quote(internal, domain, external);
    add_key(keys, buffer_slice(external), stripped);
    if (form == FORM_EXTERNAL_FIRST && !slice_equal(internal, buffer_slice(external)))
        add_key(keys, internal, stripped);
}

/* Text grows no more: let the slices point into it. */
static void point_into_text(struct search_keys *keys)
{
    const char *data = keys->text.data;

    for (size_t i = 0; i < keys->count; i++) {
        keys->key[i].data = data;
        data += keys->key[i].len;
    }
}

/* --- splitting ---------------------------------------------------------------------------- */

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

/* split_addr(3): how much of a localpart remains without its extension; all of it if it has none. */
static size_t stripped_len(struct slice localpart, const char *delimiters)
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

/* resolve_local(3): one dot at the end does not count. at_domain is "@domain". */
static bool is_local(const struct search_rules *rules, struct slice at_domain,
                     struct search_keys *keys)
{
    struct buffer *folded = &keys->scratch[SCRATCH_FORM];
    struct slice domain = {at_domain.data + 1, at_domain.len - 1};

    if (rules->local_domains == NULL || rules->local_domains[0] == NULL)
        return false;
    buffer_clear(folded);
    if (!fold_key(domain, folded))
        return false;
    domain = buffer_slice(folded);
    if (domain.len > 1 && domain.data[domain.len - 1] == '.')
        domain.len--;
    for (const char *const *local = rules->local_domains; *local != NULL; local++)
        if (slice_equal(domain, slice_of(*local)))
            return true;
    return false;
}

/* --- one address -------------------------------------------------------------------------- */

/* "..."@domain, even where Postfix would not have put quotes. */
static bool is_quoted_string(struct slice key)
{
    size_t at = address_localpart(key).len;
    size_t i = 1;

    if (key.len == 0 || key.data[0] != '"' || at == key.len)
        return false;
    while (i < at && key.data[i] != '"')
        i += key.data[i] == '\\' ? 2 : 1;
    return i + 1 == at && key.data[i] == '"';
}

/*
 * Tell in which form the key came and get its internal form. Postfix sends exactly what its quoting
 * makes of the internal form; when that is not found, some of its programs ask for the internal form
 * next. Canonical mapping and virtual aliases (mail_addr_map) ask for external forms only, all
 * others (mail_addr_find) for both, each time one after the other.
 */
static enum key_form key_form(const struct search_rules *rules, struct slice key,
                              struct search_keys *keys, struct slice *internal)
{
    enum key_form canonical = rules->search == SEARCH_ALIAS ? FORM_EXTERNAL : FORM_EXTERNAL_FIRST;
    struct buffer *unquoted = &keys->scratch[SCRATCH_INTERNAL];
    struct buffer *quoted = &keys->scratch[SCRATCH_FORM];

    *internal = key;
    if (address_is_dot_string(address_localpart(key)))
        return canonical;
    buffer_clear(unquoted);
    address_unquote(key, unquoted);
    buffer_clear(quoted);
    address_quote(buffer_slice(unquoted), ADDRESS_WITH_DOMAIN, quoted);
    if (slice_equal(buffer_slice(quoted), key)) {
        *internal = buffer_slice(unquoted);
        return canonical;
    }
    if (is_quoted_string(key)) {
        *internal = buffer_slice(unquoted);
        return FORM_EXTERNAL;
    }
    return FORM_INTERNAL;
}

/* The address without its extension, internal form. */
static struct slice stripped_address(struct search_keys *keys, struct slice localpart,
                                     struct slice at_domain)
{
    struct buffer *stripped = &keys->scratch[SCRATCH_STRIPPED];

    buffer_clear(stripped);
    buffer_add(stripped, localpart.data, localpart.len);
    buffer_add(stripped, at_domain.data, at_domain.len);
    return buffer_slice(stripped);
}

/*
 * domain, then .parent for each parent, or parent alone. Dots count as in match_hostname() of
 * match_list(3).
 */
static bool add_domains(const struct search_rules *rules, struct search_keys *keys,
                        struct slice domain)
{
    while (domain.len != 0) {
        const char *dot;

        if (!add_key(keys, domain, false))
            return false;
        dot = memchr(domain.data + 1, '.', domain.len - 1);
        if (dot == NULL)
            break;
        dot += rules->plain_parents;
        domain = (struct slice){dot, domain.len - (size_t)(dot - domain.data)};
    }
    return true;
}

/* Keep the localpart as it was written behind the keys, for search_value(). */
static void keep_localpart(struct search_keys *keys, struct slice localpart, size_t bare_len)
{
    size_t start = keys->text.len;

    buffer_add(&keys->text, localpart.data, localpart.len);
    keys->localpart = (struct slice){keys->text.data + start, localpart.len};
    keys->extension =
        (struct slice){keys->localpart.data + bare_len, keys->localpart.len - bare_len};
}

static bool add_address(const struct search_rules *rules, struct slice key,
                        struct search_keys *keys)
{
    struct slice internal;
    enum key_form form = key_form(rules, key, keys, &internal);
    struct slice localpart = address_localpart(internal);
    struct slice at_domain = {internal.data + localpart.len, internal.len - localpart.len};
    struct slice bare = {localpart.data, stripped_len(localpart, rules->recipient_delimiter)};
    bool has_extension = bare.len < localpart.len;
    bool complete = true;

    if (form == FORM_EXTERNAL_FIRST)
        add_key(keys, internal, false);
    if (has_extension)
        add_forms(keys, stripped_address(keys, bare, at_domain), form, ADDRESS_WITH_DOMAIN, true);
    if (rules->search == SEARCH_DOMAIN) {
        complete = add_domains(rules, keys, (struct slice){at_domain.data + 1, at_domain.len - 1});
    } else {
        if (is_local(rules, at_domain, keys)) {
            add_forms(keys, localpart, form, ADDRESS_BARE_LOCALPART, false);
            if (has_extension)
                add_forms(keys, bare, form, ADDRESS_BARE_LOCALPART, true);
        }
        add_key(keys, at_domain, false);
    }
    keep_localpart(keys, localpart, bare.len);
    return complete;
}

/* --- the door ----------------------------------------------------------------------------- */

enum outcome search_begin(struct slice key, struct search_keys *keys)
{
    buffer_clear(&keys->request);
    buffer_clear(&keys->text);
    keys->count = 0;
    keys->localpart = keys->extension = (struct slice){"", 0};
    add_key(keys, key, false);
    if (keys->count == 0)
        return OUTCOME_NOTFOUND;
    buffer_add(&keys->request, key.data, key.len);
    point_into_text(keys);
    return OUTCOME_OK;
}

enum outcome search_rest(const struct search_rules *rules, struct search_keys *keys)
{
    struct slice key = buffer_slice(&keys->request);
    bool complete = true;

    if (rules->search == SEARCH_EXACT)
        return OUTCOME_OK;
    if (address_localpart(key).len != key.len)
        complete = add_address(rules, key, keys);
    else if (rules->search == SEARCH_DOMAIN)
        complete = add_domains(rules, keys, key);
    point_into_text(keys);
    return complete ? OUTCOME_OK : OUTCOME_TEMP;
}

enum outcome search_keys(const struct search_rules *rules, struct slice key,
                         struct search_keys *keys)
{
    enum outcome outcome = search_begin(key, keys);

    return outcome == OUTCOME_OK ? search_rest(rules, keys) : outcome;
}

void search_keys_free(struct search_keys *keys)
{
    buffer_free(&keys->request);
    buffer_free(&keys->text);
    for (size_t i = 0; i < sizeof(keys->scratch) / sizeof(keys->scratch[0]); i++)
        buffer_free(&keys->scratch[i]);
    keys->count = 0;
}

bool search_value(const struct search_rules *rules, const struct search_keys *keys, size_t index,
                  struct slice value, struct buffer *out)
{
    if (rules->search != SEARCH_ALIAS || !keys->stripped[index] || value.len == 0)
        return false;
    if (rules->propagate_extension) {
        address_add_extension(value, keys->extension, out);
        return true;
    }
    if (value.data[0] == '@') {
        /* Left alone, Postfix would put the whole localpart before it, extension and all. */
        struct buffer internal = BUFFER_EMPTY;

        buffer_add(&internal, keys->localpart.data, keys->localpart.len - keys->extension.len);
        buffer_add(&internal, value.data, value.len);
        address_quote(buffer_slice(&internal), ADDRESS_WITH_DOMAIN, out);
        buffer_free(&internal);
        return true;
    }
    return false;
}
