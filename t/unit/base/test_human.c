/* Numbers for people: right, short, and of the right magnitude at every boundary. */
#include "human.h"

#include "unit.h"

START_TEST(counts)
{
    ck_assert_str_eq(human_count(0).text, "0");
    ck_assert_str_eq(human_count(9999999999).text, "9999999999");
    ck_assert_str_eq(human_count(12345678901).text, "12.3G");
    ck_assert_str_eq(human_count(UINT64_MAX).text, "18446744T");
}
END_TEST

START_TEST(rates)
{
    ck_assert_str_eq(human_rate(0).text, "0");
    ck_assert_str_eq(human_rate(0.021).text, "0.02");
    ck_assert_str_eq(human_rate(12.34).text, "12.3");
    ck_assert_str_eq(human_rate(99.97).text, "100");
    ck_assert_str_eq(human_rate(4567.8).text, "4568");
    ck_assert_str_eq(human_rate(12.3e6).text, "12.3M");
}
END_TEST

START_TEST(shares)
{
    ck_assert_str_eq(human_share(0, 0).text, "-");
    ck_assert_str_eq(human_share(1, 3).text, "33.3 %");
    ck_assert_str_eq(human_share(7, 7).text, "100.0 %");
}
END_TEST

START_TEST(latencies)
{
    ck_assert_str_eq(human_us(0).text, "0 us");
    ck_assert_str_eq(human_us(999).text, "999 us");
    ck_assert_str_eq(human_us(1000).text, "1 ms");
    ck_assert_str_eq(human_us(1234).text, "1.2 ms");
    ck_assert_str_eq(human_us(250000).text, "250 ms");
    ck_assert_str_eq(human_us(3400000).text, "3.4 s");
}
END_TEST

START_TEST(bytes)
{
    ck_assert_str_eq(human_bytes(0).text, "0");
    ck_assert_str_eq(human_bytes(1023).text, "1023");
    ck_assert_str_eq(human_bytes(1024).text, "1K");
    ck_assert_str_eq(human_bytes(1536).text, "1.5K");
    ck_assert_str_eq(human_bytes(64u << 20).text, "64M");
    ck_assert_str_eq(human_bytes((64u << 20) - 1).text, "64M");
    ck_assert_str_eq(human_bytes(UINT64_MAX).text, "16E");
}
END_TEST

START_TEST(durations)
{
    ck_assert_str_eq(human_seconds(0).text, "0s");
    ck_assert_str_eq(human_seconds(59).text, "59s");
    ck_assert_str_eq(human_seconds(60).text, "1m 0s");
    ck_assert_str_eq(human_seconds(3600 * 4 + 12 * 60 + 59).text, "4h 12m");
    ck_assert_str_eq(human_seconds(86400 * 3 + 3600 * 4).text, "3d 4h");
    ck_assert_str_eq(human_seconds(86400 * 400).text, "400d 0h");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("human");
    TCase *t = tcase_create("human");

    tcase_add_test(t, counts);
    tcase_add_test(t, rates);
    tcase_add_test(t, shares);
    tcase_add_test(t, latencies);
    tcase_add_test(t, bytes);
    tcase_add_test(t, durations);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
