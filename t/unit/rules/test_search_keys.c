/*
 * The keys of a search, in their order. The expected keys are those that Postfix's
 * mail_addr_find(3), match_list(3) and smtpd(8) ask a mysql: table for.
 */
#include "search_keys.h"

#include "unit.h"

#define LONGEST_DOMAIN_LABELS 128

static const char *const local_domains[] = {"local.test", "[192.0.2.1]",
                                            "b\xc3\xbc"
                                            "cher.test",
                                            NULL};

/* "key | key*": in the order asked, with '*' where the extension is off. */
static void render(const struct search_keys *keys, struct buffer *out)
{
    for (size_t i = 0; i < keys->count; i++)
        buffer_printf(out, "%s%.*s%s", i != 0 ? " | " : "", (int)search_key(keys, i).len,
                      search_key(keys, i).data, search_key_is_stripped(keys, i) ? "*" : "");
}

struct row {
    enum search search;
    const char *delimiter, *key, *keys, *extension;
};

static const struct row rows[] = {
    {SEARCH_EXACT, "+", "User+Foo@Example.com", "user+foo@example.com", ""},
    {SEARCH_EXACT, "+", "Example.COM", "example.com", ""},

    {SEARCH_ADDRESS, "+", "user@example.com", "user@example.com | @example.com", ""},
    {SEARCH_ADDRESS, "+", "User@Example.COM", "user@example.com | @example.com", ""},
    {SEARCH_ALIAS, "+", "User+Foo@Example.COM",
     "user+foo@example.com | user@example.com* | @example.com", "+Foo"},
    {SEARCH_ALIAS, "", "user+foo@example.com", "user+foo@example.com | @example.com", ""},
    {SEARCH_ALIAS, "-", "user+foo@example.com", "user+foo@example.com | @example.com", ""},

    /* recipient_delimiter is a set; the first one found splits. */
    {SEARCH_ALIAS, "+-", "a-b+c@x", "a-b+c@x | a@x* | @x", "-b+c"},
    {SEARCH_ALIAS, "-+", "a+b-c@x", "a+b-c@x | a@x* | @x", "+b-c"},
    {SEARCH_ALIAS, "+", "a+b+c@x", "a+b+c@x | a@x* | @x", "+b+c"},
    {SEARCH_ALIAS, "+", "a+@x", "a+@x | a@x* | @x", "+"},
    {SEARCH_ALIAS, "+", "user@do+main", "user@do+main | @do+main", ""},

    /* Never an empty localpart, not even by a later delimiter. */
    {SEARCH_ALIAS, "+", "+a@x", "+a@x | @x", ""},
    {SEARCH_ALIAS, "+", "+a+b@x", "+a+b@x | @x", ""},

    /* Never split. */
    {SEARCH_ALIAS, "+-", "postmaster@x", "postmaster@x | @x", ""},
    {SEARCH_ALIAS, "-", "Mailer-Daemon@x", "mailer-daemon@x | @x", ""},
    {SEARCH_ALIAS, "-", "DOUBLE-bounce@x", "double-bounce@x | @x", ""},
    {SEARCH_ALIAS, "-", "double-bounced@x", "double-bounced@x | double@x* | @x", "-bounced"},
    {SEARCH_ALIAS, "+", "postmaster+x@y", "postmaster+x@y | postmaster@y* | @y", "+x"},
    {SEARCH_ALIAS, "-", "Owner-list@x", "owner-list@x | @x", ""},
    {SEARCH_ALIAS, "+-", "owner-list+a@x", "owner-list+a@x | @x", ""},
    {SEARCH_ALIAS, "-", "list-Request@x", "list-request@x | @x", ""},
    {SEARCH_ALIAS, "-", "-request@x", "-request@x | @x", ""},
    {SEARCH_ALIAS, "+", "owner-list+a@x", "owner-list+a@x | owner-list@x* | @x", "+a"},
    {SEARCH_ALIAS, "+", "list+a-request@x", "list+a-request@x | list@x* | @x", "+a-request"},
    {SEARCH_ALIAS, "-", "owner@x", "owner@x | @x", ""},

    /* Without '@': just itself. */
    {SEARCH_ALIAS, "+", "example.com", "example.com", ""},
    {SEARCH_ALIAS, "-", "foo-bar.example.com", "foo-bar.example.com", ""},
    {SEARCH_ADDRESS, "+", "user+foo", "user+foo", ""},
    {SEARCH_ADDRESS, "+", "\"a b", "\"a b", ""},
    {SEARCH_ADDRESS, "+", " ", " ", ""},

    /* The bare localpart, if the domain is local. */
    {SEARCH_ADDRESS, "+", "User@Local.Test", "user@local.test | user | @local.test", ""},
    {SEARCH_ALIAS, "+", "u+x@local.test", "u+x@local.test | u@local.test* | u+x | u* | @local.test",
     "+x"},
    {SEARCH_ALIAS, "+", "u@local.test.", "u@local.test. | u | @local.test.", ""},
    {SEARCH_ALIAS, "+", "u@local.test..", "u@local.test.. | @local.test..", ""},
    {SEARCH_ALIAS, "+", "u@[192.0.2.1]", "u@[192.0.2.1] | u | @[192.0.2.1]", ""},
    {SEARCH_ALIAS, "+", "u@sub.local.test", "u@sub.local.test | @sub.local.test", ""},
    {SEARCH_ALIAS, "+", "u@", "u@ | @", ""},
    {SEARCH_ALIAS, "+", "u@.", "u@. | @.", ""},
    {SEARCH_ALIAS, "+", "\"a b+c\"@local.test",
     "\"a b+c\"@local.test | \"a b\"@local.test* | \"a b+c\" | \"a b\"* | @local.test", "+c"},
    {SEARCH_ADDRESS, "+", "\"a@b\"@local.test",
     "\"a@b\"@local.test | a@b@local.test | \"a@b\" | a@b | @local.test", ""},
    {SEARCH_ADDRESS, "+",
     "U@B\xc3\x9c"
     "CHER.test",
     "u@b\xc3\xbc"
     "cher.test | u | @b\xc3\xbc"
     "cher.test",
     ""},

    /* Quoted: stripped inside the quotes, which stay only where they are still needed. */
    {SEARCH_ALIAS, "+", "\"john doe\"@x", "\"john doe\"@x | @x", ""},
    {SEARCH_ALIAS, "+", "\"john doe+a\"@x", "\"john doe+a\"@x | \"john doe\"@x* | @x", "+a"},
    {SEARCH_ALIAS, "+", "\"john+a b\"@x", "\"john+a b\"@x | john@x* | @x", "+a b"},
    {SEARCH_ALIAS, "+", "\"j+a\\\"b\"@x", "\"j+a\\\"b\"@x | j@x* | @x", "+a\"b"},
    {SEARCH_ALIAS, "+", "\"a@b\"@c", "\"a@b\"@c | @c", ""},
    {SEARCH_ALIAS, "+", "\"a@b+x\"@c", "\"a@b+x\"@c | \"a@b\"@c* | @c", "+x"},
    {SEARCH_ALIAS, "+", "\"+ a\"@x", "\"+ a\"@x | @x", ""},
    {SEARCH_ALIAS, "+", "a.+x@y", "a.+x@y | \"a.\"@y* | @y", "+x"},
    {SEARCH_ALIAS, ".", "a.b@y", "a.b@y | a@y* | @y", ".b"},
    {SEARCH_ALIAS, "+", "\"\"@x", "\"\"@x | @x", ""},

    /* Quoted, and asked in both forms (mail_addr_find). */
    {SEARCH_ADDRESS, "+", "\"john doe+a\"@x",
     "\"john doe+a\"@x | john doe+a@x | \"john doe\"@x* | john doe@x* | @x", "+a"},
    {SEARCH_ADDRESS, "+", "\"\"@x", "\"\"@x | @x", ""},
    {SEARCH_ADDRESS, "+", "\"\"@local.test", "\"\"@local.test | @local.test | \"\"", ""},

    /* Quoted without need; Postfix would not have sent it so. */
    {SEARCH_ALIAS, "+", "\"john\"@x", "\"john\"@x | @x", ""},
    {SEARCH_ALIAS, "+", "\"john+a\"@x", "\"john+a\"@x | john@x* | @x", "+a"},
    {SEARCH_ADDRESS, "+", "\"john+a\"@x", "\"john+a\"@x | john@x* | @x", "+a"},

    /* Internal form: everything stays unquoted, and backslashes are just characters. */
    {SEARCH_ALIAS, "+", "john doe+a@x", "john doe+a@x | john doe@x* | @x", "+a"},
    {SEARCH_ADDRESS, "+", "john doe+a@x", "john doe+a@x | john doe@x* | @x", "+a"},
    {SEARCH_ALIAS, "+", "a@b@c", "a@b@c | @c", ""},
    {SEARCH_ALIAS, "+", "a@b+x@c", "a@b+x@c | a@b@c* | @c", "+x"},
    {SEARCH_ALIAS, "+", "a\\b+x@c", "a\\b+x@c | a\\b@c* | @c", "+x"},
    {SEARCH_ALIAS, "+", "\"open+x@c", "\"open+x@c | \"open@c* | @c", "+x"},
    {SEARCH_ALIAS, "+", "\"open@c", "\"open@c | @c", ""},
    {SEARCH_ALIAS, "+", "\"a\"b+x@c", "\"a\"b+x@c | \"a\"b@c* | @c", "+x"},
    {SEARCH_ALIAS, "+", "\"a+x\\\"@c", "\"a+x\\\"@c | \"a@c* | @c", "+x\\\""},

    /* Odd ones. */
    {SEARCH_ALIAS, "+", "@", "@", ""},
    {SEARCH_ALIAS, "+", "@example.com", "@example.com", ""},
    {SEARCH_ALIAS, "+", "@@", "@@ | @", ""},
    {SEARCH_ALIAS, "+", "\"", "\"", ""},
    {SEARCH_ALIAS, "+", "u@[10.0.0.1]", "u@[10.0.0.1] | @[10.0.0.1]", ""},
    {SEARCH_ALIAS, "+", "@a,@b:u+x@c", "@a,@b:u+x@c | @a,@b:u@c* | @c", "+x"},

    /* Folding may change lengths; the extension is as it was written. */
    {SEARCH_ALIAS, "+",
     "Stra\xc3\x9f"
     "e+\xc3\x84"
     "B@X",
     "strasse+\xc3\xa4"
     "b@x | strasse@x* | @x",
     "+\xc3\x84"
     "B"},
    {SEARCH_ALIAS, "+", "po\xc5\xbftmaster+x@y", "postmaster+x@y | postmaster@y* | @y", "+x"},

    /* Domains and their parents. */
    {SEARCH_DOMAIN, "+", "Sub.Example.COM", "sub.example.com | .example.com | .com", ""},
    {SEARCH_DOMAIN, "+", "com", "com", ""},
    {SEARCH_DOMAIN, "-", "a-b.c", "a-b.c | .c", ""},
    {SEARCH_DOMAIN, "+", ".example.com", ".example.com | .com", ""},
    {SEARCH_DOMAIN, "+", "a..b", "a..b | ..b | .b", ""},
    {SEARCH_DOMAIN, "+", "a.", "a. | .", ""},
    {SEARCH_DOMAIN, "+", "*", "*", ""},
    /* transport_maps are asked for addresses. */
    {SEARCH_DOMAIN, "+", "U+x@sub.example.com",
     "u+x@sub.example.com | u@sub.example.com* | sub.example.com | .example.com | .com", "+x"},
    {SEARCH_DOMAIN, "+", "u@", "u@", ""},
    /* A network address has no parents, but those of a domain are not looked at so closely. */
    {SEARCH_DOMAIN, "+", "192.0.2.7", "192.0.2.7", ""},
    {SEARCH_DOMAIN, "+", "::ffff:192.0.2.7", "::ffff:192.0.2.7", ""},
    {SEARCH_DOMAIN, "+", "192.0.2.256", "192.0.2.256 | .0.2.256 | .2.256 | .256", ""},
    {SEARCH_DOMAIN, "+", "[192.0.2.7]", "[192.0.2.7] | .0.2.7] | .2.7] | .7]", ""},

    /* access(5), addresses: the address, domain and parents, and the localpart in any domain. */
    {SEARCH_ACCESS, "+", "User@Sub.Example.COM",
     "user@sub.example.com | sub.example.com | .example.com | .com | user@", ""},
    {SEARCH_ACCESS, "+", "u+x@example.com",
     "u+x@example.com | u@example.com* | example.com | .com | u+x@ | u@", "+x"},
    {SEARCH_ACCESS, "", "u+x@example.com", "u+x@example.com | example.com | .com | u+x@", ""},
    {SEARCH_ACCESS, "+", "u@local.test", "u@local.test | local.test | .test | u@", ""},
    {SEARCH_ACCESS, "+", "\"a b+c\"@x",
     "\"a b+c\"@x | a b+c@x | \"a b\"@x* | a b@x* | x | \"a b+c\"@ | a b+c@ | \"a b\"@ | a b@",
     "+c"},
    {SEARCH_ACCESS, "+", "a b+c@x", "a b+c@x | a b@x* | x | a b+c@ | a b@", "+c"},
    {SEARCH_ACCESS, "+", "u@[192.0.2.7]",
     "u@[192.0.2.7] | [192.0.2.7] | .0.2.7] | .2.7] | .7] | u@", ""},
    {SEARCH_ACCESS, "+", "u@192.0.2.7", "u@192.0.2.7 | 192.0.2.7 | .0.2.7 | .2.7 | .7 | u@", ""},
    {SEARCH_ACCESS, "+", "u@", "u@", ""},
    {SEARCH_ACCESS, "+", "u@.", "u@. | . | u@", ""},
    {SEARCH_ACCESS, "+", "@x.y", "@x.y | x.y | .y | @", ""},
    {SEARCH_ACCESS, "+", "\xc3\x9c+\xc3\x9f@B\xc3\x9c.test",
     "\xc3\xbc+ss@b\xc3\xbc.test | \xc3\xbc@b\xc3\xbc.test* | b\xc3\xbc.test | .test | "
     "\xc3\xbc+ss@ | "
     "\xc3\xbc@",
     "+\xc3\x9f"},
    /* Names: of check_helo_access, and the null sender. */
    {SEARCH_ACCESS, "+", "Mail.Example.COM", "mail.example.com | .example.com | .com", ""},
    {SEARCH_ACCESS, "-", "a-b.c", "a-b.c | .c", ""},
    {SEARCH_ACCESS, "+", "192.0.2.7", "192.0.2.7", ""},
    {SEARCH_ACCESS, "+", "<>", "<>", ""},

    /* access(5), clients: names with parents, network addresses with their networks. */
    {SEARCH_CLIENT, "+", "Mail.Example.COM", "mail.example.com | .example.com | .com", ""},
    {SEARCH_CLIENT, "+", "unknown", "unknown", ""},
    {SEARCH_CLIENT, "+", "192.0.2.7", "192.0.2.7 | 192.0.2 | 192.0 | 192", ""},
    {SEARCH_CLIENT, "+", "2001:DB8::1", "2001:db8::1 | 2001:db8: | 2001:db8 | 2001", ""},
    {SEARCH_CLIENT, "+", "2001:db8:1:2:3:4:5:6",
     "2001:db8:1:2:3:4:5:6 | 2001:db8:1:2:3:4:5 | 2001:db8:1:2:3:4 | 2001:db8:1:2:3 | "
     "2001:db8:1:2 | 2001:db8:1 | 2001:db8 | 2001",
     ""},
    {SEARCH_CLIENT, "+", "::1", "::1 | :", ""},
    {SEARCH_CLIENT, "+", "192.0.2", "192.0.2 | .0.2 | .2", ""},
    {SEARCH_CLIENT, "+", "u+x@a.b", "u+x@a.b | .b", ""},

    /* Names and nothing else: '@' is a character as any other. */
    {SEARCH_NAME, "+", "Mail.Example.COM", "mail.example.com | .example.com | .com", ""},
    {SEARCH_NAME, "+", "u+x@a.b", "u+x@a.b | .b", ""},
    {SEARCH_NAME, "+", "192.0.2.7", "192.0.2.7", ""},
    {SEARCH_NAME, "+", "[192.0.2.7]", "[192.0.2.7] | .0.2.7] | .2.7] | .7]", ""},
};

