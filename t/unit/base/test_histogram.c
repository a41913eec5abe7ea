/* Quantiles stay within 4 % of the exact ones. */
#include "histogram.h"

#include <string.h>

#include "unit.h"

#define SAMPLES 20000

static uint64_t random_state = 88172645463325252u;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Spread over all magnitudes: a random number of bits, then random bits. */
static uint64_t random_latency(unsigned most_bits)
{
    unsigned bits = (unsigned)(random_next() % most_bits) + 1;

    return random_next() & (((uint64_t)1 << bits) - 1);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The smallest value that at least this share of all is not above. */
static uint64_t exact_quantile(const uint64_t *sorted, size_t count, double share)
{
    size_t rank = (size_t)(share * (double)count);

    if ((double)rank < share * (double)count)
        rank++;
    return sorted[rank == 0 ? 0 : rank - 1];
}

static void check_quantiles(unsigned most_bits, size_t count)
{
    static const double shares[] = {0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 1};
    static uint64_t values[SAMPLES];
    static struct histogram histogram;

    memset(&histogram, 0, sizeof(histogram));
    for (size_t i = 0; i < count; i++) {
        values[i] = random_latency(most_bits);
        histogram_add(&histogram, values[i]);
    }
    qsort(values, count, sizeof(values[0]), compare);
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        uint64_t exact = exact_quantile(values, count, shares[i]);
        uint64_t told = histogram_quantile(&histogram, shares[i]);
        uint64_t error = told > exact ? told - exact : exact - told;

        ck_assert_msg(25 * error <= exact, "share %g of %zu: exact %llu, told %llu", shares[i],
                      count, (unsigned long long)exact, (unsigned long long)told);
    }
}

START_TEST(quantiles_are_close)
{
    check_quantiles(35, SAMPLES);
    check_quantiles(12, SAMPLES);
    check_quantiles(4, SAMPLES);
    check_quantiles(30, 1);
    check_quantiles(30, 7);
}
END_TEST

START_TEST(middle_of_bucket_is_in_it)
{
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        ck_assert_uint_eq(histogram_bucket_of(histogram_bucket_middle(i)), i);
}
END_TEST

START_TEST(buckets_follow_each_other)
{
    unsigned last = 0;

    for (uint64_t us = 0; us < 1u << 16; us++) {
        unsigned bucket = histogram_bucket_of(us);

        ck_assert_msg(bucket == last || bucket == last + 1, "at %llu", (unsigned long long)us);
        last = bucket;
    }
    ck_assert_uint_eq(histogram_bucket_of(((uint64_t)1 << 35) - 1), HISTOGRAM_BUCKETS - 1);
    ck_assert_uint_eq(histogram_bucket_of(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}
END_TEST

START_TEST(powers_of_two_are_exact)
{
    static struct histogram histogram;
    uint64_t below = 0;

    for (uint64_t us = 0; us < 5000; us++)
        histogram_add(&histogram, us);
    for (uint64_t limit = 1; limit <= 4096; limit *= 2)
        ck_assert_uint_eq(histogram_at_most(&histogram, limit - 1), limit);
    for (uint64_t us = 0; us < 6000; us++) {
        uint64_t count = histogram_at_most(&histogram, us);

        ck_assert_uint_ge(count, below);
        ck_assert_uint_le(count, us + 1);
        below = count;
    }
    ck_assert_uint_eq(histogram_at_most(&histogram, UINT64_MAX), 5000);
    ck_assert_uint_eq(histogram.count, 5000);
    ck_assert_uint_eq(histogram.sum_us, 5000u * 4999 / 2);
}
END_TEST

START_TEST(empty_has_no_quantile)
{
    static struct histogram histogram;

    ck_assert_uint_eq(histogram_quantile(&histogram, 0.5), 0);
    ck_assert_uint_eq(histogram_at_most(&histogram, UINT64_MAX), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("histogram");
    TCase *t = tcase_create("histogram");

    tcase_add_test(t, quantiles_are_close);
    tcase_add_test(t, middle_of_bucket_is_in_it);
    tcase_add_test(t, buckets_follow_each_other);
    tcase_add_test(t, powers_of_two_are_exact);
    tcase_add_test(t, empty_has_no_quantile);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
