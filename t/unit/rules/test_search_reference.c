/*
 * The keys of random requests against a second implementation, which is written as Postfix's source reads:
 * mail_addr_find(3) puts together a string for each key, match_hostname() and smtpd(8)'s
 * check_domain_access() and check_addr_access() cut one down.
 */
#include <stdio.h>
#include <stdlib.h>

#include "host_address.h"
#include "quote.h"
#include "search_keys.h"
#include "unit.h"
#include "xmalloc.h"

#define REQUESTS 40000

static const char *const local_domains[] = {"a.b", "b", NULL};

/* Each key with ' ' behind it, '*' before the blank if it is without its extension. */
static void add(struct buffer *keys, const char *key, bool stripped)
{
    char *quoted = xasprintf("\n%s\n", key);
    char *with_star = xasprintf("\n%s*\n", key);

    if (key[0] != '\0' && strstr(buffer_text(keys), quoted) == NULL &&
        strstr(buffer_text(keys), with_star) == NULL)
        buffer_printf(keys, "%s%s\n", key, stripped ? "*" : "");
    free(quoted);
    free(with_star);
}

/* find_addr(): the external form, and then the internal one where both are asked. */
static void find_addr(struct buffer *keys, const struct search_rules *rules, const char *internal,
                      bool is_external, enum quote_domain domain, bool stripped)
{
    struct buffer external = BUFFER_EMPTY;

    quote_address(slice_of(internal), domain, &external);
    if (is_external)
        add(keys, buffer_text(&external), stripped);
    if (!is_external || rules->search != SEARCH_ALIAS)
        add(keys, internal, stripped);
    buffer_free(&external);
}

static char *strip(const char *localpart, const char *delimiters)
{
    size_t len = strcspn(localpart, delimiters);
    const char *end = localpart + strlen(localpart);

    if (len == 0 || (strchr(delimiters, '-') != NULL &&
                     (strncmp(localpart, "owner-", 6) == 0 ||
                      (end - localpart >= 8 && strcmp(end - 8, "-request") == 0))))
        len = strlen(localpart);
    return xstrndup(localpart, len);
}

static void find_parents(struct buffer *keys, const struct search_rules *rules, const char *domain)
{
    const char *name, *next;

    for (name = domain; *name != '\0'; name = next) {
        add(keys, name, false);
        next = strchr(name + 1, '.');
        if (next == NULL)
            break;
        if (rules->plain_parents)
            next++;
    }
}

static void find_networks(struct buffer *keys, const char *address)
{
    char *text = xstrdup(address);
    char *cut;

    do {
        add(keys, text, false);
        cut = strrchr(text, strchr(address, ':') != NULL ? ':' : '.');
        if (cut != NULL)
            *cut = '\0';
    } while (cut != NULL);
    free(text);
}

/* find_local(): with "user" or "user@" in the place of the address. */
static void find_local(struct buffer *keys, const struct search_rules *rules, const char *localpart,
                       const char *bare, bool is_external, bool with_at)
{
    enum quote_domain domain = with_at ? QUOTE_WITH_DOMAIN : QUOTE_BARE_LOCALPART;
    char *full = xasprintf("%s%s", localpart, with_at ? "@" : "");
    char *stripped = xasprintf("%s%s", bare, with_at ? "@" : "");

    find_addr(keys, rules, full, is_external, domain, false);
    if (strcmp(bare, localpart) != 0)
        find_addr(keys, rules, stripped, is_external, domain, !with_at);
    free(full);
    free(stripped);
}

static void find_address(struct buffer *keys, const struct search_rules *rules,
                         const char *internal, bool is_external)
{
    const char *domain = strrchr(internal, '@') + 1;
    char *localpart = xstrndup(internal, (size_t)(domain - internal) - 1);
    char *bare = strip(localpart, rules->recipient_delimiter);
    char *stripped = xasprintf("%s@%s", bare, domain);

    find_addr(keys, rules, internal, is_external, QUOTE_WITH_DOMAIN, false);
    if (strcmp(bare, localpart) != 0)
        find_addr(keys, rules, stripped, is_external, QUOTE_WITH_DOMAIN, true);
    if (rules->search == SEARCH_ADDRESS || rules->search == SEARCH_ALIAS) {
        if (strcmp(domain, "a.b") == 0 || strcmp(domain, "b") == 0 || strcmp(domain, "a.b.") == 0 ||
            strcmp(domain, "b.") == 0)
            find_local(keys, rules, localpart, bare, is_external, false);
        add(keys, domain - 1, false);
    } else {
        find_parents(keys, rules, domain);
    }
    if (rules->search == SEARCH_ACCESS)
        find_local(keys, rules, localpart, bare, is_external, true);
    free(localpart);
    free(bare);
    free(stripped);
}

