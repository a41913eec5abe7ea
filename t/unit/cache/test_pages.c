/* Pages have zeros, stay apart, are counted, and their memory really goes back. */
#include "pages.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static size_t resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long total, rss;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%lu %lu", &total, &rss), 2);
    fclose(file);
    return rss * (size_t)sysconf(_SC_PAGESIZE);
}

static bool all_zero(const char *data, size_t len)
{
    return data[0] == 0 && memcmp(data, data + 1, len - 1) == 0;
}

START_TEST(pages_are_apart_and_zero)
{
    struct pages pages = {0};
    page_id id[2 * PAGE_EXTENT_PAGES];

    for (unsigned i = 0; i < 2 * PAGE_EXTENT_PAGES; i++) {
        id[i] = pages_take(&pages);
        ck_assert_uint_ne(id[i], 0);
        ck_assert(all_zero(page_at(&pages, id[i]), PAGE_BYTES));
        memset(page_at(&pages, id[i]), (int)(i % 255) + 1, PAGE_BYTES);
    }
    ck_assert_uint_ge(pages_bytes(&pages), 2u * PAGE_EXTENT_PAGES * PAGE_BYTES);
    for (unsigned i = 0; i < 2 * PAGE_EXTENT_PAGES; i++) {
        const unsigned char *data = page_at(&pages, id[i]);

        ck_assert_uint_eq(data[0], i % 255 + 1);
        ck_assert_uint_eq(data[PAGE_BYTES - 1], i % 255 + 1);
    }
    pages_give(&pages, id[7]);
    ck_assert_uint_eq(pages_take(&pages), id[7]);
    ck_assert(all_zero(page_at(&pages, id[7]), PAGE_BYTES));
    pages_free(&pages);
    ck_assert_uint_eq(pages_bytes(&pages), 0);
}
END_TEST

START_TEST(large_pages_are_counted)
{
    struct pages pages = {0};
    page_id id[100];
    size_t empty;

    for (unsigned i = 0; i < 100; i++) {
        size_t bytes = 5000 + i * 997;

        id[i] = pages_take_large(&pages, bytes);
        ck_assert_uint_ge(id[i], PAGE_LARGE_FIRST);
        ck_assert_uint_ge(pages_size(&pages, id[i]), bytes);
        ck_assert_uint_eq(pages_size(&pages, id[i]), pages_large_bytes(bytes));
        memset(page_at(&pages, id[i]), (int)i, bytes);
    }
    for (unsigned i = 0; i < 100; i++)
        ck_assert_uint_eq(*(unsigned char *)page_at(&pages, id[i]), i);
    empty = pages_bytes(&pages);
    for (unsigned i = 0; i < 100; i++) {
        empty -= pages_size(&pages, id[i]);
        pages_give(&pages, id[i]);
        ck_assert_uint_eq(pages_bytes(&pages), empty);
    }
    ck_assert_uint_lt(empty, 4096);
    pages_free(&pages);
}
END_TEST

START_TEST(memory_goes_back)
{
    enum { COUNT = 512 }; /* 16 MiB */
    struct pages pages = {0};
    page_id id[COUNT];
    size_t before = resident(), full;

    for (unsigned i = 0; i < COUNT; i++) {
        id[i] = pages_take(&pages);
        memset(page_at(&pages, id[i]), 1, PAGE_BYTES);
    }
    full = resident();
    ck_assert_uint_gt(full, before + 15u * 1024 * 1024);
    for (unsigned i = 0; i < COUNT; i += 2)
        pages_give(&pages, id[i]);
    ck_assert_uint_lt(resident(), full - 7u * 1024 * 1024);
    pages_give_all(&pages);
    ck_assert_uint_lt(resident(), before + 1u * 1024 * 1024);
    ck_assert_uint_ne(pages_take(&pages), 0);
    pages_free(&pages);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("pages");
    TCase *t = tcase_create("pages");

    tcase_add_test(t, pages_are_apart_and_zero);
    tcase_add_test(t, large_pages_are_counted);
    tcase_add_test(t, memory_goes_back);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
