/* Domain lists match as Postfix's string lists do. */
#include "domain_list.h"

#include <stdio.h>
#include <unistd.h>

#include "unit.h"

static const struct {
    const char *text, *domain;
    bool match;
} rows[] = {
    {"example.com", "example.com", true},
    {"example.com", "example.org", false},
    {"example.com", "example.co", false},
    {"example.com", "example.comm", false},
    {"a.example, b.example", "b.example", true},
    {"a.example b.example", "b.example", true},
    {"a.example,\n\tb.example", "b.example", true},
    {", a.example ,, b.example,", "b.example", true},

    /* In any case; the domain comes folded. */
    {"Example.COM", "example.com", true},
    {"B\xc3\x9c"
     "CHER.example",
     "b\xc3\xbc"
     "cher.example",
     true},

    /* No parent domains, with or without a dot. */
    {"example.com", "sub.example.com", false},
    {".example.com", "sub.example.com", false},
    {".example.com", ".example.com", true},

    /* The first match decides. */
    {"!a.example, a.example", "a.example", false},
    {"a.example, !a.example", "a.example", true},
    {"!A.example, a.EXAMPLE", "a.example", false},
    {"!!a.example", "a.example", true},
    {"!!!a.example a.example", "a.example", false},
    {"!a.example", "b.example", false}, /* what is not listed does not match */

    {"", "a.example", true}, /* no list, no restriction */
    {",", "a.example", false},
    {"", "", true},
    {"a.example", "", false},

    {"[::1]", "[::1]", true}, /* not a table */
    {"{a, b}", "a", false},   /* one member */
    {"a.example #b.example", "a.example", true},
    {"a.example # b.example", "b.example", false}, /* Postfix warns, and reads no further */
};

START_TEST(matches_like_postfix)
{
    struct buffer error = BUFFER_EMPTY;
    struct domain_list *list = domain_list_new(rows[_i].text, &error);

    ck_assert_str_eq(buffer_text(&error), "");
    ck_assert_ptr_nonnull(list);
    ck_assert_msg(domain_list_match(list, slice_of(rows[_i].domain)) == rows[_i].match, "%s in %s",
                  rows[_i].domain, rows[_i].text);
    domain_list_free(list);
}
END_TEST

static const struct {
    const char *text, *error;
} errors[] = {
    {"hash:/etc/postfix/domains",
     "domain: \"hash:/etc/postfix/domains\": lookup tables cannot be used here; write the domain"},
    {"a, inline:{b=1, c=2}", "domain: \"inline:{b=1, c=2}\": lookup tables"},
    {"!mysql:/x", "domain: \"mysql:/x\": lookup tables"},
    {"a !", "domain: expected a domain name or /file/name after '!'"},
    {"/does/not/exist", "domain: cannot read /does/not/exist: No such file"},
    {"/", "domain: cannot read /: Is a directory"},
    {"a \xff", "domain: \"\xff\" is not valid UTF-8"},
};

START_TEST(refuses)
{
    struct buffer error = BUFFER_EMPTY;

    ck_assert_ptr_null(domain_list_new(errors[_i].text, &error));
    ck_assert_msg(strncmp(buffer_text(&error), errors[_i].error, strlen(errors[_i].error)) == 0,
                  "%s", buffer_text(&error));
    buffer_free(&error);
}
END_TEST

/* A file of that content, and a list of it with prefix before its name. */
static struct domain_list *list_of_file(const char *prefix, const char *content, char *path,
                                        struct buffer *error)
{
    char text[200];
    int fd;

