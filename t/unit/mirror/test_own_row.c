/* The row that each reading of a mirror leaves: whether a state file has all rows of that reading. */
#include "parts.h"

#include <check.h>

#include "unit.h"

static enum collation_kind kinds[2];

static bool is_whole(const char *value, uint64_t rows, size_t count)
{
    return pass_own_read(slice_of(value), rows, kinds, count);
}

START_TEST(it_tells_how_columns_compare)
{
    ck_assert(is_whole("12 1 2", 12, 2));
    ck_assert_int_eq(kinds[0], COLLATION_CI);
    ck_assert_int_eq(kinds[1], COLLATION_EXACT);
}
END_TEST

START_TEST(with_a_row_less_or_more_it_says_nothing)
{
    ck_assert(!is_whole("12 1", 11, 1));
    ck_assert(!is_whole("12 1", 13, 1));
    ck_assert(!is_whole("12 1", 1, 1));
}
END_TEST

START_TEST(of_another_form_it_says_nothing)
{
    ck_assert(!is_whole("", 0, 1));
    ck_assert(!is_whole("12", 12, 1));
    ck_assert(!is_whole("12 ", 12, 1));
    ck_assert(!is_whole("12 1", 12, 2));
    ck_assert(!is_whole("12 1 2", 12, 1));
    ck_assert(!is_whole("12 1x", 12, 1));
}
END_TEST

static Suite *suite(void)
{
    Suite *own = suite_create("own_row");
    TCase *cases = tcase_create("own_row");

    tcase_add_test(cases, it_tells_how_columns_compare);
    tcase_add_test(cases, with_a_row_less_or_more_it_says_nothing);
    tcase_add_test(cases, of_another_form_it_says_nothing);
    suite_add_tcase(own, cases);
    return own;
}

UNIT_MAIN(suite)
