/*
 * search_keys - the keys of a request, and what becomes of the value found for one of them.
 *
 * Everything is derived from the internal form of the address, as in Postfix, and each address is
 * folded only when it is complete. The folded addresses lie one behind the other in text; every other
 * key is the beginning or the end of one of them and costs no copy, for letters fold one by one.
 */
#include "search_keys.h"

#include "address.h"
#include "fold.h"
#include "host_address.h"
#include "quote.h"
#include "split.h"

const char *const search_words[] = {"exact",  "address", "alias", "domain",
                                    "access", "client",  "name",  NULL};

/* Which forms of an address are asked. */
enum key_form {
    FORM_EXTERNAL,
    FORM_EXTERNAL_FIRST, /* and then the internal one, if it differs */
    FORM_INTERNAL
};

/* What scratch[] is for. */
enum { SCRATCH_INTERNAL, SCRATCH_STRIPPED, SCRATCH_FORM };

bool search_has_parents(enum search search)
{
    return search >= SEARCH_DOMAIN;
}

bool search_has_extensions(enum search search)
{
    return search == SEARCH_ADDRESS || search == SEARCH_ALIAS || search == SEARCH_DOMAIN ||
           search == SEARCH_ACCESS;
}

bool search_has_localparts(enum search search)
{
    return search == SEARCH_ADDRESS || search == SEARCH_ALIAS;
}

/* --- collecting keys ---------------------------------------------------------------------- */

/* Whether it is among the keys that are asked in any case, or follow the same question as this one. */
static bool has_key(const struct search_keys *keys, const char *text, size_t len,
                    enum search_part part)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->part[i] == SEARCH_IS_LOCAL && part == SEARCH_EVERYBODY)
            break;
        if (keys->part[i] != SEARCH_IS_LOCAL && keys->place[i].len == len &&
            memcmp(search_key(keys, i).data, text, len) == 0)
            return true;
    }
    return false;
}

/* The key lies in text. False: there is no more room. Left out: what is there already, empty keys. */
static bool add_key(struct search_keys *keys, size_t start, size_t len, enum search_part part)
{
    if (keys->count == SEARCH_KEYS_MAX)
        return false;
    if (len == 0 || has_key(keys, keys->text.data + start, len, part))
        return true;
    keys->place[keys->count].start = (uint32_t)start;
    keys->place[keys->count].len = (uint32_t)len;
    keys->part[keys->count] = (uint8_t)part;
    keys->count++;
    return true;
}

/* Left out: what is not UTF-8. */
static void add_folded(struct search_keys *keys, struct slice key, enum search_part part)
{
    size_t start = keys->text.len;
    size_t count = keys->count;

    if (fold_key(key, &keys->text))
        add_key(keys, start, keys->text.len - start, part);
    if (keys->count == count)
        keys->text.len = start;
}

/* An address in internal form, as the key or keys that are asked for it. */
static void add_forms(struct search_keys *keys, struct slice internal, enum key_form form,
                      enum search_part part)
{
    struct buffer *external = &keys->scratch[SCRATCH_FORM];

    if (form != FORM_INTERNAL) {
        buffer_clear(external);
        quote_address(internal, QUOTE_WITH_DOMAIN, external);
        add_folded(keys, buffer_slice(external), part);
    }
    if (form != FORM_EXTERNAL)
        add_folded(keys, internal, part);
}

/* The first keys, which are addresses, each again without so many bytes at its end. */
static void add_beginnings(struct search_keys *keys, size_t addresses, size_t cut,
                           enum search_part part, enum search_part stripped)
{
    for (size_t i = 0; i < addresses; i++)
        add_key(keys, keys->place[i].start, keys->place[i].len - cut,
                keys->part[i] == SEARCH_STRIPPED ? stripped : part);
}

/*
 * The domain of so many bytes at the end of the first key, then .parent for each parent, or parent
 * alone. Dots count as in match_hostname() of match_list(3).
 */
static bool add_domains(const struct search_rules *rules, struct search_keys *keys, size_t len)
{
    const char *domain = keys->text.data + keys->place[0].len - len;
    const char *end = domain + len;
    enum search_part part = SEARCH_OWN_DOMAIN;

    while (domain < end) {
        if (!add_key(keys, (size_t)(domain - keys->text.data), (size_t)(end - domain), part))
            return false;
        domain = memchr(domain + 1, '.', (size_t)(end - domain - 1));
        if (domain == NULL)
            break;
        domain += rules->plain_parents;
        part = SEARCH_PARENT;
    }
    return true;
}

