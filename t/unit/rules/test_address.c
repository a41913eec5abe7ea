/*
 * The extension in every address of a value. Each reply means to Postfix (mail_addr_crunch) what the
 * value and the extension together would have meant.
 */
#include "address.h"

#include "unit.h"

static const struct {
    const char *value, *extension, *reply;
} rows[] = {
    {"a@x", "+e", "a+e@x"},
    {"a", "+e", "a+e"},
    {"a@x,b@y", "+e", "a+e@x,b+e@y"},
    {"a@x, b@y", "+e", "a+e@x, b+e@y"},
    {"a@x b@y", "+e", "a+e@x b+e@y"}, /* Postfix adds the missing comma */
    {" a@x ,\t,\r\n b ", "+e", " a+e@x ,\t,\r\n b+e "},
    {"a b c", "+e", "a+e b+e c+e"},
    {"<a@x>", "+e", "<a+e@x>"},
    {"<a@x>,<b@y>", "+e", "<a+e@x>,<b+e@y>"},
    {"Jane Doe <a@x>, \"Doe, J\" <b@y>", "+e", "Jane Doe <a+e@x>, \"Doe, J\" <b+e@y>"},
    {"a@x (home), (work) b@y", "+e", "a+e@x (home), (work) b+e@y"},
    {"a(\\)(,)) @ x", "+e", "a+e(\\)(,)) @ x"},
    {"friends: a@x, b@y;, c", "+e", "friends: a+e@x, b+e@y;, c+e"},

    {"a@x;b@y", "+e", "a+e@x;b+e@y"},
    {"<>, a", "+e", "<>, a+e"},
    {"a@x <b@y>", "+e", "a@x <b+e@y>"}, /* a name, odd as it looks */
    {"a > b", "+e", "a+e > b+e"},
    {"a@x,", "+e", "a+e@x,"},

    /* Inside the quotes. */
    {"\"john doe\"@x", "+e", "\"john doe+e\"@x"},
    {"\"a@b\"@x", "+e", "\"a@b+e\"@x"},
    {"\"a,b\"@x, c", "+e", "\"a,b+e\"@x, c+e"},
    {"\"a\\\"b\"@x", "+e", "\"a\\\"b+e\"@x"},
    {"\"john doe\"", "+e", "\"john doe+e\""},
    {"\"a@b\"", "+e", "\"a@b+e\""},
    {"\"open", "+e", "\"open+e\""},
    {"\"open\\", "+e", "\"open+e\""},
    {"john\\ doe@x", "+e", "john\\ doe+e@x"},
    {"a,\\;b", "+e", "a+e,\\;b+e"},
    {"a\\", "+e", "a+e\\"},
    {"\\", "+e", "+e\\"},
    {"first.last@x", "+e", "first.last+e@x"},
    {"\"first\".last@x", "+e", "\"first\".last+e@x"},
    {"first.\"la st\"@x", "+e", "first.\"la st+e\"@x"},

    /* Quotes that the extension makes necessary. */
    {"a@x", "+e f", "\"a+e f\"@x"},
    {"a", "+e f", "\"a+e f\""},
    {"a@x", "+e\"f\\g", "\"a+e\\\"f\\\\g\"@x"},
    {"\"a b\"@x", "+e\"f", "\"a b+e\\\"f\"@x"},
    {"a@x", "+e@f", "\"a+e@f\"@x"},
    {"a@x", "+e,f", "\"a+e,f\"@x"},
    {"a@x", "+e.", "\"a+e.\"@x"},
    {"a@x", "+e..f", "\"a+e..f\"@x"},
    {"a", "+e%f", "\"a+e%f\""}, /* not user%domain */
    {"a", "+e!f", "\"a+e!f\""},
    {"john\\ doe@x", "+e f", "\"john\\ doe+e f\"@x"},
    {"a@x", "+e.f", "a+e.f@x"},
    {"a@x", ".e", "a.e@x"},
    {"a@x", "-e", "a-e@x"},
    {"a@x", "+", "a+@x"},
    {"a@x", "+\xc3\xa4", "a+\xc3\xa4@x"},

    /* Where Postfix itself will find or make an '@'. */
    {"a@b@c", "+e", "a@b+e@c"},
    {"a%b@c", "+e", "a%b+e@c"},
    {"a%b", "+e", "a+e%b"},
    {"a%b%c", "+e", "a%b+e%c"},
    {"b!a", "+e", "b!a+e"},
    {"b!a%c", "+e", "b!a%c+e"},
    {"<@r,@s:a@x>", "+e", "<@r,@s:a+e@x>"},
    {"a@[10.0.0.1]", "+e", "a+e@[10.0.0.1]"},
    {"a@[IPv6:::1], b", "+e", "a+e@[IPv6:::1], b+e"},
    {"a@x, @y", "+e", "a+e@x, +e@y"},
    {"a@x, @y", ".e", "a.e@x, \".e\"@y"},
    {"a.@x", "+e", "a.+e@x"},

    /* The localpart comes from Postfix. */
    {"@y", "+e", "@y"},

    /* No address: what Postfix will complain of. */
    {"", "+e", ""},
    {" ", "+e", " "},
    {"(comment)", "+e", "(comment)"},
    {",", "+e", ","},
    {"nobody:;", "+e", "nobody:;"},
};

START_TEST(adds_the_extension)
{
    struct buffer out = BUFFER_EMPTY;

    address_add_extension(slice_of(rows[_i].value), slice_of(rows[_i].extension), &out);
    ck_assert_str_eq(buffer_text(&out), rows[_i].reply);
    buffer_free(&out);
}
END_TEST

START_TEST(appends)
{
    struct buffer out = BUFFER_EMPTY;

    buffer_add_text(&out, "OK ");
    address_add_extension(slice_of("a@x"), slice_of("+e"), &out);
    ck_assert_str_eq(buffer_text(&out), "OK a+e@x");
    buffer_free(&out);
}
END_TEST

START_TEST(takes_many_addresses)
{
    struct buffer value = BUFFER_EMPTY;
    struct buffer expected = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;

    for (int i = 0; i < 5000; i++) {
        buffer_printf(&value, "%su%d@x", i != 0 ? "," : "", i);
        buffer_printf(&expected, "%su%d+e@x", i != 0 ? "," : "", i);
    }
    address_add_extension(buffer_slice(&value), slice_of("+e"), &out);
    ck_assert(slice_equal(buffer_slice(&out), buffer_slice(&expected)));
    buffer_free(&value);
    buffer_free(&expected);
    buffer_free(&out);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("address");
    TCase *t = tcase_create("address");

    tcase_add_loop_test(t, adds_the_extension, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(t, appends);
    tcase_add_test(t, takes_many_addresses);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
