/*
 * hash - see the header. SipHash with one round for each 8 bytes and three at the end, as in the
 * paper "SipHash: a fast short-input PRF" (2012) with c = 1, d = 3.
 */
#include "hash.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "log.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

void hash_secret_new(struct hash_secret *secret)
{
    ssize_t got;

    do
        got = getrandom(secret, sizeof(*secret), 0);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof(*secret))
        log_fatal("cannot get random numbers: %s", strerror(errno));
}

static inline uint64_t rotate(uint64_t word, unsigned bits)
{
    return (word << bits) | (word >> (64 - bits));
}

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

static inline uint64_t little_endian(uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap64(word);
#else
    return word;
#endif
}

uint64_t hash_bytes(const struct hash_secret *secret, const void *data, size_t len)
{
    const unsigned char *next = data;
    uint64_t k0 = secret->word[0], k1 = secret->word[1];
    struct sip s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                    k1 ^ 0x7465646279746573u};
    uint64_t word;

    for (size_t left = len; left >= sizeof(word); left -= sizeof(word), next += sizeof(word)) {
        memcpy(&word, next, sizeof(word));
        sip_word(&s, little_endian(word));
    }
    word = (uint64_t)len << 56;
    for (size_t i = 0; i < len % sizeof(word); i++)
        word |= (uint64_t)next[i] << (8 * i);
    sip_word(&s, word);
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
