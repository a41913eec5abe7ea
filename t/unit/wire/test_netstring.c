/* One byte at a time, one byte wrong, one byte too many: a frame is right or it is refused. */
#include "netstring.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "unit.h"

#define MOST 1000

static enum netstring_state parse(const char *data, size_t len)
{
    struct slice payload;
    size_t consumed;

    return netstring_parse((struct slice){data, len}, MOST, &payload, &consumed);
}

static enum netstring_state parse_text(const char *text)
{
    return parse(text, strlen(text));
}

START_TEST(complete)
{
    static const struct {
        const char *input;
        size_t payload_at, payload_len, consumed;
    } cases[] = {
        {"0:,", 2, 0, 3},
        {"1:x,", 2, 1, 4},
        {"3:abc,", 2, 3, 6},
        {"3:,,,,", 2, 3, 6}, /* the payload may hold what frames it */
        {"10:domains a.,tail", 3, 10, 14},
        {"3:1:x,rest", 2, 3, 6},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice input = slice_of(cases[i].input);
        struct slice payload;
        size_t consumed;

        ck_assert_int_eq(netstring_parse(input, MOST, &payload, &consumed), NETSTRING_COMPLETE);
        ck_assert_ptr_eq(payload.data, input.data + cases[i].payload_at);
        ck_assert_uint_eq(payload.len, cases[i].payload_len);
        ck_assert_uint_eq(consumed, cases[i].consumed);
    }
}
END_TEST

START_TEST(malformed_is_told_by_the_earliest_byte)
{
    /* Each is good so far without its last byte. */
    static const char *const cases[] = {
        ":", "x", "-", "+", " ", ",", "00", "01", "1 ", "1;", "1,", "10a", "0:x", "3:abcx",
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_msg(parse_text(cases[i]) == NETSTRING_MALFORMED, "%s", cases[i]);
        ck_assert_msg(parse(cases[i], strlen(cases[i]) - 1) == NETSTRING_PARTIAL, "%s", cases[i]);
    }
}
END_TEST

START_TEST(too_long_is_told_before_the_payload)
{
    ck_assert_int_eq(parse_text("1000"), NETSTRING_PARTIAL);
    ck_assert_int_eq(parse_text("1000:"), NETSTRING_PARTIAL);
    ck_assert_int_eq(parse_text("1001"), NETSTRING_TOO_LONG);
    ck_assert_int_eq(parse_text("9999"), NETSTRING_TOO_LONG);
    ck_assert_int_eq(parse_text("10000"), NETSTRING_TOO_LONG);
    /* Lengths that would wrap around to something small. */
    ck_assert_int_eq(parse_text("18446744073709551616:"), NETSTRING_TOO_LONG);
    ck_assert_int_eq(parse_text("18446744073709551617:x,"), NETSTRING_TOO_LONG);
    ck_assert_int_eq(parse_text("4294967297:x,"), NETSTRING_TOO_LONG);
}
END_TEST

START_TEST(largest_limit_does_not_overflow)
{
    struct slice payload;
    size_t consumed;
    char text[64];

    snprintf(text, sizeof(text), "%zu:", SIZE_MAX);
    ck_assert_int_eq(netstring_parse(slice_of(text), SIZE_MAX, &payload, &consumed),
                     NETSTRING_PARTIAL);
    snprintf(text, sizeof(text), "%zu0:", SIZE_MAX);
    ck_assert_int_eq(netstring_parse(slice_of(text), SIZE_MAX, &payload, &consumed),
                     NETSTRING_TOO_LONG);
    ck_assert_int_eq(netstring_parse(slice_of("0:,"), 0, &payload, &consumed), NETSTRING_COMPLETE);
    ck_assert_int_eq(netstring_parse(slice_of("1:"), 0, &payload, &consumed), NETSTRING_TOO_LONG);
}
END_TEST

/* Copies to a block of just that size, so that a sanitizer sees a read behind the end. */
static enum netstring_state parse_exact(const char *data, size_t len)
{
    char *copy = malloc(len != 0 ? len : 1);
    enum netstring_state state;

    ck_assert_ptr_nonnull(copy);
    if (len != 0)
        memcpy(copy, data, len);
    state = parse(copy, len);
    free(copy);
    return state;
}

START_TEST(every_prefix_is_partial)
{
    static const size_t sizes[] = {0, 1, 9, 10, 11, 99, 100, 101, 999, 1000};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct buffer frame = BUFFER_EMPTY;
        char *payload = netstring_add_frame(&frame, sizes[i]);

        for (size_t k = 0; k < sizes[i]; k++)
            payload[k] = (char)(k * 7);
        for (size_t len = 0; len < frame.len; len++)
            ck_assert_int_eq(parse_exact(frame.data, len), NETSTRING_PARTIAL);
        ck_assert_int_eq(parse_exact(frame.data, frame.len), NETSTRING_COMPLETE);
        buffer_free(&frame);
    }
}
END_TEST

/*
 * With one byte changed, a frame is refused, is another complete frame of the same or smaller size
 * (a byte of the payload, or a digit), or waits for more (a larger digit); it never reads further.
 */
START_TEST(every_corruption_is_contained)
{
    static const char good[] = "12:domains a.de,";

    for (size_t at = 0; at < sizeof(good) - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char bad[sizeof(good)];
            struct slice payload = {NULL, 0};
            size_t consumed = 0;
            enum netstring_state state;
            bool in_payload = at >= 3 && at < sizeof(good) - 2;

            memcpy(bad, good, sizeof(good));
            bad[at] = (char)byte;
            state =
                netstring_parse((struct slice){bad, sizeof(good) - 1}, MOST, &payload, &consumed);
            if (in_payload || bad[at] == good[at])
                ck_assert_int_eq(state, NETSTRING_COMPLETE);
            else if (at <= 1 && byte >= '0' && byte <= '9' && state == NETSTRING_PARTIAL)
                ck_assert(bad[at] > good[at]);
            else
                ck_assert_msg(state == NETSTRING_MALFORMED, "byte %zu = %d: %d", at, byte, state);
            if (state == NETSTRING_COMPLETE)
                ck_assert_uint_eq(consumed, sizeof(good) - 1);
        }
    }
}
END_TEST

START_TEST(adds_frames)
{
    struct buffer out = BUFFER_EMPTY;

    netstring_add(&out, slice_of(""));
    netstring_add(&out, slice_of("a"));
    netstring_add(&out, slice_of("0123456789"));
    ck_assert_str_eq(buffer_text(&out), "0:,1:a,10:0123456789,");
    ck_assert_uint_eq(out.len, strlen("0:,1:a,10:0123456789,"));
    buffer_free(&out);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("netstring");
    TCase *t = tcase_create("netstring");

    tcase_add_test(t, complete);
    tcase_add_test(t, malformed_is_told_by_the_earliest_byte);
    tcase_add_test(t, too_long_is_told_before_the_payload);
    tcase_add_test(t, largest_limit_does_not_overflow);
    tcase_add_test(t, every_prefix_is_partial);
    tcase_add_test(t, every_corruption_is_contained);
    tcase_add_test(t, adds_frames);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