START_TEST(derives_keys_like_postfix)
{
    const struct row *row = &rows[_i];
    struct search_rules rules = {row->search, row->delimiter, true, local_domains, false, false};
    static struct search_keys keys;
    struct buffer text = BUFFER_EMPTY;

    ck_assert_int_eq(search_keys(&rules, slice_of(row->key), &keys), OUTCOME_OK);
    render(&keys, &text);
    ck_assert_str_eq(buffer_text(&text), row->keys);
    ck_assert_msg(slice_equal(keys.extension, slice_of(row->extension)), "extension of %s: %.*s",
                  row->key, (int)keys.extension.len, keys.extension.data);
    buffer_free(&text);
    search_keys_free(&keys);
}
END_TEST

/* Where tables know what is local, they are asked before the localparts, which depend on it. */
START_TEST(tables_may_know_what_is_local)
{
    static const struct {
        const char *key, *local, *other;
    } asked[] = {
        {"u+x@local.test", "u+x@local.test | u@local.test* | u+x | u* | @local.test",
         "u+x@local.test | u@local.test* | u+x | u* | @local.test"},
        {"u+x@T.Test.", "u+x@t.test. | u@t.test.* | t.test? | u+x | u* | @t.test.",
         "u+x@t.test. | u@t.test.* | t.test? | @t.test."},
        {"u@u", "u@u | u? | u | @u", "u@u | u? | @u"},
        {"\"@b\"@b", "\"@b\"@b | @b@b | b? | \"@b\" | @b | @b", "\"@b\"@b | @b@b | b? | @b"},
        {"u@t..", "u@t.. | @t..", "u@t.. | @t.."},
        {"u@", "u@ | @", "u@ | @"},
        {"@t.test", "@t.test", "@t.test"},
        {"t.test", "t.test", "t.test"},
    };
    const struct search_rules rules = {SEARCH_ADDRESS, "+", true, local_domains, false, true};
    static struct search_keys keys;
    struct buffer text = BUFFER_EMPTY;

    for (size_t i = 0; i < 2 * sizeof(asked) / sizeof(asked[0]); i++) {
        bool is_local = i % 2 == 0;

        ck_assert_int_eq(search_keys(&rules, slice_of(asked[i / 2].key), &keys), OUTCOME_OK);
        buffer_clear(&text);
        for (size_t k = 0; k < keys.count; k = search_after(&keys, k, is_local))
            buffer_printf(&text, "%s%.*s%s", k != 0 ? " | " : "", (int)search_key(&keys, k).len,
                          search_key(&keys, k).data,
                          keys.part[k] == SEARCH_IS_LOCAL    ? "?"
                          : search_key_is_stripped(&keys, k) ? "*"
                                                             : "");
        ck_assert_str_eq(buffer_text(&text), is_local ? asked[i / 2].local : asked[i / 2].other);
    }
    buffer_free(&text);
    search_keys_free(&keys);
}
END_TEST

