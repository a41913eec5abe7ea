/* What check says of tables that should be mirrored. */
#include "mirrors.h"

#include "unit.h"

static const struct {
    const char *lines; /* of [map m] */
    const char *said;
    unsigned problems;
} tables[] = {
    {"query = SELECT v FROM t WHERE k='%s'\nmirror = yes\n", "", 0},
    {"query = SELECT v FROM t WHERE k='%s' LIMIT 1\n", "", 0},
    {"query = SELECT v FROM t WHERE k='%s' LIMIT 1\nmirror = yes\n",
     "note: test:1: table m is not mirrored: the query has LIMIT\n", 0},
    {"query = SELECT v FROM t WHERE k='%s' LIMIT 1\nmirror = yes\nmirror_query = SELECT k, v FROM "
     "t\n",
     "", 0},
    {"query = SELECT v FROM t WHERE k='%s'\nmirror = yes\nmirror_query = SELECT k FROM t\n",
     "problem: test:1: table m is not mirrored: mirror_query has 1 columns, expected 1 for the "
     "different "
     "literals with expansions in query and then those of the value\n",
     1},
    {"query = SELECT v FROM t WHERE k='%s'\nmirror = yes\ncache = no\n",
     "note: test:1: table m is not mirrored: it has cache = no\n", 0},
    {"query = SELECT v FROM t WHERE k='%s'\nmirror = yes\ncharset = latin1\n",
     "note: test:1: table m is not mirrored: its charset is not utf8mb4\n", 0},
    {"query = SELECT v FROM t WHERE k='@%d'\nmirror = yes\nresult_format = %s %U\n",
     "note: test:1: table m is not mirrored: result_format takes parts of the key\n", 0},
    {"query = SELECT v FROM t WHERE k='%s'\nmirror = yes\nresult_format = %S\n", "", 0},
};

START_TEST(tells_what_is_not_mirrored_and_why)
{
    struct check check = {BUFFER_EMPTY, 0};
    struct buffer text = BUFFER_EMPTY;
    struct buffer error = BUFFER_EMPTY;
    struct config *config;

    buffer_printf(&text, "[map m]\ndbname = d\n%s", tables[_i].lines);
    config = config_parse("test", buffer_slice(&text), &error);
    ck_assert_msg(config != NULL, "%s", buffer_text(&error));
    check_mirrors(&check, config);
    ck_assert_str_eq(buffer_text(&check.text), tables[_i].said);
    ck_assert_uint_eq(check.problems, tables[_i].problems);
    config_unref(config);
    buffer_free(&check.text);
    buffer_free(&text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("mirrors");
    TCase *tc = tcase_create("mirrors");

    tcase_add_loop_test(tc, tells_what_is_not_mirrored_and_why, 0,
                        (int)(sizeof(tables) / sizeof(tables[0])));
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
