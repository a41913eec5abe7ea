/*
 * find - what the rows of a mirror say of a key: what is certain, what is left of rows that nobody confirms,
 * and several rows of one key; see mirror.h.
 */
#include "mirror.h"

#include <stdlib.h>

#include "parts.h"
#include "value.h"

/* What the key columns are compared with. */
static struct certain_texts expand(struct mirror *mirror, struct slice key, struct slice *text)
{
    size_t end[TURN_KEYS_MAX + 1] = {0};

    text[0] = key;
    if (mirror->turned.is_key)
        return (struct certain_texts){text, 1};
    buffer_clear(&mirror->expanded);
    for (size_t i = 0; i < mirror->turned.keys; i++) {
        template_query(mirror->turned.literals[i], key, NULL, NULL, &mirror->expanded);
        end[i + 1] = mirror->expanded.len;
    }
    for (size_t i = 0; i < mirror->turned.keys; i++)
        text[i] = (struct slice){buffer_text(&mirror->expanded) + end[i], end[i + 1] - end[i]};
    return (struct certain_texts){text, mirror->turned.keys};
}

/* A lookup's key is in lower case already, so it folds to itself. */
static struct slice fold(struct mirror *mirror, struct certain_texts texts)
{
    if (mirror->turned.is_key && mirror->kinds[0] == COLLATION_EXACT)
        return texts.text[0];
    buffer_clear(&mirror->folded);
    certain_fold(texts, mirror->kinds, &mirror->folded);
    return buffer_slice(&mirror->folded);
}

struct slice find_row_key(struct mirror *mirror, struct slice key)
{
    struct slice text[TURN_KEYS_MAX];

    return fold(mirror, expand(mirror, key, text));
}

static bool has_marker(const struct mirror *mirror, struct slice marker, uint64_t now_ms)
{
    enum cache_mirror_said said =
        cache_mirror_find(mirror->set->cache, mirror->table, marker, now_ms).said;

    return said == CACHE_MIRROR_FOUND || said == CACHE_MIRROR_SEVERAL;
}

static bool has_exotic_row(struct mirror *mirror, struct certain_texts texts, uint64_t now_ms)
{
    if (mirror->is_known && !mirror->has_exotics)
        return false;
    if (has_marker(mirror, exotics_anywhere(), now_ms))
        return true;
    buffer_clear(&mirror->folded);
    return exotics_in_domain(texts, &mirror->folded) &&
           has_marker(mirror, buffer_slice(&mirror->folded), now_ms);
}

static bool is_told(const struct cache_mirror_answer *row)
{
    return row->said == CACHE_MIRROR_FOUND && row->value.len != 0 &&
           row->value.data[row->value.len - 1] == VALUE_TOLD;
}

static enum mirror_said judge(struct mirror *mirror, struct certain_texts texts,
                              const struct cache_mirror_answer *row, uint64_t now_ms)
{
    struct slice domain;
    const struct certain_case known = {.key = certain_shape(texts, &domain),
                                       .has_row = row->said != CACHE_MIRROR_MISSING,
                                       .has_exotic_row = has_exotic_row(mirror, texts, now_ms),
                                       .is_split =
                                           certain_is_split(mirror->kinds, mirror->turned.keys)};

    switch (certain_judge(&known)) {
    case CERTAIN_NOT_FOUND:
        return MIRROR_NOT_FOUND;
    case CERTAIN_FOUND:
        if (is_told(row))
            return MIRROR_FOUND;
        break;
    case CERTAIN_ASK:
        break;
    }
    return MIRROR_ASK;
}

/* Whether all rows of a reading are there, though this process has not read them: then what their kinds were. */
static bool none_is_missing(struct mirror *mirror, uint64_t now_ms, uint64_t *age_ms)
{
    const struct cache *cache = mirror->set->cache;
    struct cache_mirror_answer own =
        cache_mirror_find(cache, mirror->table, pass_own_key(), now_ms);
    enum collation_kind kinds[TURN_KEYS_MAX];

    if (own.said != CACHE_MIRROR_FOUND ||
        !pass_own_read(own.value, cache_mirror_counts(cache, mirror->table, now_ms).rows, kinds,
                       mirror->turned.keys))
        return false;
    memcpy(mirror->kinds, kinds, sizeof(kinds[0]) * mirror->turned.keys);
    *age_ms = own.age_ms;
    return true;
}

/*
 * Rows of a state file, of before a flush, or of another server: a value is still what the table had then.
 * And if they are all, what is not among them was not there.
 */
