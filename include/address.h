/*
 * address - Postfix addresses as lookup keys: where an address splits, which partial keys a search
 * asks, and how an address extension comes back into a result. Pure. The rules are those of
 * Postfix's mail_addr_find(3), split_addr(3), mail_addr_crunch(3) and quote_822_local(3); design
 * facts in docs/lookup.md.
 */
#ifndef VMAPD_ADDRESS_H
#define VMAPD_ADDRESS_H

#include <stdbool.h>

#include "buffer.h"

enum search { SEARCH_EXACT, SEARCH_ADDRESS, SEARCH_ALIAS, SEARCH_DOMAIN };

/* What a map's search depends on; strings are borrowed and live as long as the map. */
struct search_rules {
    enum search search;
    const char *recipient_delimiter;  /* a set of characters, "" = none; postconf(5) */
    bool propagate_extension;         /* SEARCH_ALIAS: put the extension back into the result */
    const char *const *local_domains; /* folded, NULL-terminated; NULL = none */
};

/* full, stripped, localpart, stripped localpart, @domain; or a domain and its parents (labels). */
#define SEARCH_KEYS_MAX 64

/*
 * The keys of one request, in the order in which they are asked. Reusable: search_keys() clears it.
 * Zero-initialise; free with search_keys_free(). Keys point into text or into the request's key.
 */
struct search_keys {
    size_t count;
    struct slice key[SEARCH_KEYS_MAX];
    bool stripped[SEARCH_KEYS_MAX]; /* asked without its extension: a match gets it back */
    struct slice extension;         /* with its delimiter, internal (unquoted) form; may be empty */
    struct buffer text;
};

/*
 * Derive the keys of a folded request key (external, RFC 822 quoted form, as Postfix sends it).
 * SEARCH_DOMAIN: the key, then ".parent" for each parent domain. No key is ever listed twice.
 */
void search_keys(const struct search_rules *rules, struct slice folded, struct search_keys *keys);
void search_keys_free(struct search_keys *keys);

/*
 * Append to out the value with the extension put into each of its addresses, before the last '@' or
 * at the end of a bare localpart, inside the quotes of a quoted localpart. A value that begins with
 * '@' is appended as it is (Postfix puts the localpart before it).
 */
void address_add_extension(struct slice value, struct slice extension, struct buffer *out);

#endif
