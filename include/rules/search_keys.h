/*
 * search_keys - the keys of one request, in the order in which Postfix would ask a mysql: table for them,
 * and what becomes of the value found for one of them. Pure. The rules are those of Postfix's
 * mail_addr_find(3), mail_addr_map(3), split_addr(3), match_list(3) and, for access(5), of its
 * smtpd_check(3); docs/lookup.md tells them in our words.
 */
#ifndef VMAPD_RULES_SEARCH_KEYS_H
#define VMAPD_RULES_SEARCH_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "outcome.h"

enum search {
    SEARCH_EXACT,
    SEARCH_ADDRESS,
    SEARCH_ALIAS,
    SEARCH_DOMAIN, /* domains with their parents; addresses by their domain */
    SEARCH_ACCESS, /* access(5), EMAIL ADDRESS PATTERNS */
    SEARCH_CLIENT, /* access(5), HOST NAME/ADDRESS PATTERNS: networks, too */
    SEARCH_NAME    /* host names with their parents, and nothing else */
};

/* What vmapd.conf calls them, in the order of enum search; NULL ends the list. */
extern const char *const search_words[];

/* What a map's search depends on; strings are borrowed and live as long as the map. */
struct search_rules {
    enum search search;
    const char *recipient_delimiter;  /* a set of characters, "" = none; postconf(5) */
    bool propagate_extension;         /* SEARCH_ALIAS: put the extension back into the result */
    const char *const *local_domains; /* folded, NULL-terminated; NULL = none */
    bool plain_parents;               /* ask for "parent", not ".parent"; match_parent_style(3) */
    bool has_local_tables;            /* tables say which other domains are local */
};

/* Whether a search derives the parents of a domain, which plain_parents is about. */
bool search_has_parents(enum search search);

/* Whether it takes an address apart, which recipient_delimiter is about. */
bool search_has_extensions(enum search search);

/* Whether it asks for the localpart alone, which local_domains is about. */
bool search_has_localparts(enum search search);

/* What a key means. Up to SEARCH_STRIPPED_LOCALPART it is still who was asked for. */
enum search_part {
    SEARCH_ASKED,              /* the request's key */
    SEARCH_UNQUOTED,           /* the same address in internal form */
    SEARCH_STRIPPED,           /* the address without its extension, in either form */
    SEARCH_IS_LOCAL,           /* "domain", for the tables that say which are local */
    SEARCH_LOCALPART,          /* "user+ext", where the domain is local */
    SEARCH_STRIPPED_LOCALPART, /* "user" */
    SEARCH_EVERYBODY,          /* "@domain" */
    SEARCH_OWN_DOMAIN,         /* "domain", of an address */
    SEARCH_PARENT,             /* a parent domain */
    SEARCH_ANYWHERE,           /* "user+ext@", "user@": in every domain */
    SEARCH_NETWORK             /* the beginning of a network address */
};

/* A domain name of 255 bytes has at most 127 parents; around them come an address's other keys. */
#define SEARCH_KEYS_MAX 136

/*
 * The keys of one request, in the order in which they are asked, folded, none twice. Reusable:
 * search_begin() clears it, and allocates only while its buffers have yet to grow. Zero-initialise;
 * free with search_keys_free(). All slices point into its buffers and move when those grow.
 */
struct search_keys {
    size_t count;
    struct {
        uint32_t start, len; /* in text */
    } place[SEARCH_KEYS_MAX];
    uint8_t part[SEARCH_KEYS_MAX]; /* enum search_part */
    struct slice localpart;        /* unquoted and not folded, extension included */
    struct slice extension;        /* its end, from the delimiter on; may be empty */
    struct buffer request;         /* the request's key as received */
    struct buffer text;
    struct buffer scratch[3];
};

/* One of them. Borrowed, until search_rest() or search_pack(). */
static inline struct slice search_key(const struct search_keys *keys, size_t index)
{
    return (struct slice){keys->text.data + keys->place[index].start, keys->place[index].len};
}

/*
 * Take a request's key, as received: not folded, because an extension comes back as it was written
 * (a folded key gives the same keys); in external (RFC 822 quoted) form, or in the internal form
 * that Postfix asks for when the external one was not found. Gives the first key, the full one, which
 * is most often the only one needed. OK: ask it. NOTFOUND: empty or not valid UTF-8, so it is in no
 * table. A key has less than 100 MB.
 */
enum outcome search_begin(struct slice key, struct search_keys *keys);

/*
 * Derive the other keys, once, after search_begin(). OK: keys has them all. TEMP: a domain with more
 * labels than a domain name can have; keys holds the first ones only, and their "not found" is no
 * answer.
 */
enum outcome search_rest(const struct search_rules *rules, struct search_keys *keys);

/* Have no memory but for the request while nobody looks at the keys, and derive them anew: the first one,
 * or also the others. */
void search_pack(struct search_keys *keys);
void search_unpack(const struct search_rules *rules, struct search_keys *keys, bool all);

/* Both at once. */
enum outcome search_keys(const struct search_rules *rules, struct slice key,
                         struct search_keys *keys);
void search_keys_free(struct search_keys *keys);

/* Bytes that they have allocated. */
size_t search_keys_memory(const struct search_keys *keys);

/*
 * The key after this one. After SEARCH_IS_LOCAL, is_local is what its tables have said: if the domain is not
 * local, the localparts are passed over.
 */
size_t search_after(const struct search_keys *keys, size_t index, bool is_local);

/*
 * Whether the key still means the recipient or client that was asked for. A catch-all or a parent
 * domain is somebody else's, too.
 */
bool search_key_is_own(const struct search_keys *keys, size_t index);

/* Whether it is asked without its extension, which a match then gets back. */
bool search_key_is_stripped(const struct search_keys *keys, size_t index);

/*
 * What the value found for search_key(keys, index) becomes in the reply, so that Postfix makes of it what
 * it would have made of the value. True: appended to out. False: the value is the reply.
 */
bool search_value(const struct search_rules *rules, const struct search_keys *keys, size_t index,
                  struct slice value, struct buffer *out);

#endif
