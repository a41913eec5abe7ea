/* A Postfix list falls apart where Postfix takes it apart, and nowhere else. */
#include "table_list.h"

#include "unit.h"

static struct list_member only_member(const char *text)
{
    struct slice list = slice_of(text);
    struct list_member member, none;

    ck_assert(table_list_next(&list, &member));
    ck_assert(!table_list_next(&list, &none));
    return member;
}

#define ck_assert_slice_eq(slice, text)                                                            \
    do {                                                                                           \
        ck_assert_uint_eq((slice).len, strlen(text));                                              \
        ck_assert_mem_eq((slice).data, text, strlen(text));                                        \
    } while (0)

START_TEST(blanks_and_commas_separate)
{
    struct slice list = slice_of(" ,a:b,\tc:d\n  e ,");
    struct list_member member;

    ck_assert(table_list_next(&list, &member));
    ck_assert_slice_eq(member.text, "a:b");
    ck_assert(table_list_next(&list, &member));
    ck_assert_slice_eq(member.text, "c:d");
    ck_assert(table_list_next(&list, &member));
    ck_assert_slice_eq(member.text, "e");
    ck_assert_uint_eq(member.type.len, 0);
    ck_assert(!table_list_next(&list, &member));
    ck_assert(!table_list_next(&list, &member));
}
END_TEST

START_TEST(braces_hold_together)
{
    struct slice list = slice_of("unionmap:{mysql:/a.cf, static:{x y}} hash:/b");
    struct list_member member;

    ck_assert(table_list_next(&list, &member));
    ck_assert_slice_eq(member.text, "unionmap:{mysql:/a.cf, static:{x y}}");
    ck_assert_slice_eq(member.type, "unionmap");
    ck_assert(!list_member_is_mysql(&member));
    ck_assert(names_mysql_table(member.text));
    ck_assert(table_list_next(&list, &member));
    ck_assert_slice_eq(member.text, "hash:/b");
    ck_assert(!table_list_next(&list, &member));
}
END_TEST

START_TEST(proxy_is_looked_through)
{
    struct list_member direct = only_member("mysql:/etc/postfix/a.cf");
    struct list_member proxied = only_member("proxy:mysql:/etc/postfix/a.cf");
    struct list_member other = only_member("proxy:unix:passwd.byname");

    ck_assert(list_member_is_mysql(&direct));
    ck_assert(!direct.proxied);
    ck_assert_slice_eq(direct.name, "/etc/postfix/a.cf");
    ck_assert(list_member_is_mysql(&proxied));
    ck_assert(proxied.proxied);
    ck_assert_slice_eq(proxied.name, "/etc/postfix/a.cf");
    ck_assert(!list_member_is_mysql(&other));
    ck_assert_slice_eq(other.type, "unix");
}
END_TEST

START_TEST(each_exclamation_mark_negates)
{
    ck_assert(only_member("!mysql:/a.cf").negated);
    ck_assert(!only_member("!!mysql:/a.cf").negated);
    ck_assert(!only_member("mysql:/a.cf").negated);
}
END_TEST

START_TEST(literals_are_not_tables)
{
    static const char *const literals[] = {"localhost", "[::1]", "[2001:db8::]/32", "/etc/a:b"};

    for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
        struct list_member member = only_member(literals[i]);

        ck_assert_uint_eq(member.type.len, 0);
        ck_assert_slice_eq(member.name, literals[i]);
    }
}
END_TEST

START_TEST(patterns_are_known)
{
    static const char *const patterns[] = {"pcre:/a", "regexp:/a", "tcp:h:1", "proxy:pcre:/a",
                                           "socketmap:unix:/s:n"};
    static const char *const fixed[] = {"hash:/a", "lmdb:/a", "static:x", "mysql:/a", "name"};

    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct list_member member = only_member(patterns[i]);

        ck_assert_msg(list_member_is_pattern(&member), "%s", patterns[i]);
    }
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        struct list_member member = only_member(fixed[i]);

        ck_assert_msg(!list_member_is_pattern(&member), "%s", fixed[i]);
    }
}
END_TEST

START_TEST(a_mysql_table_is_seen_wherever_it_stands)
{
    ck_assert(names_mysql_table(slice_of("mysql:x")));
    ck_assert(names_mysql_table(slice_of("permit, check_client_access mysql:/x")));
    ck_assert(names_mysql_table(slice_of("debug:mysql:/x")));
    ck_assert(names_mysql_table(slice_of("!proxy:mysql:/x")));
    ck_assert(!names_mysql_table(slice_of("hash:/etc/mysql:x")));
    ck_assert(!names_mysql_table(slice_of("notmysql:x")));
    ck_assert(!names_mysql_table(slice_of("mysql")));
    ck_assert(!names_mysql_table(slice_of("")));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("table_list");
    TCase *t = tcase_create("table_list");

    tcase_add_test(t, blanks_and_commas_separate);
    tcase_add_test(t, braces_hold_together);
    tcase_add_test(t, proxy_is_looked_through);
    tcase_add_test(t, each_exclamation_mark_negates);
    tcase_add_test(t, literals_are_not_tables);
    tcase_add_test(t, patterns_are_known);
    tcase_add_test(t, a_mysql_table_is_seen_wherever_it_stands);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
