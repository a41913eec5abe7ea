/* Blocks of text keep their lines and their columns, and a character is never cut in two. */
#include "columns.h"

#include "unit.h"

static void expect(struct buffer *out, const char *text)
{
    ck_assert_str_eq(buffer_text(out), text);
    buffer_free(out);
}

START_TEST(blocks_stand_side_by_side)
{
    struct buffer out = BUFFER_EMPTY;

    columns_paste(slice_of("a\nbb\n\nd\n"), slice_of("1\n\n3"), 4, &out);
    expect(&out, "a   1\nbb\n    3\nd\n");
    columns_paste(slice_of(""), slice_of("1\n"), 2, &out);
    expect(&out, "  1\n");
    columns_paste(slice_of("too long\n"), slice_of("1\n"), 2, &out);
    expect(&out, "too long1\n");
    columns_paste(slice_of("\xc3\xa4\n"), slice_of("1\n"), 3, &out);
    expect(&out, "\xc3\xa4  1\n");
}
END_TEST

START_TEST(text_is_cut_to_the_size)
{
    struct buffer out = BUFFER_EMPTY;

    columns_cut(slice_of("abc\n\nab\nx"), 2, 3, &out);
    expect(&out, "ab\n\nab\n");
    columns_cut(slice_of("x"), 2, 3, &out);
    expect(&out, "x\n");
    columns_cut(slice_of("\xc3\xa4\xe2\x82\xac\xc3\xb6\n"), 2, 3, &out);
    expect(&out, "\xc3\xa4\xe2\x82\xac\n");
    columns_cut(slice_of("a  \n  \na b\n"), 2, 9, &out);
    expect(&out, "a\n\na\n");
    columns_cut(slice_of("abc\n"), 2, 0, &out);
    expect(&out, "");
}
END_TEST

START_TEST(a_cell_is_filled_up_and_never_cut)
{
    struct buffer out = BUFFER_EMPTY;

    columns_add("ab", 4, &out);
    columns_add("\xc3\xa4\xc3\xb6\xc3\xbc", 3, &out);
    expect(&out, "ab  \xc3\xa4\xc3\xb6\xc3\xbc");
    columns_add("abcde", 4, &out);
    expect(&out, "abcde\n    ");
    ck_assert_uint_eq(columns_of("\xc3\xa4 b"), 3);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("columns");
    TCase *t = tcase_create("columns");

    tcase_add_test(t, blocks_stand_side_by_side);
    tcase_add_test(t, text_is_cut_to_the_size);
    tcase_add_test(t, a_cell_is_filled_up_and_never_cut);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
