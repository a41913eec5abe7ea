/*
 * address - Postfix addresses as lookup keys: which partial keys a search asks, and what becomes of
 * the address extension in a result. Pure. The rules are those of Postfix's mail_addr_find(3),
 * mail_addr_map(3), mail_addr_crunch(3), split_addr(3); docs/lookup.md tells them in our words.
 */
#ifndef VMAPD_RULES_ADDRESS_H
#define VMAPD_RULES_ADDRESS_H

#include <stdbool.h>

#include "buffer.h"
#include "outcome.h"

enum search { SEARCH_EXACT, SEARCH_ADDRESS, SEARCH_ALIAS, SEARCH_DOMAIN };

/* What a map's search depends on; strings are borrowed and live as long as the map. */
struct search_rules {
    enum search search;
    const char *recipient_delimiter;  /* a set of characters, "" = none; postconf(5) */
    bool propagate_extension;         /* SEARCH_ALIAS: put the extension back into the result */
    const char *const *local_domains; /* folded, NULL-terminated; NULL = none */
    bool plain_parents; /* SEARCH_DOMAIN: ask for "parent", not ".parent" (match_parent_style(3)) */
};

/* A domain name of 255 bytes has at most 127 parents; before them come an address's own keys. */
#define SEARCH_KEYS_MAX 136

/*
 * The keys of one request, in the order in which they are asked, folded, none twice. Reusable:
 * search_begin() clears it, and allocates only while its buffers have yet to grow. Zero-initialise;
 * free with search_keys_free(). All slices point into text and move when it grows.
 */
struct search_keys {
    size_t count;
    struct slice key[SEARCH_KEYS_MAX];
    bool stripped[SEARCH_KEYS_MAX]; /* asked without its extension: a match gets it back */
    struct slice localpart;         /* unquoted and not folded, extension included */
    struct slice extension;         /* its end, from the delimiter on; may be empty */
    struct buffer request;          /* the request's key as received */
    struct buffer text;
    struct buffer scratch[3];
};

/*
 * Take a request's key, as received: not folded, because an extension comes back as it was written
 * (a folded key gives the same keys); in external (RFC 822 quoted) form, or in the internal form
 * that Postfix asks for when the external one was not found. Gives the first key, the full one, which
 * is most often the only one needed. OK: ask it. NOTFOUND: empty or not valid UTF-8, so it is in no
 * table.
 */
enum outcome search_begin(struct slice key, struct search_keys *keys);

/*
 * Derive the other keys, once, after search_begin(). OK: keys has them all. TEMP: a domain with more
 * labels than a domain name can have; keys holds the first ones only, and their "not found" is no
 * answer.
 */
enum outcome search_rest(const struct search_rules *rules, struct search_keys *keys);

/* Both at once. */
enum outcome search_keys(const struct search_rules *rules, struct slice key,
                         struct search_keys *keys);
void search_keys_free(struct search_keys *keys);

/*
 * What the value found for keys->key[index] becomes in the reply, so that Postfix makes of it what
 * it would have made of the value. True: appended to out. False: the value is the reply.
 */
bool search_value(const struct search_rules *rules, const struct search_keys *keys, size_t index,
                  struct slice value, struct buffer *out);

/*
 * Append to out the value with the extension put into each of its addresses, before the last '@' or
 * at the end of a bare localpart, inside the quotes of a quoted localpart. A value that begins with
 * '@' is appended as it is (Postfix puts the localpart before it), and so is one without addresses.
 */
void address_add_extension(struct slice value, struct slice extension, struct buffer *out);

#endif
