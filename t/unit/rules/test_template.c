/* The %-templates of mysql_table(5), with the rules of Postfix's db_common_expand(3). */
#include "template.h"

#include "unit.h"

#define SUPPRESSED NULL

static void quote_in_brackets(void *arg, struct slice text, struct buffer *out)
{
    (*(int *)arg)++;
    buffer_printf(out, "[%.*s]", (int)text.len, text.data);
}

/* The query for a key; each expansion in brackets, as a quoting function would see it. */
static const struct {
    const char *query, *result_format, *key, *expected;
} queries[] = {
    {"SELECT 1", "%s", "a@b.c", "SELECT 1"},
    {"x='%s'", "%s", "a@b.c", "x='[a@b.c]'"},
    {"%s", "%s", "plain", "[plain]"},
    {"%S%s%%%s", "%s", "k", "[k][k]%[k]"},
    {"%u at %d", "%s", "user+x@sub.example.com", "[user+x] at [sub.example.com]"},
    {"%U at %D", "%s", "user@example.com", "[user] at [example.com]"},
    {"CONCAT('%u','@',x) '@%d' '%d/%u/'", "%s", "u@d", "CONCAT('[u]','@',x) '@[d]' '[d]/[u]/'"},
    {"LIKE '%%%s%%'", "%s", "k", "LIKE '%[k]%'"},
    {"%%s", "%s", "k", "%s"},

    /* The domain is behind the last '@'. */
    {"%u %d", "%s", "a@b@c", "[a@b] [c]"},
    {"%u %d", "%s", "\"a@b\"@c", "[\"a@b\"] [c]"},

    /* %u of a key without '@' is the key; %d has nothing to stand for. */
    {"%u", "%s", "plain", "[plain]"},
    {"%U", "%s", "plain", "[plain]"},
    {"%d", "%s", "plain", SUPPRESSED},
    {"%D", "%s", "plain", SUPPRESSED},
    {"%u%d", "%s", "plain", SUPPRESSED},
    {"%d", "%s", "user@", SUPPRESSED},
    {"%u", "%s", "user@", "[user]"},

    /* An empty localpart. */
    {"%u", "%s", "@example.com", SUPPRESSED},
    {"%U", "%s", "@example.com", SUPPRESSED},
    {"%d", "%s", "@example.com", "[example.com]"},
    {"%s", "%s", "@example.com", "[@example.com]"},
    {"%u", "%s", "@@c", "[@]"},
    {"%u", "%s", "@", SUPPRESSED},
    {"%s", "%s", "@", "[@]"},

    /* Labels count from the right; dots side by side are one. */
    {"%1 %2 %3", "%s", "u@a.b.c", "[c] [b] [a]"},
    {"%1", "%s", "u@a.b.c", "[c]"},
    {"%2", "%s", "u@com", SUPPRESSED},
    {"%1", "%s", "u@com", "[com]"},
    {"%9", "%s", "u@9.8.7.6.5.4.3.2.1", "[9]"},
    {"%9", "%s", "u@8.7.6.5.4.3.2.1", SUPPRESSED},
    {"%3", "%s", "u@a..b.c.", "[a]"},
    {"%2", "%s", "u@.com", SUPPRESSED},
    {"%1", "%s", "u@...", SUPPRESSED},
    {"%1", "%s", "plain.com", SUPPRESSED},
    {"%1", "%s", "@a.b", "[b]"},

    /* What result_format wants of the key counts before the query. */
    {"%s", "%D", "plain", SUPPRESSED},
    {"%s", "%U", "@example.com", SUPPRESSED},
    {"%s", "%U", "plain", "[plain]"},
    {"%s", "%2", "u@com", SUPPRESSED},
    {"%1", "%2", "u@com", SUPPRESSED},
    {"%2", "%1", "u@com", SUPPRESSED},
    {"%s", "%2", "u@a.com", "[u@a.com]"},
    {"%s", "%S", "plain", "[plain]"},
    /* What it wants of the value does not. */
    {"%s", "%d", "plain", "[plain]"},
    {"%s", "%u", "@example.com", "[@example.com]"},

    {"%s", "%s", "", SUPPRESSED},
    {"SELECT 1", "%s", "", SUPPRESSED},
};

START_TEST(expands_queries)
{
    struct buffer error = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    struct template *template = template_new(queries[_i].query, queries[_i].result_format, &error);
    struct slice key = slice_of(queries[_i].key);
    int quoted = 0;

    ck_assert_str_eq(buffer_text(&error), "");
    ck_assert_ptr_nonnull(template);
    ck_assert_int_eq(template_key_fits(template, key), queries[_i].expected != SUPPRESSED);
    if (queries[_i].expected != SUPPRESSED) {
        template_query(template, key, quote_in_brackets, &quoted, &out);
        ck_assert_str_eq(buffer_text(&out), queries[_i].expected);
        ck_assert_int_eq(template_is_dynamic(template), quoted > 0);
    }
    buffer_free(&out);
    template_free(template);
}
END_TEST

