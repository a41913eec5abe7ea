/*
 * What is hardly meant, where it can be meant all the same: a warning with the right line. What is refused
 * is in test_config_errors.c.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "config_case.h"

#define HEAD "[database]\ndbname = d\n[map m]\n"

static void expect_warning(const char *text, const char *warning)
{
    catch_log();
    config_unref(load(text));
    ck_assert_msg(strstr(logged(), warning) != NULL, "%s: %s", text, logged());
}

static void expect_none(const char *text)
{
    catch_log();
    config_unref(load(text));
    ck_assert_msg(logged()[0] == '\0', "%s: %s", text, logged());
}

START_TEST(warns_of_comments_in_texts)
{
    expect_warning(
        MAP "password = secret # old\n",
        "warning: c:4: password: the '#' and all behind it are part of the value; write");
    ck_assert_ptr_null(strstr(logged(), "secret"));
    expect_warning(MAP "result_format = %s # x\n", "c:4: result_format: the '#' and all behind it");
    expect_warning(HEAD "query = SELECT 1 FROM t WHERE k='%s' # x\n",
                   "c:4: query: the server takes all from '#' on for a comment; write comments on");
    expect_warning(HEAD "query = SELECT 1\n FROM t # all\n\n WHERE k='%s'\n",
                   "c:5: query: the server takes all from '#'");
    expect_none(HEAD "query = SELECT 1 FROM t WHERE k='a # b %s'\npassword = a#b\n");
    expect_none(HEAD "query = SELECT 1 /* # */ FROM t WHERE k='%s' -- it's # all\n");
    expect_none(HEAD "query = SELECT CONCAT('%s', ' #')\n");
}
END_TEST

START_TEST(warns_of_quoted_texts)
{
    expect_warning(MAP "password = \"secret\"\n",
                   "c:4: password: the quotes around the value are part of it; write it without");
    expect_warning(MAP "password = 'secret'\n", "c:4: password: the quotes around");
    expect_warning(HEAD "query = \"SELECT '%s'\"\n", "c:4: query: the quotes around the value");
    expect_none(MAP "password = \"secret\n");
    expect_none(MAP "password = \"\n");
}
END_TEST

START_TEST(warns_of_parameters_that_continue_a_query)
{
    expect_warning(
        HEAD "query = SELECT 1 FROM t WHERE k='%s'\n# x\n  result_format = %s\n",
        "c:6: query: this line continues the value, for it begins with white space; begin "
        "\"result_format\" in the first column if it is a parameter");
    expect_warning(MAP "password = secret\n user = u\n", "c:5: password: this line continues");
    expect_none(HEAD "query = SELECT 1 FROM t WHERE\n  domain = '%s' AND\n  user = 'x'\n");
    expect_none(HEAD "query = SELECT 1 FROM t WHERE k='%s' and (\n  domain = 'x')\n");
    expect_none(HEAD "query = SELECT 1 FROM t WHERE k='%s\n  domain = x'\n");
    expect_none(HEAD "query = SELECT 1 FROM t JOIN u ON t.a=u.a AND\n  active = 1 WHERE k='%s'\n");
}
END_TEST

START_TEST(warns_of_expansions_without_quotes)
{
    expect_warning(
        HEAD "query = SELECT 1 FROM t WHERE k=%s\n",
        "c:4: query: %s stands outside of quotes: keys that are no numbers get a temporary "
        "failure; write '%s', also where the column is a number");
    expect_warning(HEAD "query = SELECT 1 FROM t\n WHERE k='%u' AND\n l=%d\n",
                   "c:6: query: %d stands outside of quotes");
    expect_warning(HEAD "query = SELECT '%s' /* %u */\n", "c:4: query: %u stands in a comment");
    expect_warning(HEAD "query = SELECT '%s' /*!99999 '%u' */\n",
                   "c:4: query: %u stands in a comment");
    expect_none(HEAD "query = SELECT '%s' FROM t WHERE a LIKE '%u@%%' AND 7%%4 = 3 AND b=\"%d\"\n");
    expect_none(HEAD "query = SELECT 2/*x*/*3 FROM t WHERE k='%s'\n");
    expect_none(HEAD "query = SELECT 1 /*!50000 FROM t WHERE k='%s' */\n");
}
END_TEST

