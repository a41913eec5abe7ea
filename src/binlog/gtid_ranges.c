/* gtid_ranges - see the header. */
#include "gtid_ranges.h"

#include <stdlib.h>

#include "xmalloc.h"

void gtid_ranges_clear(struct gtid_ranges *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->sources[i].ranges);
    free(set->sources);
    *set = (struct gtid_ranges){NULL, 0};
}

static struct gtid_source_ranges *find(const struct gtid_ranges *set,
                                       const struct gtid_source *source)
{
    for (size_t i = 0; i < set->count; i++) {
        struct gtid_source_ranges *own = &set->sources[i];

        if (memcmp(own->source.uuid, source->uuid, GTID_UUID) == 0 &&
            strcmp(own->source.tag, source->tag) == 0)
            return own;
    }
    return NULL;
}

static struct gtid_source_ranges *find_or_add(struct gtid_ranges *set,
                                              const struct gtid_source *source)
{
    struct gtid_source_ranges *own = find(set, source);

    if (own != NULL || set->count == GTID_SOURCES_MAX)
        return own;
    set->sources = xrealloc(set->sources, (set->count + 1) * sizeof(*set->sources));
    own = &set->sources[set->count++];
    *own = (struct gtid_source_ranges){.source = *source};
    return own;
}

/* Put it in the place of those from `at` up to `end`. */
static bool replace(struct gtid_source_ranges *own, size_t at, size_t end, struct gtid_range range)
{
    size_t behind = own->count - end;

    if (at == end && own->count == GTID_RANGES_MAX)
        return false;
    if (at == end)
        own->ranges = xrealloc(own->ranges, (own->count + 1) * sizeof(range));
    memmove(own->ranges + at + 1, own->ranges + end, behind * sizeof(range));
    own->ranges[at] = range;
    own->count = at + 1 + behind;
    return true;
}

/* What it touches or overlaps becomes one with it. Mostly that is the last one. */
static bool add_range(struct gtid_source_ranges *own, struct gtid_range range)
{
    size_t end = own->count, at;

    while (end > 0 && own->ranges[end - 1].first > range.last + 1)
        end--;
    for (at = end; at > 0 && own->ranges[at - 1].last + 1 >= range.first; at--) {
        if (own->ranges[at - 1].first < range.first)
            range.first = own->ranges[at - 1].first;
        if (own->ranges[at - 1].last > range.last)
            range.last = own->ranges[at - 1].last;
    }
    return replace(own, at, end, range);
}

bool gtid_ranges_add(struct gtid_ranges *set, const struct gtid_source *source,
                     struct gtid_range range)
{
    struct gtid_source_ranges *own = find_or_add(set, source);

    return own != NULL && add_range(own, range);
}

bool gtid_ranges_add_text(struct gtid_ranges *set, struct slice text)
{
    struct gtid_text reading = {.rest = text};

    while (gtid_text_next(&reading))
        if (!gtid_ranges_add(set, &reading.source,
                             (struct gtid_range){reading.first, reading.last}))
            return false;
    return !reading.is_wrong;
}

bool gtid_ranges_have(const struct gtid_ranges *set, const struct gtid_source *source,
                      uint64_t number)
{
    const struct gtid_source_ranges *own = find(set, source);

    for (size_t i = own != NULL ? own->count : 0; i > 0 && own->ranges[i - 1].last >= number; i--)
        if (own->ranges[i - 1].first <= number)
            return true;
    return false;
}

static bool covers(const struct gtid_source_ranges *own, const struct gtid_source_ranges *part)
{
    size_t at = 0;

    for (size_t i = 0; i < part->count; i++) {
        while (at < own->count && own->ranges[at].last < part->ranges[i].first)
            at++;
        if (at == own->count || own->ranges[at].first > part->ranges[i].first ||
            own->ranges[at].last < part->ranges[i].last)
            return false;
    }
    return true;
}

bool gtid_ranges_cover(const struct gtid_ranges *set, const struct gtid_ranges *part)
{
    for (size_t i = 0; i < part->count; i++) {
        const struct gtid_source_ranges *own = find(set, &part->sources[i].source);

        if (own == NULL || !covers(own, &part->sources[i]))
            return false;
    }
    return true;
}

void gtid_ranges_copy(struct gtid_ranges *set, const struct gtid_ranges *from)
{
    gtid_ranges_clear(set);
    set->sources = xcalloc(from->count != 0 ? from->count : 1, sizeof(*set->sources));
    set->count = from->count;
    for (size_t i = 0; i < from->count; i++) {
        size_t bytes = from->sources[i].count * sizeof(struct gtid_range);

        set->sources[i] = from->sources[i];
        set->sources[i].ranges = memcpy(xmalloc(bytes), from->sources[i].ranges, bytes);
    }
}
