/* A key is text in the query, whatever it looks like, or has no place there. */
#include "one.h"

#include <stdio.h>
#include <string.h>

#include "loop.h"
#include "mariadb.h"
#include "unit.h"

/* Keys that would like to be SQL. */
static const char *const nasty[] = {
    "'",         "\"",      "\\",  "\\'", "\\\"", "''", "\"\"", "' OR '1'='1",    "\" OR \"1\"=\"1",
    "x' -- ",    "x\" -- ", "/*",  "*/",  "`",    "%",  "_",    "a'\"`\\b\nc\rd", "\x1a\t",
    "\xc3\xa9'", "#",       "';'",
};

START_TEST(quotes_for_the_sql_mode)
{
    static const char *const modes[] = {"", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES",
                                        "NO_BACKSLASH_ESCAPES,ANSI_QUOTES"};
    static const char *const before[] = {"SELECT HEX('", "SELECT /* don't */ HEX(\""};
    static const char *const after[] = {"') -- '", "\") -- \""};

    for (size_t mode = 0; mode < 4; mode++)
        for (size_t form = 0; form < (strstr(modes[mode], "ANSI") != NULL ? 1 : 2); form++) {
            mariadb_sql("SET GLOBAL sql_mode='%s'", modes[mode]);
            connect_well();
            mariadb_sql("SET GLOBAL sql_mode=DEFAULT");
            for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
                struct buffer hex = BUFFER_EMPTY;

                for (const char *c = nasty[i]; *c != '\0'; c++)
                    buffer_printf(&hex, "%02X", (unsigned char)*c);
                buffer_add_char(&hex, '\n');
                ck_assert_msg(ask_key(before[form], nasty[i], after[form]) == DB_OK, "%s: %s: %s",
                              modes[mode], nasty[i], asked.result.text);
                ck_assert_str_eq(buffer_text(&asked.rows), buffer_text(&hex));
                buffer_free(&hex);
            }
            disconnect();
        }
}
END_TEST

START_TEST(quotes_names)
{
    static const char *const modes[] = {"", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES",
                                        "NO_BACKSLASH_ESCAPES,ANSI_QUOTES"};

    for (size_t mode = 0; mode < 4; mode++) {
        mariadb_sql("SET GLOBAL sql_mode='%s'", modes[mode]);
        connect_well();
        mariadb_sql("SET GLOBAL sql_mode=DEFAULT");
        for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
            /* A name may not be empty, nor end in a blank. */
            ck_assert_msg(ask_key("SELECT 'yes' AS `x", nasty[i], "x`") == DB_OK, "%s: %s: %s",
                          modes[mode], nasty[i], asked.result.text);
            ck_assert_str_eq(buffer_text(&asked.rows), "yes\n");
            ck_assert_msg(ask_key("SELECT 'yes' AS \"x", nasty[i], "x\"") == DB_OK, "%s: %s: %s",
                          modes[mode], nasty[i], asked.result.text);
            ck_assert_str_eq(buffer_text(&asked.rows), "yes\n");
        }
        disconnect();
    }
}
END_TEST

START_TEST(outside_of_quotes_only_numbers)
{
    static const char *const no_numbers[] = {"",    "1 OR 1=1", "seq", "-1",        "1e0",
                                             "1.0", "0x31",     "1 ",  "@@version", "\xd9\xa1"};

    connect_well();
    ck_assert_int_eq(ask_key("SELECT seq FROM seq_1_to_9 WHERE seq=", "007", ""), DB_OK);
    ck_assert_str_eq(buffer_text(&asked.rows), "7\n");
    for (size_t i = 0; i < sizeof(no_numbers) / sizeof(no_numbers[0]); i++) {
        ck_assert_msg(ask_key("SELECT seq FROM seq_1_to_9 WHERE seq=", no_numbers[i], "") ==
                          DB_KEY_FAILED,
                      "%s", no_numbers[i]);
        ck_assert(db_usable(db));
    }
    ck_assert_int_eq(ask_key("SELECT 1 /* ", "x", "*/"), DB_KEY_FAILED);
    ck_assert_str_eq(asked.result.text, "the key has no place in the query");
    disconnect();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("db_quote");
    TCase *t = tcase_create("db_quote");

    tcase_add_test(t, quotes_for_the_sql_mode);
    tcase_add_test(t, quotes_names);
    tcase_add_test(t, outside_of_quotes_only_numbers);
    suite_add_tcase(s, t);
    return s;
}

MARIADB_MAIN(suite)
