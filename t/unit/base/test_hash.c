/*
 * The published vectors are of SipHash-2-4, so a plain second implementation with the rounds as
 * parameters is checked against those, and hash_bytes() against it. The fixed values of SipHash-1-3
 * are those that CPython 3.11 prints for hash(bytes) with PYTHONHASHSEED=0 (a secret of zeros).
 */
#include "hash.h"

#include <string.h>

#include "unit.h"

static uint64_t left(uint64_t x, int b)
{
    return x << b | x >> (64 - b);
}

static void rounds(uint64_t v[4], int count)
{
    while (count-- > 0) {
        v[0] += v[1], v[2] += v[3];
        v[1] = left(v[1], 13), v[3] = left(v[3], 16);
        v[1] ^= v[0], v[3] ^= v[2];
        v[0] = left(v[0], 32);
        v[2] += v[1], v[0] += v[3];
        v[1] = left(v[1], 17), v[3] = left(v[3], 21);
        v[1] ^= v[2], v[3] ^= v[0];
        v[2] = left(v[2], 32);
    }
}

static uint64_t reference(int c, int d, const uint64_t k[2], const unsigned char *data, size_t len)
{
    uint64_t v[4] = {k[0] ^ 0x736f6d6570736575u, k[1] ^ 0x646f72616e646f6du,
                     k[0] ^ 0x6c7967656e657261u, k[1] ^ 0x7465646279746573u};

    for (size_t at = 0; at <= len; at += 8) {
        uint64_t m = 0;

        for (size_t i = 0; i < 8; i++)
            if (at + i < len)
                m |= (uint64_t)data[at + i] << 8 * i;
        if (len - at < 8)
            m |= (uint64_t)(len & 0xff) << 56;
        v[3] ^= m;
        rounds(v, c);
        v[0] ^= m;
    }
    v[2] ^= 0xff;
    rounds(v, d);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The paper's example key: bytes 00 .. 0f. */
static const uint64_t paper_key[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

START_TEST(reference_has_the_published_values)
{
    unsigned char data[16];

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (unsigned char)i;
    ck_assert_uint_eq(reference(2, 4, paper_key, data, 15), 0xa129ca6149be45e5u);
    ck_assert_uint_eq(reference(2, 4, paper_key, data, 0), 0x726fdb47dd0e0e31u);
    ck_assert_uint_eq(reference(2, 4, paper_key, data, 8), 0x93f5f5799a932462u);
}
END_TEST

START_TEST(agrees_with_the_reference)
{
    unsigned char data[300];
    struct hash_secret secret;

    memcpy(secret.word, paper_key, sizeof(secret.word));
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (unsigned char)(i * 37 + 200);
    for (size_t len = 0; len < 280; len++)
        for (size_t start = 0; start < 9; start++)
            ck_assert_uint_eq(hash_bytes(&secret, data + start, len),
                              reference(1, 3, paper_key, data + start, len));
}
END_TEST

START_TEST(has_the_values_of_another_implementation)
{
    static const struct hash_secret zero;
    static const struct {
        const char *text;
        uint64_t hash;
    } known[] = {
        {"a", 0x407448d2b89b1813u},
        {"info", 0xa80b3bd66acc52ffu},
        {"info@ex", 0xa7681290730b4281u},
        {"info@exa", 0xcdd0cda742fbf23bu},
        {"email1@example.com", 0x411b841f9386bee7u},
        {"a-longer-local-part+extension@mail.example.org", 0x6f6ff80746cf310du},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        ck_assert_uint_eq(hash_bytes(&zero, known[i].text, strlen(known[i].text)), known[i].hash);
}
END_TEST

START_TEST(secrets_differ)
{
    struct hash_secret a, b;

    hash_secret_new(&a);
    hash_secret_new(&b);
    ck_assert_mem_ne(&a, &b, sizeof(a));
    ck_assert_uint_ne(hash_bytes(&a, "key", 3), hash_bytes(&b, "key", 3));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hash");
    TCase *t = tcase_create("hash");

    tcase_add_test(t, reference_has_the_published_values);
    tcase_add_test(t, agrees_with_the_reference);
    tcase_add_test(t, has_the_values_of_another_implementation);
    tcase_add_test(t, secrets_differ);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