START_TEST(parents_may_do_without_the_dot)
{
    static const struct {
        enum search search;
        const char *key, *keys;
    } plain[] = {
        {SEARCH_DOMAIN, "Sub.Example.COM", "sub.example.com | example.com | com"},
        {SEARCH_DOMAIN, ".example.com", ".example.com | com"},
        {SEARCH_DOMAIN, "a..b", "a..b | .b"},
        {SEARCH_DOMAIN, "a.", "a."},
        {SEARCH_DOMAIN, "u+x@a.b", "u+x@a.b | u@a.b* | a.b | b"},
        {SEARCH_DOMAIN, "192.0.2.7", "192.0.2.7"},
        {SEARCH_ACCESS, "u+x@a.b", "u+x@a.b | u@a.b* | a.b | b | u+x@ | u@"},
        {SEARCH_ACCESS, "a.b.", "a.b. | b."},
        {SEARCH_CLIENT, "a.b", "a.b | b"},
        {SEARCH_CLIENT, "192.0.2.7", "192.0.2.7 | 192.0.2 | 192.0 | 192"},
        {SEARCH_NAME, "u@a.b", "u@a.b | b"},
    };
    struct search_rules rules = {.recipient_delimiter = "+", .plain_parents = true};
    static struct search_keys keys;
    struct buffer text = BUFFER_EMPTY;

    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        rules.search = plain[i].search;
        ck_assert_int_eq(search_keys(&rules, slice_of(plain[i].key), &keys), OUTCOME_OK);
        buffer_clear(&text);
        render(&keys, &text);
        ck_assert_str_eq(buffer_text(&text), plain[i].keys);
    }
    buffer_free(&text);
    search_keys_free(&keys);
}
END_TEST

