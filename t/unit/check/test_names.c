/* A set of texts has each once, and finds it again. */
#include "names.h"

#include "unit.h"

START_TEST(each_is_there_once)
{
    static const char *const texts[] = {"b@x", "a@x", "b@x", "", "a@x+", "a"};
    struct names names = NAMES_EMPTY;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        names_add(&names, slice_of(texts[i]));
    names_sort(&names);
    ck_assert_uint_eq(names.count, 5);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_str_eq(names.at[names_find(&names, slice_of(texts[i]))], texts[i]);
    ck_assert_uint_eq(names_find(&names, slice_of("c")), NAMES_NO_ONE);
    ck_assert_uint_eq(names_find(&names, (struct slice){"b@xy", 3}), 4);
    names_free(&names);
}
END_TEST

START_TEST(what_no_table_can_be_asked_for_is_left_out)
{
    struct names names = NAMES_EMPTY;

    names_sort(&names);
    ck_assert_uint_eq(names_find(&names, slice_of("a")), NAMES_NO_ONE);
    names_add(&names, slice_of("a\nb"));
    names_add(&names, (struct slice){"a\0b", 3});
    ck_assert_uint_eq(names.count, 0);
    names_free(&names);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("names");
    TCase *t = tcase_create("names");

    tcase_add_test(t, each_is_there_once);
    tcase_add_test(t, what_no_table_can_be_asked_for_is_left_out);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
