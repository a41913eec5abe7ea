/* exotics - see the header. The markers that were seen stand in a hash table of chains. */
#include "exotics.h"

#include <stdlib.h>

#include "xmalloc.h"

#define SIZE_FIRST 64 /* buckets; a power of two */

struct marker {
    struct marker *next;
    uint64_t hash;
    size_t len;
    char text[];
};

struct exotics {
    struct hash_secret secret;
    uint64_t rows;
    struct marker **bucket;
    size_t size, count;
};

struct exotics *exotics_new(const struct hash_secret *secret)
{
    struct exotics *exotics = xcalloc(1, sizeof(*exotics));

    exotics->secret = *secret;
    exotics->size = SIZE_FIRST;
    exotics->bucket = xcalloc(exotics->size, sizeof(struct marker *));
    return exotics;
}

void exotics_free(struct exotics *exotics)
{
    if (exotics == NULL)
        return;
    for (size_t i = 0; i < exotics->size; i++)
        for (struct marker *marker = exotics->bucket[i], *next; marker != NULL; marker = next) {
            next = marker->next;
            free(marker);
        }
    free(exotics->bucket);
    free(exotics);
}

static struct marker *find(const struct exotics *exotics, uint64_t hash, struct slice text)
{
    struct marker *marker = exotics->bucket[hash % exotics->size];

    while (marker != NULL &&
           (marker->hash != hash || !slice_equal((struct slice){marker->text, marker->len}, text)))
        marker = marker->next;
    return marker;
}

static void enter(struct exotics *exotics, struct marker *marker)
{
    struct marker **bucket = &exotics->bucket[marker->hash % exotics->size];

    marker->next = *bucket;
    *bucket = marker;
}

static void grow(struct exotics *exotics)
{
    struct marker **old = exotics->bucket;
    size_t old_size = exotics->size;

    exotics->size = 2 * old_size;
    exotics->bucket = xcalloc(exotics->size, sizeof(struct marker *));
    for (size_t i = 0; i < old_size; i++)
        for (struct marker *marker = old[i], *next; marker != NULL; marker = next) {
            next = marker->next;
            enter(exotics, marker);
        }
    free(old);
}

/* --- markers -------------------------------------------------------------------------------- */

/* They begin with a NUL, as no plain text does. */
struct slice exotics_anywhere(void)
{
    return (struct slice){"\0*", 2};
}

/* In lower case whatever the collation: to ask once too often is no harm. */
static void add_domain(struct slice domain, struct buffer *marker)
{
    const enum collation_kind kind = COLLATION_CI;

    buffer_add(marker, "\0@", 2);
    certain_fold((struct certain_texts){&domain, 1}, &kind, marker);
}

/* Rows of several columns have the other marker. */
bool exotics_in_domain(struct certain_texts key, struct buffer *marker)
{
    struct slice text = key.text[0];
    const char *at = key.count == 1 ? memrchr(text.data, '@', text.len) : NULL;

    if (at == NULL || at + 1 == text.data + text.len)
        return false;
    add_domain((struct slice){at + 1, (size_t)(text.data + text.len - at - 1)}, marker);
    return true;
}

/* --- rows ----------------------------------------------------------------------------------- */

static bool is_first(struct exotics *exotics, struct slice text)
{
    uint64_t hash = hash_bytes(&exotics->secret, text.data, text.len);
    struct marker *marker;

    if (find(exotics, hash, text) != NULL)
        return false;
    marker = xmalloc(sizeof(*marker) + text.len);
    marker->hash = hash;
    marker->len = text.len;
    memcpy(marker->text, text.data, text.len);
    if (exotics->count++ == exotics->size)
        grow(exotics);
    enter(exotics, marker);
    return true;
}

bool exotics_add(struct exotics *exotics, struct certain_texts row, struct buffer *marker)
{
    size_t from = marker->len;
    struct slice domain;

    switch (certain_shape(row, &domain)) {
    case CERTAIN_PLAIN:
        return false;
    case CERTAIN_IN_DOMAIN:
        add_domain(domain, marker);
        break;
    case CERTAIN_ANYWHERE:
        buffer_add(marker, exotics_anywhere().data, exotics_anywhere().len);
        break;
    }
    exotics->rows++;
    if (is_first(exotics, (struct slice){marker->data + from, marker->len - from}))
        return true;
    marker->len = from;
    return false;
}

uint64_t exotics_count(const struct exotics *exotics)
{
    return exotics->rows;
}