/* The first key is an address; its networks, as access(5) writes them, are its beginnings. */
static void add_networks(struct search_keys *keys)
{
    const char *address = keys->text.data;
    size_t len = keys->place[0].len;
    char separator = memchr(address, ':', len) != NULL ? ':' : '.';
    const char *cut;

    while ((cut = memrchr(address, separator, len)) != NULL) {
        len = (size_t)(cut - address);
        add_key(keys, 0, len, SEARCH_NETWORK);
    }
}

/* --- one address -------------------------------------------------------------------------- */

/* Whether the name is in the list. The domain is folded. */
static bool is_local(const struct search_rules *rules, struct slice domain)
{
    if (rules->local_domains == NULL)
        return false;
    for (const char *const *local = rules->local_domains; *local != NULL; local++)
        if (slice_equal(domain, slice_of(*local)))
            return true;
    return false;
}

/*
 * The localparts alone, if the domain is local; where tables know, the question comes before them, and
 * search_after() passes over what it is about.
 */
static void add_localparts(const struct search_rules *rules, struct search_keys *keys,
                           size_t addresses, struct slice at_domain)
{
    struct slice domain = {at_domain.data + 1, at_domain.len - 1};
    bool ask;

    /* resolve_local(3): one dot at the end does not count, and two are none of ours. */
    if (domain.len > 1 && domain.data[domain.len - 1] == '.')
        domain.len--;
    ask = !is_local(rules, domain);
    if (ask && (!rules->has_local_tables || domain.len == 0 || domain.data[domain.len - 1] == '.' ||
                keys->place[0].len == at_domain.len))
        return;
    if (ask)
        add_key(keys, keys->place[0].len - at_domain.len + 1, domain.len, SEARCH_IS_LOCAL);
    add_beginnings(keys, addresses, at_domain.len, SEARCH_LOCALPART, SEARCH_STRIPPED_LOCALPART);
}

