/* main.cf syntax is read as Postfix reads it, and mistakes are told with file and line. */
#include "cf.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "unit.h"

/* The lines as "LINE name=value;" or "LINE [name|value];", or the error. */
static const char *parse_bytes(const char *text, size_t len, bool with_sections)
{
    static char shown[2000];
    struct buffer out = BUFFER_EMPTY;
    struct cf_file *file = cf_parse("f", (struct slice){text, len}, with_sections, &out);

    for (size_t i = 0; file != NULL && i < cf_count(file); i++) {
        const struct cf_line *line = cf_line(file, i);

        buffer_printf(&out, line->kind == CF_SECTION ? "%u [%s|%s];" : "%u %s=%s;", line->line,
                      line->name, line->value);
    }
    cf_free(file);
    snprintf(shown, sizeof(shown), "%s", buffer_text(&out));
    buffer_free(&out);
    return shown;
}

static const char *parse(const char *text)
{
    return parse_bytes(text, strlen(text), true);
}

static const char *parse_plain(const char *text)
{
    return parse_bytes(text, strlen(text), false);
}

START_TEST(reads_parameters)
{
    ck_assert_str_eq(parse(""), "");
    ck_assert_str_eq(parse("a = 1\nb=2\nc  =  x = y  \n"), "1 a=1;2 b=2;3 c=x = y;");
    ck_assert_str_eq(parse("a =\nb = # no comment"), "1 a=;2 b=# no comment;");
    ck_assert_str_eq(parse("a = $b ${c}\n"), "1 a=$b ${c};");
    ck_assert_str_eq(parse("a = 1"), "1 a=1;");
}
END_TEST

START_TEST(joins_continued_lines)
{
    ck_assert_str_eq(parse("a = 1\n  2\n\t3  \nb = 4\n"), "1 a=1  2\t3;4 b=4;");
    ck_assert_str_eq(parse("a =\n  1\n"), "1 a=1;");
    ck_assert_str_eq(parse("# x\n\na = 1\n# y\n  # z\n\n   \n  2\nb = 3\n"), "3 a=1  2;9 b=3;");
    ck_assert_str_eq(parse("a\n = 1\n"), "1 a=1;");
    /* White space inside a continued SQL literal is part of it. */
    ck_assert_str_eq(parse("q = 'x \n  y'\n"), "1 q='x   y';");
    ck_assert_str_eq(parse("[s]\nallow = ::1\n [::2]/128\n"), "1 [s|];2 allow=::1 [::2]/128;");
}
END_TEST

START_TEST(takes_carriage_return_for_white_space)
{
    ck_assert_str_eq(parse("[a b]\r\nc = 1\r\n\r\nd = 2\r\n"), "1 [a|b];2 c=1;4 d=2;");
}
END_TEST

START_TEST(reads_sections)
{
    ck_assert_str_eq(parse("[server]\n[ map  aliases ]  \na = 1\n"),
                     "1 [server|];2 [map|aliases];3 a=1;");
    ck_assert_str_eq(parse("[map a b]"), "1 [map|a b];");
    ck_assert_str_eq(parse("\n[server"), "f:2: expected ']' at the end of the section line");
    ck_assert_str_eq(parse("["), "f:1: expected ']' at the end of the section line");
    ck_assert_str_eq(parse("[]"), "f:1: expected the name of a section between '[' and ']'");
    ck_assert_str_eq(parse("[ ] "), "f:1: expected the name of a section between '[' and ']'");
    ck_assert_str_eq(parse("[x] = 1"), "f:1: expected ']' at the end of the section line");
    ck_assert_str_eq(parse_plain("[x] = 1"), "1 [x]=1;");
    ck_assert_str_eq(parse_plain("[map x]\n"),
                     "f:1: expected \"name = value\", this file has no [section] lines");
}
END_TEST

