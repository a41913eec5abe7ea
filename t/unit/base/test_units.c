/* Quantities are read with their units and refused when they are none, and written as they are read. */
#include "units.h"

#include <string.h>

#include "unit.h"

#define HOUR 3600000u

struct value {
    const char *text;
    bool good;
    uint64_t value;
};

typedef bool parser(const char *text, uint64_t *value, struct buffer *error);

static void check_values(parser *parse, const struct value *values)
{
    for (; values->text != NULL; values++) {
        struct buffer error = BUFFER_EMPTY;
        uint64_t value = 0;
        bool good = parse(values->text, &value, &error);

        ck_assert_msg(good == values->good, "\"%s\": %s", values->text, buffer_text(&error));
        if (good)
            ck_assert_msg(value == values->value, "\"%s\" gave %lu", values->text,
                          (unsigned long)value);
        else
            ck_assert_ptr_nonnull(strstr(buffer_text(&error), "expected "));
        buffer_free(&error);
    }
}

START_TEST(reads_numbers)
{
    static const struct value values[] = {
        {"0", true, 0},
        {"42", true, 42},
        {"010", true, 10},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"0x10", false, 0},
        {"1k", false, 0},
        {"1.5", false, 0},
        {NULL, false, 0},
    };

    check_values(units_parse_number, values);
}
END_TEST

START_TEST(reads_sizes)
{
    static const struct value values[] = {
        {"100", true, 100},
        {"1k", true, 1024},
        {"1K", true, 1024},
        {"64M", true, 64u << 20},
        {"64m", true, 64u << 20},
        {"2G", true, 2ull << 30},
        {"17179869183G", true, UINT64_MAX - (1u << 30) + 1},
        {"17179869184G", false, 0},
        {"M", false, 0},
        {"64MB", false, 0},
        {"64 M", false, 0},
        {"5s", false, 0},
        {NULL, false, 0},
    };

    check_values(units_parse_size, values);
}
END_TEST

START_TEST(reads_times)
{
    static const struct value values[] = {
        {"0", true, 0},          {"60", true, 60000},
        {"500ms", true, 500},    {"10s", true, 10000},
        {"5m", true, 300000},    {"2h", true, 2 * HOUR},
        {"1d", true, 24 * HOUR}, {"1w", true, 168 * HOUR},
        {"5M", false, 0},        {"5min", false, 0},
        {"5 m", false, 0},       {"1m30s", false, 0},
        {"ms", false, 0},        {"18446744073709551615s", false, 0},
        {NULL, false, 0},
    };

    check_values(units_parse_time, values);
}
END_TEST

START_TEST(reads_modes)
{
    static const struct value values[] = {
        {"0660", true, 0660}, {"600", true, 0600}, {"0", true, 0},
        {"0680", false, 0},   {"rw", false, 0},    {NULL, false, 0},
    };

    check_values(units_parse_mode, values);
}
END_TEST

START_TEST(writes_in_the_largest_unit_without_a_rest)
{
    struct buffer out = BUFFER_EMPTY;

    units_add_time(&out, 0);
    units_add_time(&out, 1);
    units_add_time(&out, 90000);
    units_add_time(&out, 24 * HOUR);
    units_add_time(&out, 8 * 24 * HOUR);
    units_add_time(&out, 14 * 24 * HOUR);
    buffer_add_char(&out, ' ');
    units_add_size(&out, 0);
    units_add_size(&out, 1023);
    units_add_size(&out, 64u << 20);
    units_add_size(&out, (1u << 30) + 1024);
    buffer_add_char(&out, ' ');
    units_add_mode(&out, 0660);
    ck_assert_str_eq(buffer_text(&out), "01ms90s1d8d2w 0102364M1048577k 0660");
    buffer_free(&out);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("units");
    TCase *t = tcase_create("units");

    tcase_add_test(t, reads_numbers);
    tcase_add_test(t, reads_sizes);
    tcase_add_test(t, reads_times);
    tcase_add_test(t, reads_modes);
    tcase_add_test(t, writes_in_the_largest_unit_without_a_rest);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