/* False: this request is none that Postfix makes. */
static bool find(struct buffer *keys, const struct search_rules *rules, const char *request)
{
    struct slice localpart = quote_localpart_of(slice_of(request));
    struct buffer internal = BUFFER_EMPTY, external = BUFFER_EMPTY;
    bool is_address = rules->search == SEARCH_ADDRESS || rules->search == SEARCH_ALIAS ||
                      rules->search == SEARCH_DOMAIN || rules->search == SEARCH_ACCESS;
    bool is_made = true;

    buffer_add_char(keys, '\n');
    add(keys, request, false);
    if (is_address && localpart.len != strlen(request)) {
        quote_remove(slice_of(request), &internal);
        quote_address(buffer_slice(&internal), QUOTE_WITH_DOMAIN, &external);
        if (strcmp(buffer_text(&external), request) == 0)
            find_address(keys, rules, buffer_text(&internal), true);
        else if (strchr(request, '"') == NULL && strchr(request, '\\') == NULL)
            find_address(keys, rules, request, false);
        else
            is_made = false;
    } else if (rules->search == SEARCH_CLIENT && host_address_is(slice_of(request))) {
        find_networks(keys, request);
    } else if (rules->search >= SEARCH_DOMAIN && !host_address_is(slice_of(request))) {
        find_parents(keys, rules, request);
    }
    buffer_free(&internal);
    buffer_free(&external);
    return is_made;
}

static const char *const parts[] = {"a",  "b",       "owner-", "-request", "+", "-",  ".",  "@",
                                    "@",  "@a.b",    "@b.",    "\"",       " ", "c",  "..", "x.y.z",
                                    "\\", "192.0.2", ".7",     "2001:db8", ":", "::1"};

static void make_request(unsigned *seed, struct buffer *request)
{
    int count = rand_r(seed) % 7 + 1;

    buffer_clear(request);
    for (int i = 0; i < count; i++)
        buffer_add_text(request, parts[rand_r(seed) % (int)(sizeof(parts) / sizeof(parts[0]))]);
}

/* What the tables of local domains say of it. */
static bool is_local(const struct search_keys *keys, size_t index)
{
    struct slice domain = search_key(keys, index);

    return slice_equal(domain, slice_of(local_domains[0])) ||
           slice_equal(domain, slice_of(local_domains[1]));
}

/* A key that is asked, unless it was: a walk past a question may come to one twice. */
static void take(struct buffer *got, const struct search_keys *keys, size_t index)
{
    char *key = xstrndup(search_key(keys, index).data, search_key(keys, index).len);

    add(got, key, search_key_is_stripped(keys, index));
    free(key);
}

START_TEST(same_keys_as_the_reference)
{
    static const char *const delimiters[] = {"+", "", "+-", "-"};
    static struct search_keys keys;
    struct buffer request = BUFFER_EMPTY, expected = BUFFER_EMPTY, got = BUFFER_EMPTY;
    unsigned seed = (unsigned)_i + 1, compared = 0;

    for (int i = 0; i < REQUESTS; i++) {
        bool in_tables = i % 16 < 8;
        struct search_rules rules = {
            (enum search)_i, delimiters[i % 4], true, in_tables ? NULL : local_domains,
            i % 8 < 4,       in_tables};

        make_request(&seed, &request);
        /* A source route ("@a,@b:c@d") is quoted in a way of its own. */
        if (buffer_text(&request)[0] == '@' && strchr(buffer_text(&request), ':') != NULL)
            continue;
        buffer_clear(&expected);
        if (!find(&expected, &rules, buffer_text(&request)))
            continue;
        search_keys(&rules, buffer_slice(&request), &keys);
        buffer_clear(&got);
        buffer_add_char(&got, '\n');
        for (size_t k = 0; k < keys.count; k = search_after(&keys, k, is_local(&keys, k)))
            if (keys.part[k] != SEARCH_IS_LOCAL)
                take(&got, &keys, k);
        ck_assert_msg(strcmp(buffer_text(&got), buffer_text(&expected)) == 0,
                      "%s, delimiters \"%s\":%sexpected:%s", buffer_text(&request),
                      rules.recipient_delimiter, buffer_text(&got), buffer_text(&expected));
        compared++;
    }
    ck_assert_uint_gt(compared, REQUESTS / 2);
    search_keys_free(&keys);
    buffer_free(&request);
    buffer_free(&expected);
    buffer_free(&got);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("search_reference");
    TCase *t = tcase_create("search_reference");

    tcase_add_loop_test(t, same_keys_as_the_reference, 0, SEARCH_NAME + 1);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
