/* External and internal form; every row is what Postfix's quote_822_local(3) makes of it. */
#include "quote.h"

#include "unit.h"

/* Each is the other's image. */
static const struct {
    const char *internal, *external;
} pairs[] = {
    {"user@example.com", "user@example.com"},
    {"a.b.c@example.com", "a.b.c@example.com"},
    {"user+ext@example.com", "user+ext@example.com"},
    {"john doe@example.com", "\"john doe\"@example.com"},
    {"a@b@c", "\"a@b\"@c"},
    {".a@c", "\".a\"@c"},
    {"a.@c", "\"a.\"@c"},
    {"a..b@c", "\"a..b\"@c"},
    {"@c", "\"\"@c"},
    {"a\"b@c", "\"a\\\"b\"@c"},
    {"a\\b@c", "\"a\\\\b\"@c"},
    {"a\rb@c", "\"a\\\rb\"@c"},
    {"a\tb@c", "\"a\tb\"@c"},
    {"a\177b@c", "\"a\177b\"@c"},
    {"a(b)@c", "\"a(b)\"@c"},
    {"a<b>@c", "\"a<b>\"@c"},
    {"a,b@c", "\"a,b\"@c"},
    {"a;b@c", "\"a;b\"@c"},
    {"a:b@c", "\"a:b\"@c"},
    {"a[b]@c", "\"a[b]\"@c"},
    {"a!b%c|d@c", "a!b%c|d@c"},
    {"user@[10.0.0.1]", "user@[10.0.0.1]"},
    {"\xc3\xa4@c", "\xc3\xa4@c"},
    {"a b", "\"a b\""},
    {"user", "user"},
    {"user@", "user@"},
    {"@a,@b:user@c", "@a,@b:user@c"},
    {"@a:john doe@c", "@a:\"john doe\"@c"},
};

START_TEST(quotes)
{
    struct buffer out = BUFFER_EMPTY;

    quote_address(slice_of(pairs[_i].internal), QUOTE_WITH_DOMAIN, &out);
    ck_assert_str_eq(buffer_text(&out), pairs[_i].external);
    buffer_free(&out);
}
END_TEST

START_TEST(unquotes)
{
    struct buffer out = BUFFER_EMPTY;

    quote_remove(slice_of(pairs[_i].external), &out);
    ck_assert_str_eq(buffer_text(&out), pairs[_i].internal);
    buffer_free(&out);
}
END_TEST

/* What no quoting makes can be unquoted as well. */
static const struct {
    const char *external, *internal;
} odd[] = {
    {"\"user\"@c", "user@c"},
    {"\"us\"er@c", "user@c"},
    {"us\\er@c", "user@c"},
    {"a\\@b@c", "a@b@c"},
    {"\"open@c", "open@c"},
    {"\"open\\", "open"},
    {"user@\"c d\"", "user@\"c d\""}, /* the domain is left alone */
    {"user@c\\", "user@c\\"},
    {"\"", ""},
    {"\\", ""},
};

START_TEST(unquotes_odd_forms)
{
    struct buffer out = BUFFER_EMPTY;

    quote_remove(slice_of(odd[_i].external), &out);
    ck_assert_str_eq(buffer_text(&out), odd[_i].internal);
    buffer_free(&out);
}
END_TEST

START_TEST(quotes_a_bare_localpart)
{
    struct buffer out = BUFFER_EMPTY;

    quote_address(slice_of("a@b"), QUOTE_BARE_LOCALPART, &out);
    ck_assert_str_eq(buffer_text(&out), "\"a@b\"");
    buffer_clear(&out);
    quote_address(slice_of("user"), QUOTE_BARE_LOCALPART, &out);
    ck_assert_str_eq(buffer_text(&out), "user");
    buffer_free(&out);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("quote_address");
    TCase *t = tcase_create("quote_address");

    tcase_add_loop_test(t, quotes, 0, (int)(sizeof(pairs) / sizeof(pairs[0])));
    tcase_add_loop_test(t, unquotes, 0, (int)(sizeof(pairs) / sizeof(pairs[0])));
    tcase_add_loop_test(t, unquotes_odd_forms, 0, (int)(sizeof(odd) / sizeof(odd[0])));
    tcase_add_test(t, quotes_a_bare_localpart);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