static struct mirror_answer say_what_is_left(struct mirror *mirror, struct slice key,
                                             uint64_t now_ms)
{
    struct mirror_answer answer = {.said = MIRROR_SILENT};
    bool is_whole = none_is_missing(mirror, now_ms, &answer.age_ms);
    struct slice text[TURN_KEYS_MAX], domain;
    struct cache_mirror_answer row;
    struct certain_texts texts;
    struct slice folded;

    if (!is_whole && !mirror->turned.is_key)
        return answer;
    texts = expand(mirror, key, text);
    folded = fold(mirror, texts);
    row = cache_mirror_find(mirror->set->cache, mirror->table, folded, now_ms);
    if (folded.len > KEY_MOST || certain_shape(texts, &domain) != CERTAIN_PLAIN ||
        has_exotic_row(mirror, texts, now_ms))
        return answer;
    if (is_told(&row)) {
        answer.said = MIRROR_FOUND;
        answer.value = (struct slice){row.value.data, row.value.len - 1};
        answer.age_ms = row.age_ms;
    } else if (is_whole && !certain_is_split(mirror->kinds, mirror->turned.keys) &&
               (row.said == CACHE_MIRROR_UNKNOWN || row.said == CACHE_MIRROR_MISSING)) {
        answer.said = MIRROR_LAPSED;
    }
    return answer;
}

static void heed_stream(const struct mirror *mirror, uint64_t now_ms, struct mirror_answer *answer)
{
    uint64_t unchanged_ms = followed_unchanged_ms(&mirror->followed, now_ms);

    if (unchanged_ms < answer->unchanged_ms)
        answer->unchanged_ms = unchanged_ms;
    answer->has_changed = followed_is_dirty(&mirror->followed);
    answer->is_live = answer->is_live && !answer->has_changed;
    if (answer->has_changed && answer->said == MIRROR_NOT_FOUND)
        answer->said = MIRROR_LAPSED;
    answer->is_told = answer->is_live && reader_tells(mirror->reader, mirror, now_ms);
}

struct mirror_answer mirror_find(struct mirror *mirror, struct slice key, uint64_t now_ms)
{
    struct mirror_answer answer = {.said = MIRROR_SILENT};
    struct slice text[TURN_KEYS_MAX];
    struct cache_mirror_answer row;
    struct certain_texts texts;
    struct slice folded;

    if (mirror->reader == NULL)
        return answer;
    if (!mirror->is_known)
        return say_what_is_left(mirror, key, now_ms);
    texts = expand(mirror, key, text);
    folded = fold(mirror, texts);
    row = cache_mirror_find(mirror->set->cache, mirror->table, folded, now_ms);
    if (!row.whole)
        return say_what_is_left(mirror, key, now_ms);
    answer.said = folded.len <= KEY_MOST ? judge(mirror, texts, &row, now_ms) : MIRROR_ASK;
    answer.is_live = row.age_ms <= fresh_live_ms(mirror);
    answer.has_several = row.said == CACHE_MIRROR_SEVERAL;
    answer.age_ms = row.age_ms;
    answer.unchanged_ms = row.unchanged_ms;
    if (answer.said == MIRROR_FOUND)
        answer.value = (struct slice){row.value.data, row.value.len - 1};
    if (mirror->def->mirror_stream)
        heed_stream(mirror, now_ms, &answer);
    return answer;
}

/* --- several rows --------------------------------------------------------------------------- */

struct values {
    struct slice *at;
    size_t count, room;
    bool is_told;
};

static void take_value(void *arg, struct slice value)
{
    struct values *values = arg;

    values->is_told &= value.len != 0 && value.data[value.len - 1] == VALUE_TOLD;
    if (values->count < values->room)
        values->at[values->count++] = (struct slice){value.data, value.len - (value.len != 0)};
}

static int compare(const void *a, const void *b)
{
    const struct slice *left = a, *right = b;
    int order = memcmp(left->data, right->data, left->len < right->len ? left->len : right->len);

    return order != 0 ? order : (left->len > right->len) - (left->len < right->len);
}

/* The rows may hold more values than there are rows: a limit is for the database to look at. */
bool mirror_several(struct mirror *mirror, struct slice key, struct buffer *value)
{
    struct slice room[CACHE_MIRROR_ROWS_MAX];
    struct values values = {.at = room, .room = CACHE_MIRROR_ROWS_MAX, .is_told = true};

    if (mirror->def->rules.expansion_limit != 0 || !mirror->is_known)
        return false;
    cache_mirror_rows(mirror->set->cache, mirror->table, find_row_key(mirror, key), take_value,
                      &values);
    if (!values.is_told || values.count == 0)
        return false;
    qsort(values.at, values.count, sizeof(*values.at), compare);
    for (size_t i = 0; i < values.count && value->len <= VALUE_MOST; i++) {
        if (i != 0)
            buffer_add_char(value, ',');
        buffer_add(value, values.at[i].data, values.at[i].len);
    }
    return value->len <= VALUE_MOST;
}
