/*
 * The keys of a search, in their order. The expected keys are those that Postfix's
 * mail_addr_find(3) asks a mysql: table for.
 */
#include "address.h"

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
        buffer_printf(out, "%s%.*s%s", i != 0 ? " | " : "", (int)keys->key[i].len,
                      keys->key[i].data, keys->stripped[i] ? "*" : "");
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
};

START_TEST(derives_keys_like_postfix)
{
    const struct row *row = &rows[_i];
    struct search_rules rules = {row->search, row->delimiter, true, local_domains, false};
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

START_TEST(parents_may_do_without_the_dot)
{
    static const struct {
        const char *key, *keys;
    } plain[] = {
        {"Sub.Example.COM", "sub.example.com | example.com | com"},
        {".example.com", ".example.com | com"},
        {"a..b", "a..b | .b"},
        {"a.", "a."},
        {"u+x@a.b", "u+x@a.b | u@a.b* | a.b | b"},
    };
    struct search_rules rules = {SEARCH_DOMAIN, "+", true, NULL, true};
    static struct search_keys keys;
    struct buffer text = BUFFER_EMPTY;

    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
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
            struct search_rules rules = {row->search, row->delimiter, true, local_domains, false};

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

START_TEST(refuses_empty_and_invalid_keys)
{
    static const char *const refused[] = {"", "\xff@example.com", "user@example.com\xc3"};
    static struct search_keys keys;

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        for (int search = SEARCH_EXACT; search <= SEARCH_DOMAIN; search++) {
            struct search_rules rules = {(enum search)search, "+", true, NULL, false};

            ck_assert_int_eq(search_keys(&rules, slice_of(refused[i]), &keys), OUTCOME_NOTFOUND);
            ck_assert_uint_eq(keys.count, 0);
        }
    search_keys_free(&keys);
}
END_TEST

/* The longest domain name has all its parents; what is longer still is never told as not found. */
START_TEST(has_room_for_every_domain_name)
{
    struct search_rules rules = {SEARCH_DOMAIN, "+", true, NULL, false};
    static struct search_keys keys;
    struct buffer key = BUFFER_EMPTY;

    buffer_add_text(&key, "\"a b+c\"@");
    for (int i = 0; i < LONGEST_DOMAIN_LABELS; i++)
        buffer_add_text(&key, i == 0 ? "x" : ".x");
    ck_assert_int_eq(search_keys(&rules, buffer_slice(&key), &keys), OUTCOME_OK);
    ck_assert_uint_eq(keys.count, 4 + LONGEST_DOMAIN_LABELS);
    ck_assert(slice_equal(keys.key[keys.count - 1], slice_of(".x")));
    for (int i = 0; i < 50000; i++)
        buffer_add_text(&key, ".x");
    ck_assert_int_eq(search_keys(&rules, buffer_slice(&key), &keys), OUTCOME_TEMP);
    ck_assert_uint_eq(keys.count, SEARCH_KEYS_MAX);
    buffer_free(&key);
    search_keys_free(&keys);
}
END_TEST

START_TEST(long_keys_survive)
{
    struct search_rules rules = {SEARCH_ADDRESS, "+", true, local_domains, false};
    static struct search_keys keys;
    struct buffer key = BUFFER_EMPTY;

    buffer_add_text(&key, "\"");
    for (int i = 0; i < 30000; i++)
        buffer_add_text(&key, "\xce\x90");
    buffer_add_text(&key, " +x\"@local.test");
    ck_assert_int_eq(search_keys(&rules, buffer_slice(&key), &keys), OUTCOME_OK);
    ck_assert_uint_eq(keys.count, 9);
    ck_assert_uint_eq(keys.key[0].len, 30000 * 6 + strlen("\" +x\"@local.test"));
    ck_assert(slice_equal(keys.key[8], slice_of("@local.test")));
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
    /* "@domain": Postfix puts the localpart before it; without the extension only if we do. */
    {SEARCH_ALIAS, true, "User+Foo@x", "@y", "@y"},
    {SEARCH_ALIAS, false, "User+Foo@x", "@y", "User@y"},
    {SEARCH_ALIAS, false, "\"a b+c\"@x", "@y", "\"a b\"@y"},
};

START_TEST(makes_the_reply)
{
    struct search_rules rules = {values[_i].search, "+", values[_i].propagate, NULL, false};
    static struct search_keys keys;
    struct buffer out = BUFFER_EMPTY;
    struct slice value = slice_of(values[_i].value);
    size_t last;

    ck_assert_int_eq(search_keys(&rules, slice_of(values[_i].key), &keys), OUTCOME_OK);
    for (last = 0; !keys.stripped[last]; last++)
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
    tcase_add_test(t, parents_may_do_without_the_dot);
    tcase_add_test(t, can_be_used_again);
    tcase_add_test(t, refuses_empty_and_invalid_keys);
    tcase_add_test(t, has_room_for_every_domain_name);
    tcase_add_test(t, long_keys_survive);
    tcase_add_loop_test(t, makes_the_reply, 0, (int)(sizeof(values) / sizeof(values[0])));
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