/* The same through one search_keys: nothing of the one before is left. */
START_TEST(can_be_used_again)
{
    static struct search_keys keys;
    struct buffer text = BUFFER_EMPTY;

    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            const struct row *row = &rows[pass == 0 ? i : sizeof(rows) / sizeof(rows[0]) - 1 - i];
            struct search_rules rules = {row->search,   row->delimiter, true,
                                         local_domains, false,          false};

            search_keys(&rules, slice_of(row->key), &keys);
            buffer_clear(&text);
            render(&keys, &text);
            ck_assert_str_eq(buffer_text(&text), row->keys);
            ck_assert(slice_equal(keys.extension, slice_of(row->extension)));
        }
    buffer_free(&text);
    search_keys_free(&keys);
}
END_TEST

/* Put away and taken up again they are what they were. */
START_TEST(can_be_packed)
{
    static struct search_keys keys;
    struct buffer text = BUFFER_EMPTY;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct search_rules rules = {row->search,   row->delimiter, true,
                                     local_domains, false,          false};

        search_begin(slice_of(row->key), &keys);
        search_pack(&keys);
        ck_assert_uint_eq(search_keys_memory(&keys), strlen(row->key) + 1);
        search_unpack(&rules, &keys, false);
        ck_assert_uint_eq(keys.count, 1);
        search_rest(&rules, &keys);
        search_pack(&keys);
        search_unpack(&rules, &keys, true);
        buffer_clear(&text);
        render(&keys, &text);
        ck_assert_str_eq(buffer_text(&text), row->keys);
        ck_assert(slice_equal(keys.extension, slice_of(row->extension)));
    }
    buffer_free(&text);
    search_keys_free(&keys);
    ck_assert_uint_eq(search_keys_memory(&keys), 0);
}
END_TEST