/* The result for one value, after "x" and into nothing. */
static const struct {
    const char *query, *result_format, *key, *value, *expected;
} results[] = {
    {"%s", "%s", "k", "v", "v"},
    {"%s", "OK", "k", "v", "OK"},
    {"%s", "smtp:[%s]:25", "k", "v", "smtp:[v]:25"},
    {"%s", "100%%", "k", "v", "100%"},
    {"%s", "%u of %d", "k", "user@example.com", "user of example.com"},
    {"%s", "%u", "k", "plain", "plain"},
    {"%s", "%d", "k", "plain", SUPPRESSED},
    {"%s", "%d", "k", "user@", SUPPRESSED},
    {"%s", "%u", "k", "@example.com", SUPPRESSED},
    {"%s", "%d", "k", "@example.com", "example.com"},
    {"%s", "%s", "k", "@example.com", "@example.com"},
    {"%s", "%u|%d", "k", "a@b@c", "a@b|c"},
    {"%s", "%S=%s", "k", "v", "k=v"},
    {"%s", "%U %D %1 %2", "user@example.com", "v", "user example.com com example"},
    {"%s", "%U", "plain", "v", "plain"},
    {"%s", "%d/%u/", "a@b", "user@example.com", "example.com/user/"},
    {"%s", "%u@%D", "a@b", "user@example.com", "user@b"},
    {"%d", "%u", "a@b", "user", "user"},
};

START_TEST(expands_results)
{
    struct buffer error = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    struct template *template = template_new(results[_i].query, results[_i].result_format, &error);
    struct slice key = slice_of(results[_i].key);
    struct slice value = slice_of(results[_i].value);
    const char *expected = results[_i].expected;

    ck_assert_ptr_nonnull(template);
    ck_assert(template_key_fits(template, key));
    ck_assert_int_eq(template_result(template, key, value, &out), expected != SUPPRESSED);
    ck_assert_str_eq(buffer_text(&out), expected != SUPPRESSED ? expected : "");
    buffer_clear(&out);
    buffer_add_text(&out, "x");
    ck_assert_int_eq(template_result(template, key, value, &out), expected != SUPPRESSED);
    ck_assert_int_eq(strncmp(out.data, expected != SUPPRESSED ? "x," : "x", 2), 0);
    ck_assert_str_eq(out.data + (expected != SUPPRESSED ? 2 : 1),
                     expected != SUPPRESSED ? expected : "");
    buffer_free(&out);
    template_free(template);
}
END_TEST

START_TEST(quotes_only_expansions)
{
    struct buffer error = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    struct template *template = template_new("a='%s' b='%u' c='%%'", "%s", &error);
    int quoted = 0;

    template_query(template, slice_of("u@d"), quote_in_brackets, &quoted, &out);
    ck_assert_str_eq(buffer_text(&out), "a='[u@d]' b='[u]' c='%'");
    ck_assert_int_eq(quoted, 2);
    buffer_clear(&out);
    template_query(template, slice_of("u@d"), NULL, NULL, &out);
    ck_assert_str_eq(buffer_text(&out), "a='u@d' b='u' c='%'");
    buffer_free(&out);
    template_free(template);
}
END_TEST

/* Whatever the texts hold besides '%' is theirs. */
START_TEST(keeps_bytes)
{
    struct buffer error = BUFFER_EMPTY;
    struct buffer out = BUFFER_EMPTY;
    struct template *template = template_new("SELECT\n\t\"\\\xff;%s", "%s", &error);
    struct slice key = {"a\0b", 3};

    template_query(template, key, NULL, NULL, &out);
    ck_assert_uint_eq(out.len, strlen("SELECT\n\t\"\\\xff;") + 3);
    ck_assert_mem_eq(out.data, "SELECT\n\t\"\\\xff;a\0b", out.len);
    buffer_free(&out);
    template_free(template);
}
END_TEST

static const struct {
    const char *query, *result_format, *error;
} errors[] = {
    {"%x", "%s", "query: invalid expansion '%x'"},
    {"SELECT '%0'", "%s", "query: invalid expansion '%0'"},
    {"'%'", "%s", "query: invalid expansion '%''"},
    {"% s", "%s", "query: invalid expansion '% '"},
    {"%s %%%q", "%s", "query: invalid expansion '%q'"},
    {"100%", "%s", "query: '%' at the end"},
    {"%%%", "%s", "query: '%' at the end"},
    {"%s", "%m", "result_format: invalid expansion '%m'"},
    {"%s", "%", "result_format: '%' at the end"},
    {"", "%s", "query: is empty"},
    {"%s", "", "result_format: is empty"},
};

START_TEST(refuses)
{
    struct buffer error = BUFFER_EMPTY;

    ck_assert_ptr_null(template_new(errors[_i].query, errors[_i].result_format, &error));
    ck_assert_msg(strncmp(buffer_text(&error), errors[_i].error, strlen(errors[_i].error)) == 0,
                  "%s", buffer_text(&error));
    buffer_free(&error);
}
END_TEST

START_TEST(knows_whether_the_result_uses_the_key)
{
    static const struct {
        const char *format;
        bool uses;
    } formats[] = {{"%s", false}, {"smtp:[%s]:25", false}, {"%u/%d/%%S", false}, {"OK", false},
                   {"%S", true},  {"%s %U", true},         {"%D", true},         {"%1", true}};

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct buffer error = BUFFER_EMPTY;
        struct template *template = template_new("%s", formats[i].format, &error);

        ck_assert_int_eq(template_result_uses_key(template), formats[i].uses);
        template_free(template);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("template");
    TCase *t = tcase_create("template");

    tcase_add_test(t, knows_whether_the_result_uses_the_key);
    tcase_add_loop_test(t, expands_queries, 0, (int)(sizeof(queries) / sizeof(queries[0])));
    tcase_add_loop_test(t, expands_results, 0, (int)(sizeof(results) / sizeof(results[0])));
    tcase_add_test(t, quotes_only_expansions);
    tcase_add_test(t, keeps_bytes);
    tcase_add_loop_test(t, refuses, 0, (int)(sizeof(errors) / sizeof(errors[0])));
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
