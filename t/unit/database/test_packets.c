/* Packets are told as they were sent, however the bytes come. */
#include "packets.h"

#include <stdlib.h>

#include "unit.h"

static struct packets packets;
static struct buffer told;
static uint64_t longest;
static bool wants_more;

static void start(void)
{
    packets = (struct packets){.left = 0};
    longest = 0;
    wants_more = true;
}

static void stop(void)
{
    packets_free(&packets);
    buffer_free(&told);
}

static bool on_packet(void *arg, struct slice packet, uint64_t length)
{
    (void)arg;
    buffer_printf(&told, "%llu:%.*s,", (unsigned long long)length,
                  packet.len > 20 ? 0 : (int)packet.len, packet.data);
    longest = packet.len > longest ? packet.len : longest;
    return wants_more;
}

static void add(struct buffer *bytes, size_t len, uint8_t sequence, const char *text)
{
    unsigned char header[PACKETS_HEADER];

    packets_write_header(header, len, sequence);
    buffer_add(bytes, header, sizeof(header));
    if (text != NULL)
        buffer_add(bytes, text, len);
}

static bool take(const struct buffer *bytes, size_t step)
{
    for (size_t at = 0; at < bytes->len; at += step) {
        size_t len = bytes->len - at < step ? bytes->len - at : step;

        if (!packets_take(&packets, bytes->data + at, len, on_packet, NULL))
            return false;
    }
    return true;
}

START_TEST(cut_anywhere)
{
    struct buffer bytes = BUFFER_EMPTY;

    add(&bytes, 3, 1, "abc");
    add(&bytes, 0, 2, "");
    add(&bytes, 1, 3, "d");
    for (size_t step = 1; step <= bytes.len; step++) {
        start();
        buffer_clear(&told);
        ck_assert(take(&bytes, step));
        ck_assert_str_eq(buffer_text(&told), "3:abc,0:,1:d,");
        packets_free(&packets);
    }
    buffer_free(&bytes);
}
END_TEST

START_TEST(a_long_one_is_not_held)
{
    struct buffer bytes = BUFFER_EMPTY;
    char *much = calloc(1, PACKETS_PART);

    add(&bytes, PACKETS_PART, 1, much);
    add(&bytes, PACKETS_PART, 2, much);
    add(&bytes, 2, 3, "xy");
    add(&bytes, 1, 4, "z");
    ck_assert(take(&bytes, 100000));
    ck_assert_str_eq(buffer_text(&told), "33554432:,1:z,");
    ck_assert_uint_eq(longest, PACKETS_KEPT);
    ck_assert_uint_le(packets.kept.capacity, 2 * PACKETS_KEPT);
    free(much);
    buffer_free(&bytes);
}
END_TEST

START_TEST(one_that_is_missing_is_noticed)
{
    struct buffer bytes = BUFFER_EMPTY;

    add(&bytes, 1, 1, "a");
    add(&bytes, 1, 3, "b");
    ck_assert(!take(&bytes, bytes.len));
    ck_assert_str_eq(buffer_text(&told), "1:a,");
    buffer_free(&bytes);
}
END_TEST

START_TEST(numbers_begin_again_after_256)
{
    struct buffer bytes = BUFFER_EMPTY;

    for (unsigned i = 1; i <= 600; i++)
        add(&bytes, 1, (uint8_t)i, "a");
    ck_assert(take(&bytes, 1000));
    ck_assert_uint_eq(told.len, 600 * strlen("1:a,"));
    buffer_free(&bytes);
}
END_TEST

START_TEST(tells_no_more_than_is_wanted)
{
    struct buffer bytes = BUFFER_EMPTY;

    add(&bytes, 1, 1, "a");
    add(&bytes, 1, 2, "b");
    wants_more = false;
    ck_assert(take(&bytes, bytes.len));
    ck_assert_str_eq(buffer_text(&told), "1:a,");
    buffer_free(&bytes);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("packets");
    TCase *tc = tcase_create("packets");

    tcase_add_checked_fixture(tc, start, stop);
    tcase_add_test(tc, cut_anywhere);
    tcase_add_test(tc, a_long_one_is_not_held);
    tcase_add_test(tc, one_that_is_missing_is_noticed);
    tcase_add_test(tc, numbers_begin_again_after_256);
    tcase_add_test(tc, tells_no_more_than_is_wanted);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)