START_TEST(warns_of_files_that_are_not_there)
{
    expect_warning(MAP "tls_CAfile = /nowhere/ca.pem\ntls_CApath = /\n"
                       "tls_cert_file = /etc/passwd\n",
                   "c:4: tls_CAfile: cannot read /nowhere/ca.pem: No such file or directory");
    ck_assert_ptr_null(strstr(logged(), "tls_CApath"));
    ck_assert_ptr_null(strstr(logged(), "tls_cert_file"));
    expect_warning("[database]\ntls_CApath = /nowhere\ntls_cert_file = /nowhere\n"
                   "tls_key_file = /nowhere\noption_file = /nowhere\n" MAP,
                   "c:2: tls_CApath: cannot read /nowhere");
    ck_assert_ptr_nonnull(strstr(logged(), "c:3: tls_cert_file: cannot read /nowhere"));
    ck_assert_ptr_nonnull(strstr(logged(), "c:4: tls_key_file: cannot read /nowhere"));
    ck_assert_ptr_nonnull(strstr(logged(), "c:5: option_file: cannot read /nowhere"));
}
END_TEST

START_TEST(warns_of_procedures_that_are_cached)
{
    expect_warning(
        HEAD "query = call look_up('%s')\n",
        "c:4: query: a procedure is not called while its answer is cached; write cache =");
    expect_none(HEAD "query = CALL look_up('%s')\ncache = no\n");
    expect_none(HEAD "query = CALL look_up('%s')\ncache = yes\n");
    expect_none(HEAD "query = SELECT call FROM t WHERE k='%s'\n");
}
END_TEST

START_TEST(takes_a_negative_limit_as_postfix)
{
    struct config *config;

    catch_log();
    write_file("x.cf", "dbname = d\nexpansion_limit = -1\nquery = SELECT '%s'\n");
    config = load(with_directory("[map m]\ntables = @/x.cf\n"));
    ck_assert_uint_eq(config->tables[0]->rules.expansion_limit, 0);
    ck_assert_ptr_nonnull(
        strstr(logged(), "x.cf:2: expansion_limit: a negative number is no limit"));
    config_unref(config);
}
END_TEST

START_TEST(takes_a_mirror_query_as_sql)
{
    expect_none(HEAD "query = SELECT v FROM t WHERE k=LOWER('%s')\n"
                     "mirror_query = SELECT k, v FROM t WHERE\n  active = 1 AND id %2 = 0\n");
    expect_warning(HEAD "query = SELECT v FROM t WHERE k=LOWER('%s')\n"
                        "mirror_query = SELECT k, v FROM t # all\n",
                   "c:5: mirror_query: the server takes all from '#'");
}
END_TEST

/* Postfix takes all of it, so a file of Postfix loads. */
START_TEST(warns_in_files_of_postfix)
{
    write_file("x.cf", "hosts = db # x\ndbname = \"d\"\nuser = u\n  password = p\n"
                       "query = SELECT '%s'\n");
    expect_warning(with_directory("[map m]\ntables = @/x.cf\n"), "x.cf:1: hosts: the '#'");
    ck_assert_ptr_nonnull(strstr(logged(), "x.cf:2: dbname: the quotes around"));
    ck_assert_ptr_nonnull(strstr(logged(), "x.cf:4: user: this line continues the value"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("doubts");
    TCase *t = tcase_create("doubts");

    tcase_add_checked_fixture(t, make_directory, remove_directory);
    tcase_add_test(t, warns_of_comments_in_texts);
    tcase_add_test(t, warns_of_quoted_texts);
    tcase_add_test(t, warns_of_parameters_that_continue_a_query);
    tcase_add_test(t, warns_of_expansions_without_quotes);
    tcase_add_test(t, warns_of_files_that_are_not_there);
    tcase_add_test(t, warns_of_procedures_that_are_cached);
    tcase_add_test(t, takes_a_negative_limit_as_postfix);
    tcase_add_test(t, takes_a_mirror_query_as_sql);
    tcase_add_test(t, warns_in_files_of_postfix);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
