/*
 * hash - SipHash-1-3 (Aumasson and Bernstein), a keyed hash. Mail clients choose the keys that we
 * hash; without the secret they could make all of them collide.
 */
#ifndef VMAPD_BASE_HASH_H
#define VMAPD_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_secret {
    uint64_t word[2];
};

/* A secret from the kernel's random numbers; for the life of the process. */
void hash_secret_new(struct hash_secret *secret);

uint64_t hash_bytes(const struct hash_secret *secret, const void *data, size_t len);

#endif
