/*
 * load_keys - what the load generator asks and what must come back: for each key the bytes of the
 * request and of the one right reply, made before the clock starts.
 */
#ifndef BENCH_LOAD_KEYS_H
#define BENCH_LOAD_KEYS_H

#include <stddef.h>

#include "buffer.h"

struct load_key {
    size_t request_at, request_len; /* in text */
    size_t reply_at, reply_len;
};

struct load_keys {
    size_t count;
    size_t capacity;
    struct load_key *key;
    struct buffer text;
};

/*
 * Lines of KEY or KEY TAB REPLY, e.g. "a@example.com TAB OK 1". Without REPLY it is made from the
 * template, in which %s stands for the key. Exits with a message on trouble.
 */
void load_keys_read(struct load_keys *keys, const char *path, const char *map,
                    const char *reply_template);

/* Keys made from a template in which %s stands for 0, 1, ... count - 1. */
void load_keys_make(struct load_keys *keys, const char *key_template, size_t count, const char *map,
                    const char *reply_template);

/* Append the template with the first %s replaced. */
void load_keys_expand(struct buffer *out, const char *template, const char *text);

void load_keys_free(struct load_keys *keys);

static inline struct slice load_request(const struct load_keys *keys, size_t index)
{
    const struct load_key *key = &keys->key[index];

    return (struct slice){keys->text.data + key->request_at, key->request_len};
}

static inline struct slice load_reply(const struct load_keys *keys, size_t index)
{
    const struct load_key *key = &keys->key[index];

    return (struct slice){keys->text.data + key->reply_at, key->reply_len};
}

#endif
