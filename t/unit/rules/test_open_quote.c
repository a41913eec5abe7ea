/* Where SQL ends in a quote: a key goes in there escaped for it, and nowhere else. */
#include "open_quote.h"

#include "unit.h"

START_TEST(knows_quotes_and_comments)
{
    static const struct {
        const char *sql;
        char open;
    } cases[] = {
        {"", '\0'},
        {"SELECT '", '\''},
        {"SELECT \"", '"'},
        {"SELECT `", '`'},
        {"SELECT 'a'", '\0'},
        {"SELECT 'a''b", '\''},
        {"SELECT 'a\"b", '\''},
        {"SELECT \"a'b", '"'},
        {"SELECT \"a\"\"b\" '", '\''},
        {"SELECT '\\", '\''},
        {"SELECT '\\'", '\0'},
        {"SELECT '/*'", '\0'},
        {"SELECT /* ' */ \"", '"'},
        {"SELECT /* ' ", '\0'},
        {"SELECT /*/ ' */ `", '`'},
        {"SELECT 1 -- '\n+'", '\''},
        {"SELECT 1 # '\n+'", '\''},
        {"SELECT 1 --'", '\''},
        {"SELECT 1 --\t'", '\0'},
        {"SELECT 4/2-1 '", '\''},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(open_quote(slice_of(cases[i].sql), false) == cases[i].open, "%s",
                      cases[i].sql);
}
END_TEST

START_TEST(knows_backslashes)
{
    static const struct {
        const char *sql;
        char open;
    } cases[] = {
        {"SELECT '\\'", '\''},     {"SELECT '\\", '\''},         {"SELECT '\\'a", '\''},
        {"SELECT '\\\\' \"", '"'}, {"SELECT \"it's \\\" ", '"'}, {"SELECT \"\\\\\" ", '\0'},
        {"SELECT `\\` ", '\0'},    {"SELECT '''\\''", '\0'},     {"SELECT '/*\\' -- ", '\''},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(open_quote(slice_of(cases[i].sql), true) == cases[i].open, "%s",
                      cases[i].sql);
}
END_TEST

/* MariaDB 10.11 and MySQL 8 give these a value, tried with the server. */
START_TEST(knows_comments_that_are_sql)
{
    static const struct {
        const char *sql;
        char open;
    } cases[] = {
        {"2/*x*/*3 AND k='", '\''},
        {"2/*x*//*y*/*3 AND k='", '\''},
        {"1 /*! AND k='", '\''},
        {"1 /*!50000 AND k='", '\''},
        {"1 /*!40101 AND k='x' */ AND l=\"", '"'},
        {"1 /*!50000 AND k='*/", '\''},
        {"1 /*!50000 /* ' */ AND k='", '\''},
        {"1 /*!50000 AND 2 */*3 AND k='", '\''},
        {"1 /*!50000*/ AND k='", '\''},
        {"1 /*!80000 AND k='", '\0'},
        {"1 /*!80000 AND k='*/ AND l='", '\''},
        {"1 /*!100100 AND k='", '\0'},
        {"1 /*!500001 AND k='", '\0'},
        {"1 /*M!50000 AND k='", '\0'},
        {"1 /*!323 AND k='", '\0'},
        {"1 */ AND k='", '\''},
        {"1 /*!", '\0'},
        {"1 /*", '\0'},
        {"1 /", '\0'},
        {"1 -", '\0'},
        {"1 --", '\0'},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(open_quote(slice_of(cases[i].sql), true) == cases[i].open, "%s",
                      cases[i].sql);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("open_quote");
    TCase *t = tcase_create("open_quote");

    tcase_add_test(t, knows_quotes_and_comments);
    tcase_add_test(t, knows_backslashes);
    tcase_add_test(t, knows_comments_that_are_sql);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