START_TEST(refuses_empty_and_invalid_keys)
{
    static const char *const refused[] = {"", "\xff@example.com", "user@example.com\xc3"};
    static struct search_keys keys;

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        for (int search = SEARCH_EXACT; search <= SEARCH_NAME; search++) {
            struct search_rules rules = {(enum search)search, "+", true, NULL, false, false};

            ck_assert_int_eq(search_keys(&rules, slice_of(refused[i]), &keys), OUTCOME_NOTFOUND);
            ck_assert_uint_eq(keys.count, 0);
        }
    search_keys_free(&keys);
}
END_TEST

/* The longest domain name has all its parents; what is longer still is never told as not found. */
START_TEST(has_room_for_every_domain_name)
{
    struct search_rules rules = {SEARCH_ACCESS, "+", true, NULL, false, false};
    static struct search_keys keys;
    struct buffer key = BUFFER_EMPTY;

    buffer_add_text(&key, "\"a b+c\"@");
    for (int i = 0; i < LONGEST_DOMAIN_LABELS; i++)
        buffer_add_text(&key, i == 0 ? "x" : ".x");
    ck_assert_int_eq(search_keys(&rules, buffer_slice(&key), &keys), OUTCOME_OK);
    ck_assert_uint_eq(keys.count, 4 + LONGEST_DOMAIN_LABELS + 4);
    ck_assert(slice_equal(search_key(&keys, keys.count - 5), slice_of(".x")));
    ck_assert(slice_equal(search_key(&keys, keys.count - 1), slice_of("a b@")));
    for (int i = 0; i < 50000; i++)
        buffer_add_text(&key, ".x");
    ck_assert_int_eq(search_keys(&rules, buffer_slice(&key), &keys), OUTCOME_TEMP);
    ck_assert_uint_eq(keys.count, SEARCH_KEYS_MAX);
    buffer_free(&key);
    search_keys_free(&keys);
}
END_TEST

