/* Bytes go in at the end, come out at the front, and are never lost on the way. */
#include "buffer.h"

#include <stdio.h>

#include "unit.h"

START_TEST(grows_and_consumes)
{
    struct buffer buffer = BUFFER_EMPTY;
    char expected[3000];
    size_t len = 0;

    for (int i = 0; i < 500; i++) {
        char word[16];

        snprintf(word, sizeof(word), "%d,", i);
        buffer_add_text(&buffer, word);
        memcpy(expected + len, word, strlen(word));
        len += strlen(word);
    }
    ck_assert_uint_eq(buffer.len, len);
    ck_assert_mem_eq(buffer.data, expected, len);
    ck_assert_int_eq(buffer.data[len], '\0');
    buffer_consume(&buffer, 1000);
    ck_assert_uint_eq(buffer.len, len - 1000);
    ck_assert_mem_eq(buffer.data, expected + 1000, len - 1000);
    buffer_free(&buffer);
}
END_TEST

START_TEST(keeps_any_bytes)
{
    struct buffer buffer = BUFFER_EMPTY;

    buffer_add(&buffer, "a\0b", 3);
    buffer_printf(&buffer, "%s-%d", "x", 7);
    ck_assert_uint_eq(buffer.len, 6);
    ck_assert_mem_eq(buffer.data, "a\0bx-7", 7);
    buffer_consume(&buffer, 6);
    ck_assert_uint_eq(buffer.len, 0);
    ck_assert_str_eq(buffer_text(&buffer), "");
    buffer_free(&buffer);
}
END_TEST

START_TEST(empty_is_text)
{
    struct buffer buffer = BUFFER_EMPTY;

    ck_assert_str_eq(buffer_text(&buffer), "");
    ck_assert_uint_eq(buffer_slice(&buffer).len, 0);
    buffer_consume(&buffer, 0);
    buffer_clear(&buffer);
    buffer_free(&buffer);
}
END_TEST

START_TEST(masks_controls)
{
    struct buffer buffer = BUFFER_EMPTY;

    buffer_mask_controls(&buffer, 0);
    buffer_add(&buffer, "\na\0b\x7f\xc3\xa4 \x1f~", 10);
    buffer_mask_controls(&buffer, 1);
    ck_assert_uint_eq(buffer.len, 10);
    ck_assert_mem_eq(buffer.data, "\na?b?\xc3\xa4 ?~", 10);
    buffer_free(&buffer);
}
END_TEST

START_TEST(gives_back_what_it_does_not_need)
{
    struct buffer buffer = BUFFER_EMPTY;

    buffer_trim(&buffer);
    ck_assert_ptr_null(buffer.data);
    for (int i = 0; i < 700; i++)
        buffer_add_char(&buffer, 'x');
    buffer_trim(&buffer);
    ck_assert_uint_eq(buffer.capacity, 701);
    ck_assert_uint_eq(strlen(buffer_text(&buffer)), 700);
    buffer_trim(&buffer);
    buffer_add_char(&buffer, 'y');
    ck_assert_uint_eq(buffer.len, 701);
    ck_assert_int_eq(buffer.data[700], 'y');
    buffer_free(&buffer);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("buffer");
    TCase *t = tcase_create("buffer");

    tcase_add_test(t, grows_and_consumes);
    tcase_add_test(t, keeps_any_bytes);
    tcase_add_test(t, empty_is_text);
    tcase_add_test(t, gives_back_what_it_does_not_need);
    tcase_add_test(t, masks_controls);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
