/* gtid_set - see the header. */
#include "gtid_set.h"

#include "gtid_text.h"

/* The form of a set that has tags; it stands around the count of its entries. */
#define WITH_TAGS 1

/* The set as it is written: entries of a source, each with intervals. */
struct encoding {
    struct buffer *out;
    bool has_tags;
    uint64_t entries;
    size_t count_at; /* in out: how many intervals the entry has */
    uint64_t count;
};

static void put(struct buffer *out, uint64_t number)
{
    for (int i = 0; i < 8; i++, number >>= 8)
        buffer_add_char(out, (char)number);
}

static void put_at(struct buffer *out, size_t at, uint64_t number)
{
    for (int i = 0; i < 8; i++, number >>= 8)
        out->data[at + i] = (char)number;
}

static void begin_entry(struct encoding *encoding, const struct gtid_source *source)
{
    size_t tag_len = strlen(source->tag);

    encoding->entries++;
    buffer_add(encoding->out, source->uuid, GTID_UUID);
    if (encoding->has_tags) {
        buffer_add_char(encoding->out, (char)(tag_len << 1)); /* see gtid_take_number() */
        buffer_add(encoding->out, source->tag, tag_len);
    }
    encoding->count_at = encoding->out->len;
    encoding->count = 0;
    put(encoding->out, 0);
}

/* The end is written as the number behind it. */
static void add_interval(struct encoding *encoding, uint64_t first, uint64_t last)
{
    put(encoding->out, first);
    put(encoding->out, last + 1);
    put_at(encoding->out, encoding->count_at, ++encoding->count);
}

static bool has_tags(struct slice set)
{
    struct gtid_text text = {.rest = set};

    while (gtid_text_next(&text))
        if (text.source.tag[0] != '\0')
            return true;
    return false;
}

bool gtid_set_encode(struct buffer *out, struct slice set)
{
    struct encoding encoding = {.out = out, .has_tags = has_tags(set)};
    struct gtid_text text = {.rest = set};
    size_t entries_at = out->len;

    put(out, 0);
    while (gtid_text_next(&text)) {
        if (text.is_new_source)
            begin_entry(&encoding, &text.source);
        add_interval(&encoding, text.first, text.last);
    }
    put_at(out, entries_at,
           encoding.has_tags ? (uint64_t)WITH_TAGS << 56 | encoding.entries << 8 | WITH_TAGS
                             : encoding.entries);
    return !text.is_wrong;
}