/* "..."@domain, even where Postfix would not have put quotes. */
static bool is_quoted_string(struct slice key)
{
    size_t at = quote_localpart_of(key).len;
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
    if (quote_is_dot_string(quote_localpart_of(key)))
        return canonical;
    buffer_clear(unquoted);
    quote_remove(key, unquoted);
    buffer_clear(quoted);
    quote_address(buffer_slice(unquoted), QUOTE_WITH_DOMAIN, quoted);
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
static struct slice stripped_address(struct search_keys *keys, struct slice bare,
                                     struct slice at_domain)
{
    struct buffer *stripped = &keys->scratch[SCRATCH_STRIPPED];

    buffer_clear(stripped);
    buffer_add(stripped, bare.data, bare.len);
    buffer_add(stripped, at_domain.data, at_domain.len);
    return buffer_slice(stripped);
}

/* The keys that are the address itself: in its forms, and those without the extension. */
static void add_addresses(const struct search_rules *rules, struct search_keys *keys)
{
    struct slice internal, bare, at_domain;
    enum key_form form = key_form(rules, buffer_slice(&keys->request), keys, &internal);

    keys->localpart = quote_localpart_of(internal);
    bare = keys->localpart;
    bare.len = split_localpart(keys->localpart, rules->recipient_delimiter);
    keys->extension = (struct slice){bare.data + bare.len, keys->localpart.len - bare.len};
    at_domain = (struct slice){keys->localpart.data + keys->localpart.len,
                               internal.len - keys->localpart.len};
    if (form == FORM_EXTERNAL_FIRST)
        add_folded(keys, internal, SEARCH_UNQUOTED);
    if (keys->extension.len != 0)
        add_forms(keys, stripped_address(keys, bare, at_domain), form, SEARCH_STRIPPED);
}

/* The folded domain, which is the end of each of those keys; with the '@' before it. */
static struct slice fold_domain(struct search_keys *keys)
{
    struct slice request = buffer_slice(&keys->request);
    size_t at = quote_localpart_of(request).len;
    struct buffer *folded = &keys->scratch[SCRATCH_FORM];

    buffer_clear(folded);
    fold_key((struct slice){request.data + at, request.len - at}, folded);
    return buffer_slice(folded);
}

static bool add_address(const struct search_rules *rules, struct search_keys *keys)
{
    struct slice at_domain;
    size_t addresses;

    add_addresses(rules, keys);
    addresses = keys->count;
    at_domain = fold_domain(keys);
    if (rules->search == SEARCH_DOMAIN)
        return add_domains(rules, keys, at_domain.len - 1);
    if (rules->search == SEARCH_ACCESS) {
        bool complete = add_domains(rules, keys, at_domain.len - 1);

        add_beginnings(keys, addresses, at_domain.len - 1, SEARCH_ANYWHERE, SEARCH_ANYWHERE);
        return complete;
    }
    add_localparts(rules, keys, addresses, at_domain);
    return add_key(keys, keys->place[0].len - at_domain.len, at_domain.len, SEARCH_EVERYBODY);
}

/* --- the door ----------------------------------------------------------------------------- */

/* The first key of the request that is there. */
static enum outcome begin(struct search_keys *keys)
{
    buffer_clear(&keys->text);
    keys->count = 0;
    keys->localpart = keys->extension = (struct slice){"", 0};
    add_folded(keys, buffer_slice(&keys->request), SEARCH_ASKED);
    return keys->count != 0 ? OUTCOME_OK : OUTCOME_NOTFOUND;
}

enum outcome search_begin(struct slice key, struct search_keys *keys)
{
    buffer_clear(&keys->request);
    buffer_add(&keys->request, key.data, key.len);
    return begin(keys);
}

/* False: some keys are missing. */
static bool add_rest(const struct search_rules *rules, struct search_keys *keys)
{
    struct slice key = buffer_slice(&keys->request);

    if (rules->search == SEARCH_EXACT)
        return true;
    if (search_has_extensions(rules->search) && quote_localpart_of(key).len != key.len)
        return add_address(rules, keys);
    if (!search_has_parents(rules->search))
        return true;
    if (!host_address_is(search_key(keys, 0)))
        return add_domains(rules, keys, keys->place[0].len);
    if (rules->search == SEARCH_CLIENT)
        add_networks(keys);
    return true;
}

enum outcome search_rest(const struct search_rules *rules, struct search_keys *keys)
{
    return add_rest(rules, keys) ? OUTCOME_OK : OUTCOME_TEMP;
}

enum outcome search_keys(const struct search_rules *rules, struct slice key,
                         struct search_keys *keys)
{
    enum outcome outcome = search_begin(key, keys);

    return outcome == OUTCOME_OK ? search_rest(rules, keys) : outcome;
}

static void free_derived(struct search_keys *keys)
{
    buffer_free(&keys->text);
    for (size_t i = 0; i < sizeof(keys->scratch) / sizeof(keys->scratch[0]); i++)
        buffer_free(&keys->scratch[i]);
    keys->count = 0;
}

void search_pack(struct search_keys *keys)
{
    free_derived(keys);
    buffer_trim(&keys->request);
}

void search_unpack(const struct search_rules *rules, struct search_keys *keys, bool all)
{
    begin(keys);
    if (all)
        add_rest(rules, keys);
}

size_t search_keys_memory(const struct search_keys *keys)
{
    size_t all = keys->request.capacity + keys->text.capacity;

    for (size_t i = 0; i < sizeof(keys->scratch) / sizeof(keys->scratch[0]); i++)
        all += keys->scratch[i].capacity;
    return all;
}

void search_keys_free(struct search_keys *keys)
{
    free_derived(keys);
    buffer_free(&keys->request);
}

size_t search_after(const struct search_keys *keys, size_t index, bool is_local)
{
    bool pass = keys->part[index++] == SEARCH_IS_LOCAL && !is_local;

    while (
        pass && index < keys->count &&
        (keys->part[index] == SEARCH_LOCALPART || keys->part[index] == SEARCH_STRIPPED_LOCALPART))
        index++;
    return index;
}

bool search_key_is_own(const struct search_keys *keys, size_t index)
{
    return keys->part[index] <= SEARCH_STRIPPED_LOCALPART;
}

bool search_key_is_stripped(const struct search_keys *keys, size_t index)
{
    return keys->part[index] == SEARCH_STRIPPED || keys->part[index] == SEARCH_STRIPPED_LOCALPART;
}

bool search_value(const struct search_rules *rules, const struct search_keys *keys, size_t index,
                  struct slice value, struct buffer *out)
{
    if (rules->search != SEARCH_ALIAS || !search_key_is_stripped(keys, index) || value.len == 0)
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
        quote_address(buffer_slice(&internal), QUOTE_WITH_DOMAIN, out);
        buffer_free(&internal);
        return true;
    }
    return false;
}
