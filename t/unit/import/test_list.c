/* Only what has to change of a parameter's value changes: references to others stay references. */
#include "list.h"

#include <string.h>

#include "buffer.h"
#include "unit.h"

static void check_members(const char *written, const char *expanded, const char *wanted)
{
    struct buffer got = BUFFER_EMPTY;
    struct import_list list;

    import_list_read(&list, written, expanded);
    for (size_t i = 0; i < list.count; i++)
        buffer_printf(&got, "%s%s", i > 0 ? "|" : "", list.member[i].text);
    ck_assert_str_eq(buffer_text(&got), wanted);
    import_list_free(&list);
    buffer_free(&got);
}

START_TEST(plain_members_are_themselves)
{
    check_members("mysql:/a.cf, mysql:/b.cf", "mysql:/a.cf, mysql:/b.cf",
                  "mysql:/a.cf|mysql:/b.cf");
    check_members("", "", "");
}
END_TEST

START_TEST(references_without_tables_stay)
{
    check_members("$mydestination mysql:/a.cf", "a.example, localhost mysql:/a.cf",
                  "$mydestination|mysql:/a.cf");
    check_members("mysql:/a.cf $x $y", "mysql:/a.cf one two three", "mysql:/a.cf|$x $y");
    check_members("$empty mysql:/a.cf", " mysql:/a.cf", "$empty|mysql:/a.cf");
}
END_TEST

START_TEST(references_with_tables_are_replaced)
{
    check_members("proxy:mysql:${config_directory}/a.cf, hash:/x",
                  "proxy:mysql:/etc/postfix/a.cf, hash:/x",
                  "proxy:mysql:/etc/postfix/a.cf|hash:/x");
    check_members("$virtual_alias_maps", "mysql:/a.cf, hash:/x", "mysql:/a.cf|hash:/x");
}
END_TEST

START_TEST(what_does_not_fit_is_taken_expanded)
{
    /* $x contains the literal that follows it, too. */
    check_members("$x localhost", "localhost b localhost", "localhost|b|localhost");
    check_members("a $x c", "a b d", "a|b|d");
}
END_TEST

START_TEST(members_are_understood)
{
    struct import_list list;

    import_list_read(&list, "pcre:/p $q !proxy:mysql:/a.cf unionmap:{mysql:/b.cf} hash:/h",
                     "pcre:/p regexp:/q tcp:h:1 !proxy:mysql:/a.cf unionmap:{mysql:/b.cf} hash:/h");
    ck_assert_uint_eq(list.count, 5);
    ck_assert(list.member[0].pattern);
    ck_assert_str_eq(list.member[1].text, "$q");
    ck_assert(list.member[1].pattern);
    ck_assert_str_eq(list.member[2].table, "/a.cf");
    ck_assert(list.member[2].negated);
    ck_assert(list.member[2].proxied);
    ck_assert_ptr_null(list.member[3].table);
    ck_assert(list.member[3].composed);
    ck_assert(!list.member[4].pattern);
    ck_assert(!list.member[4].composed);
    import_list_free(&list);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("import_list");
    TCase *t = tcase_create("import_list");

    tcase_add_test(t, plain_members_are_themselves);
    tcase_add_test(t, references_without_tables_stay);
    tcase_add_test(t, references_with_tables_are_replaced);
    tcase_add_test(t, what_does_not_fit_is_taken_expanded);
    tcase_add_test(t, members_are_understood);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