    strcpy(path, "/tmp/vmapd-test-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
    snprintf(text, sizeof(text), "%s%s", prefix, path);
    return domain_list_new(text, error);
}

static const struct {
    const char *prefix, *content, *domain;
    bool match;
} files[] = {
    {"", "a.example\nb.example\n", "b.example", true},
    {"", "a.example\nb.example", "b.example", true},
    {"", "a.example, b.example c.example\n", "c.example", true},
    {"", "A.Example\r\n", "a.example", true},
    {"", "# a.example\nb.example\n", "a.example", false},
    {"", "  # a.example\nb.example\n", "b.example", true},
    {"", "b.example # a.example\nc.example\n", "a.example", false},
    {"", "b.example # a.example\nc.example\n", "c.example", true},
    {"", "\n\n  \na.example\n", "a.example", true},
    {"", "!a.example\na.example\n", "a.example", false},
    {"", "", "a.example", false},
    {"a.example, ", "", "a.example", true},
    {"!", "a.example\n!b.example\n", "a.example", false},
    {"!", "a.example\n!b.example\n", "b.example", true},
    {"a.example, !", "a.example\n", "a.example", true},
};

START_TEST(reads_files)
{
    char path[100];
    struct buffer error = BUFFER_EMPTY;
    struct domain_list *list = list_of_file(files[_i].prefix, files[_i].content, path, &error);

    unlink(path);
    ck_assert_str_eq(buffer_text(&error), "");
    ck_assert(domain_list_match(list, slice_of(files[_i].domain)) == files[_i].match);
    domain_list_free(list);
}
END_TEST

START_TEST(says_which_file_is_wrong)
{
    char path[100];
    char expected[200];
    struct buffer error = BUFFER_EMPTY;

    ck_assert_ptr_null(list_of_file("", "a.example\nhash:/x\n", path, &error));
    unlink(path);
    snprintf(expected, sizeof(expected), "%s: \"hash:/x\": lookup tables", path);
    ck_assert_msg(strncmp(buffer_text(&error), expected, strlen(expected)) == 0, "%s",
                  buffer_text(&error));
    buffer_free(&error);
}
END_TEST

START_TEST(a_file_may_name_another_but_not_itself)
{
    char inner[100], outer[100], content[120];
    struct buffer error = BUFFER_EMPTY;
    struct domain_list *list = list_of_file("", "a.example\n", inner, &error);
    FILE *file;

    domain_list_free(list);
    list = list_of_file("", inner, outer, &error);
    ck_assert(domain_list_match(list, slice_of("a.example")));
    ck_assert_str_eq(domain_list_file(list, 0), outer);
    ck_assert_str_eq(domain_list_file(list, 1), inner);
    ck_assert_ptr_null(domain_list_file(list, 2));
    domain_list_free(list);

    snprintf(content, sizeof(content), "b.example %s\n", inner);
    file = fopen(inner, "w");
    ck_assert_ptr_nonnull(file);
    fputs(content, file);
    fclose(file);
    ck_assert_ptr_null(domain_list_new(inner, &error));
    ck_assert_ptr_nonnull(strstr(buffer_text(&error), "files inside each other"));
    unlink(inner);
    unlink(outer);
    buffer_free(&error);
}
END_TEST

START_TEST(finds_every_name_of_a_long_list)
{
    struct buffer text = BUFFER_EMPTY;
    struct buffer error = BUFFER_EMPTY;
    struct domain_list *list;

    for (int i = 0; i < 3000; i++)
        buffer_printf(&text, "%sd%d.example ", i % 3 == 0 ? "!" : "", i * 7919 % 3000);
    list = domain_list_new(buffer_text(&text), &error);
    for (int i = 0; i < 3000; i++) {
        char domain[32];

        snprintf(domain, sizeof(domain), "d%d.example", i * 7919 % 3000);
        ck_assert(domain_list_match(list, slice_of(domain)) == (i % 3 != 0));
    }
    ck_assert(!domain_list_match(list, slice_of("d3000.example")));
    domain_list_free(list);
    buffer_free(&text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("domain_list");
    TCase *t = tcase_create("domain_list");

    tcase_add_loop_test(t, matches_like_postfix, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_loop_test(t, refuses, 0, (int)(sizeof(errors) / sizeof(errors[0])));
    tcase_add_loop_test(t, reads_files, 0, (int)(sizeof(files) / sizeof(files[0])));
    tcase_add_test(t, says_which_file_is_wrong);
    tcase_add_test(t, a_file_may_name_another_but_not_itself);
    tcase_add_test(t, finds_every_name_of_a_long_list);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