/* However many keys there are, they take the room of a few: the address in each of its forms. */
START_TEST(derived_keys_cost_no_copies)
{
    const size_t key_len = 10000, forms = 4;
    struct search_rules rules = {(enum search)_i, "+", true, NULL, false, false};
    static struct search_keys keys;
    struct buffer key = BUFFER_EMPTY;
    size_t bytes;

    buffer_add_text(&key, "\"a b+c\"@");
    for (int i = 0; i < LONGEST_DOMAIN_LABELS - 1; i++)
        buffer_add_text(&key, "x.");
    while (key.len < key_len)
        buffer_add_char(&key, 'y');
    ck_assert_int_eq(search_keys(&rules, buffer_slice(&key), &keys), OUTCOME_OK);
    bytes = keys.request.capacity + keys.text.capacity;
    for (size_t i = 0; i < sizeof(keys.scratch) / sizeof(keys.scratch[0]); i++)
        bytes += keys.scratch[i].capacity;
    /* A buffer may have room for twice of what is in it; besides, there are the request and scratch. */
    ck_assert_uint_le(bytes, 2 * (forms + 4) * key_len);
    buffer_free(&key);
    search_keys_free(&keys);
}
END_TEST

/* What may be asked when an old answer already has to do: nothing that is somebody else's. */
START_TEST(knows_whose_key_it_is)
{
    static const struct {
        enum search search;
        const char *key;
        size_t own;
    } own[] = {
        {SEARCH_EXACT, "u+x@local.test", 1},  {SEARCH_ADDRESS, "u+x@local.test", 4},
        {SEARCH_ADDRESS, "\"a b+c\"@x.y", 4}, {SEARCH_DOMAIN, "u+x@sub.example.com", 2},
        {SEARCH_DOMAIN, "example.com", 1},    {SEARCH_ACCESS, "u+x@example.com", 2},
        {SEARCH_CLIENT, "mail.example", 1},   {SEARCH_CLIENT, "192.0.2.7", 1},
    };
    static struct search_keys keys;

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        struct search_rules rules = {own[i].search, "+", true, local_domains, false, false};

        search_keys(&rules, slice_of(own[i].key), &keys);
        for (size_t k = 0; k < keys.count; k++)
            ck_assert_msg(search_key_is_own(&keys, k) == (k < own[i].own), "%s, key %zu",
                          own[i].key, k);
    }
    search_keys_free(&keys);
}
END_TEST

