/* A file is read whole, and what is none is refused at once. */
#include "regular_file.h"

#include <stdio.h>
#include <unistd.h>

#include "unit.h"

static char path[] = "/tmp/test_regular_file.XXXXXX";

static void make_file(void)
{
    strcpy(path, "/tmp/test_regular_file.XXXXXX");
    close(mkstemp(path));
}

static void remove_file(void)
{
    unlink(path);
}

static void fill_file(size_t len)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i < len; i++)
        fputc("abcdefg"[i % 7], file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(reads_all_of_a_file)
{
    static const size_t lengths[] = {0, 1, 65535, 65536, 65537, 200000};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct buffer text = BUFFER_EMPTY;
        struct stat status;

        fill_file(lengths[i]);
        buffer_add_text(&text, "before");
        ck_assert_ptr_null(regular_file_read(path, 200000, &text, &status));
        ck_assert_uint_eq(text.len, 6 + lengths[i]);
        ck_assert_int_eq(status.st_size, (off_t)lengths[i]);
        for (size_t j = 0; j < lengths[i]; j++)
            ck_assert_int_eq(text.data[6 + j], "abcdefg"[j % 7]);
        ck_assert_int_eq(text.data[text.len], '\0');
        buffer_free(&text);
    }
}
END_TEST

START_TEST(refuses_what_is_none)
{
    struct buffer text = BUFFER_EMPTY;

    fill_file(1001);
    ck_assert_str_eq(regular_file_read(path, 1000, &text, NULL), "File too large");
    ck_assert_str_eq(regular_file_read("/", 1000, &text, NULL), "Is a directory");
    ck_assert_str_eq(regular_file_read("/dev/zero", 1000, &text, NULL), "it is not a regular file");
    ck_assert_str_eq(regular_file_read("/nowhere/x", 1000, &text, NULL),
                     "No such file or directory");
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_str_eq(regular_file_read(path, 1000, &text, NULL), "it is not a regular file");
    buffer_free(&text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("regular_file");
    TCase *t = tcase_create("regular_file");

    tcase_add_checked_fixture(t, make_file, remove_file);
    tcase_add_test(t, reads_all_of_a_file);
    tcase_add_test(t, refuses_what_is_none);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