START_TEST(tells_what_it_expected)
{
    ck_assert_str_eq(parse("a = 1\n\n# c\nb\n"),
                     "f:4: expected \"name = value\", found no '=' after \"b\"");
    ck_assert_str_eq(parse("= 1"), "f:1: expected a parameter name before '='");
    ck_assert_str_eq(parse("a = 1\nb c = 2"),
                     "f:2: expected \"name = value\", found no '=' after \"b\"");
    ck_assert_ptr_nonnull(strstr(parse("\n  a = 1\n"), "f:2: white space at the start"));
    ck_assert_ptr_nonnull(strstr(parse("[map x]\n  search = alias\n"), "f:2: white space"));
    ck_assert_str_eq(parse_bytes("a = 1\nb = \0x\n", 13, true),
                     "f:2: expected text, found a NUL byte");
    ck_assert_str_eq(parse_bytes("a = 1\n#\0\n", 9, false), "f:2: expected text, found a NUL byte");
}
END_TEST

/* What stands where a name should may be a password that somebody wrote without '='. */
START_TEST(shows_no_more_than_a_name)
{
    ck_assert_ptr_null(strstr(parse("password secret"), "secret"));
    ck_assert_ptr_null(strstr(parse("password:secret"), "secret"));
    ck_assert_ptr_null(strstr(parse("password\n  secret"), "secret"));
}
END_TEST

/* Postfix warns of it and goes on; its own files have to mean the same here. */
START_TEST(skips_a_continuation_of_nothing_without_sections)
{
    log_open("test", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    ck_assert_str_eq(parse_plain("  a = 1\n  b = 2\nc = 3\n"), "3 c=3;");
}
END_TEST

START_TEST(bounds_a_line)
{
    struct buffer text = BUFFER_EMPTY;

    buffer_add_text(&text, "a = 1\nb = ");
    for (size_t i = 0; i < CF_LINE_MAX - 4; i++)
        buffer_add_char(&text, 'x');
    ck_assert_ptr_nonnull(strstr(parse(buffer_text(&text)), "2 b=xxx"));
    buffer_add_text(&text, "\n  y");
    ck_assert_ptr_nonnull(strstr(parse(buffer_text(&text)), "f:2: expected at most 1 MiB"));
    buffer_free(&text);
}
END_TEST

START_TEST(reads_files)
{
    char path[] = "/tmp/test_cf.XXXXXX", missing[] = "/tmp/test_cf.missing/x";
    int fd = mkstemp(path);
    struct buffer error = BUFFER_EMPTY;
    struct cf_file *file;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "a = 1\n", 6), 6);
    file = cf_read(path, true, &error);
    ck_assert_ptr_nonnull(file);
    ck_assert_str_eq(cf_name(file), path);
    ck_assert_uint_eq(cf_count(file), 1);
    ck_assert(!cf_is_public(file));
    cf_free(file);
    ck_assert_int_eq(fchmod(fd, 0644), 0);
    file = cf_read(path, true, &error);
    ck_assert(cf_is_public(file));
    cf_free(file);
    ck_assert_int_eq(ftruncate(fd, CF_FILE_MAX + 1), 0);
    ck_assert_ptr_null(cf_read(path, true, &error));
    ck_assert_ptr_nonnull(strstr(buffer_text(&error), "cannot read it: File too large"));
    buffer_clear(&error);
    ck_assert_ptr_null(cf_read(missing, true, &error));
    ck_assert_str_eq(buffer_text(&error),
                     "/tmp/test_cf.missing/x: cannot read it: No such file or directory");
    buffer_free(&error);
    close(fd);
    unlink(path);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cf");
    TCase *t = tcase_create("cf");

    tcase_add_test(t, reads_parameters);
    tcase_add_test(t, joins_continued_lines);
    tcase_add_test(t, takes_carriage_return_for_white_space);
    tcase_add_test(t, reads_sections);
    tcase_add_test(t, tells_what_it_expected);
    tcase_add_test(t, shows_no_more_than_a_name);
    tcase_add_test(t, skips_a_continuation_of_nothing_without_sections);
    tcase_add_test(t, bounds_a_line);
    tcase_add_test(t, reads_files);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