START_TEST(long_keys_survive)
{
    struct search_rules rules = {SEARCH_ADDRESS, "+", true, local_domains, false, false};
    static struct search_keys keys;
    struct buffer key = BUFFER_EMPTY;

    buffer_add_text(&key, "\"");
    for (int i = 0; i < 30000; i++)
        buffer_add_text(&key, "\xce\x90");
    buffer_add_text(&key, " +x\"@local.test");
    ck_assert_int_eq(search_keys(&rules, buffer_slice(&key), &keys), OUTCOME_OK);
    ck_assert_uint_eq(keys.count, 9);
    ck_assert_uint_eq(search_key(&keys, 0).len, 30000 * 6 + strlen("\" +x\"@local.test"));
    ck_assert(slice_equal(search_key(&keys, 8), slice_of("@local.test")));
    buffer_free(&key);
    search_keys_free(&keys);
}
END_TEST

/* What a value becomes when it was found for the first key that has the extension off. */
static const struct {
    enum search search;
    bool propagate;
    const char *key, *value, *reply; /* NULL: as it is */
} values[] = {
    {SEARCH_ALIAS, true, "User+Foo@x", "dest@y", "dest+Foo@y"},
    {SEARCH_ALIAS, false, "User+Foo@x", "dest@y", NULL},
    {SEARCH_ADDRESS, true, "User+Foo@x", "dest@y", NULL},
    {SEARCH_DOMAIN, true, "User+Foo@x", "smtp:[y]", NULL},
    {SEARCH_ACCESS, true, "User+Foo@x", "REDIRECT dest@y", NULL},
    /* "@domain": Postfix puts the localpart before it; without the extension only if we do. */
    {SEARCH_ALIAS, true, "User+Foo@x", "@y", "@y"},
    {SEARCH_ALIAS, false, "User+Foo@x", "@y", "User@y"},
    {SEARCH_ALIAS, false, "\"a b+c\"@x", "@y", "\"a b\"@y"},
};

START_TEST(makes_the_reply)
{
    struct search_rules rules = {values[_i].search, "+", values[_i].propagate, NULL, false, false};
    static struct search_keys keys;
    struct buffer out = BUFFER_EMPTY;
    struct slice value = slice_of(values[_i].value);
    size_t last;

    ck_assert_int_eq(search_keys(&rules, slice_of(values[_i].key), &keys), OUTCOME_OK);
    for (last = 0; !search_key_is_stripped(&keys, last); last++)
        ck_assert(!search_value(&rules, &keys, last, value, &out));
    ck_assert_int_eq(search_value(&rules, &keys, last, value, &out), values[_i].reply != NULL);
    ck_assert_str_eq(buffer_text(&out), values[_i].reply != NULL ? values[_i].reply : "");
    buffer_free(&out);
    search_keys_free(&keys);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("search");
    TCase *t = tcase_create("search");

    tcase_add_loop_test(t, derives_keys_like_postfix, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(t, tables_may_know_what_is_local);
    tcase_add_test(t, parents_may_do_without_the_dot);
    tcase_add_test(t, can_be_used_again);
    tcase_add_test(t, can_be_packed);
    tcase_add_test(t, refuses_empty_and_invalid_keys);
    tcase_add_test(t, has_room_for_every_domain_name);
    tcase_add_loop_test(t, derived_keys_cost_no_copies, 0, SEARCH_NAME + 1);
    tcase_add_test(t, knows_whose_key_it_is);
    tcase_add_test(t, long_keys_survive);
    tcase_add_loop_test(t, makes_the_reply, 0, (int)(sizeof(values) / sizeof(values[0])));
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
