/* mirror - one table held whole: its definition, and what its rows say of a key; see the header. */
#include "mirror.h"

#include <assert.h>
#include <stdlib.h>

#include "parts.h"
#include "eligible.h"
#include "value.h"
#include "xmalloc.h"

/* Live is what was confirmed so many intervals or ms ago, whichever is more. */
#define LIVE_INTERVALS 3
#define LIVE_MS        3000

struct mirror_set *mirror_set_new(struct event_base *base, struct cache *cache)
{
    struct mirror_set *set = xcalloc(1, sizeof(*set));

    set->base = base;
    set->cache = cache;
    hash_secret_new(&set->secret);
    TAILQ_INIT(&set->readers);
    return set;
}

void mirror_set_free(struct mirror_set *set)
{
    assert(TAILQ_EMPTY(&set->readers));
    free(set);
}

/* --- the definition ------------------------------------------------------------------------- */

/* Whether the table can be mirrored as far as its definition tells. */
static bool prepare(struct mirror *mirror)
{
    const struct table_def *def = mirror->def;

    if (!eligible_check(def, &mirror->turned, &mirror->reason))
        return false;
    mirror->rules =
        (struct table_rules){.template = template_new("%s", def->result_format, &mirror->reason),
                             .expansion_limit = def->rules.expansion_limit,
                             .require_result_set = true};
    return mirror->rules.template != NULL;
}

static struct cache_policy policy_of(const struct table_def *def)
{
    return (struct cache_policy){def->ttl_ms, def->negative_ttl_ms, def->stale_ttl_ms};
}

struct mirror *mirror_new(struct mirror_set *set, struct config *config,
                          const struct table_def *def)
{
    struct mirror *mirror = xcalloc(1, sizeof(*mirror));
    const struct cache_policy policy = policy_of(def);

    mirror->set = set;
    mirror->config = config_ref(config);
    mirror->def = def;
    if (!prepare(mirror)) {
        log_info("table %s is not mirrored: %s", def->name, buffer_text(&mirror->reason));
        return mirror;
    }
    mirror->table = cache_mirror_add(set->cache, &policy);
    if (mirror->table != 0)
        reader_add(mirror);
    else
        buffer_add_text(&mirror->reason, "there are too many tables");
    return mirror;
}

void mirror_free(struct mirror *mirror)
{
    if (mirror == NULL)
        return;
    if (mirror->reader != NULL)
        reader_remove(mirror);
    if (mirror->table != 0)
        cache_table_drop(mirror->set->cache, mirror->table);
    pass_free(mirror);
    epoch_clear(&mirror->epoch);
    table_names_clear(&mirror->followed.names);
    turned_free(&mirror->turned);
    if (mirror->rules.template != NULL)
        template_free(mirror->rules.template);
    buffer_free(&mirror->reason);
    buffer_free(&mirror->expanded);
    buffer_free(&mirror->folded);
    config_unref(mirror->config);
    free(mirror);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Another server's rows they may be: what is there stays as old answers, until it has been read there. */
static void move(struct mirror *mirror)
{
    mirror->is_known = false;
    mirror->has_failed = false;
    mirror->connection = 0; /* no connection has this number */
    mirror->next_look_ms = 0;
    mirror->next_read_ms = 0;
    reader_add(mirror);
}

bool mirror_adopt(struct mirror *mirror, struct config *config, const struct table_def *def)
{
    const struct table_def *old = mirror->def;
    const struct cache_policy policy = policy_of(def);
    bool is_moved = mirror->reader != NULL && !db_params_equal(&old->db, &def->db);

    if (!table_def_equal_but_hosts(old, def) || !same_text(old->mirror_query, def->mirror_query) ||
        old->cache != def->cache || mirror->is_given_up)
        return false;
    if (is_moved)
        reader_remove(mirror);
    if (old->mirror_stream != def->mirror_stream)
        mirror->followed.stream = 0; /* nobody has told what changed meanwhile */
    config_ref(config);
    config_unref(mirror->config);
    mirror->config = config;
    mirror->def = def;
    if (mirror->table != 0)
        cache_table_set_policy(mirror->set->cache, mirror->table, &policy);
    if (is_moved)
        move(mirror);
    else if (mirror->reader != NULL)
        reader_reconsider(mirror->reader);
    return true;
}

/* --- what it says of a key ------------------------------------------------------------------ */

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

static bool is_split(const struct mirror *mirror)
{
    for (size_t i = 0; i < mirror->turned.keys; i++)
        if (mirror->kinds[i] == COLLATION_SPLITS)
            return true;
    return false;
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
                                       .is_split = is_split(mirror)};

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

static uint64_t live_ms(const struct mirror *mirror)
{
    uint64_t ms = LIVE_INTERVALS * mirror->def->mirror_interval_ms;

    return ms > LIVE_MS ? ms : LIVE_MS;
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
    } else if (is_whole && !is_split(mirror) &&
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
    answer.is_live = row.age_ms <= live_ms(mirror);
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
    struct slice text[TURN_KEYS_MAX];
    struct slice room[CACHE_MIRROR_ROWS_MAX];
    struct values values = {.at = room, .room = CACHE_MIRROR_ROWS_MAX, .is_told = true};

    if (mirror->def->rules.expansion_limit != 0 || !mirror->is_known)
        return false;
    cache_mirror_rows(mirror->set->cache, mirror->table, fold(mirror, expand(mirror, key, text)),
                      take_value, &values);
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

/* --- flush ---------------------------------------------------------------------------------- */

static void read_again(struct mirror *mirror)
{
    mirror->is_given_up = false;
    mirror->has_failed = false;
    mirror->next_look_ms = 0;
    mirror->next_read_ms = 0;
    reader_wake(mirror->reader);
}

size_t mirror_flush(struct mirror *mirror)
{
    size_t rows;

    if (mirror->reader == NULL)
        return 0;
    rows = cache_flush_table(mirror->set->cache, mirror->table);
    read_again(mirror);
    return rows != 0 ? rows - PASS_OWN_ROWS : 0;
}

size_t mirror_flush_key(struct mirror *mirror, struct slice key)
{
    struct slice text[TURN_KEYS_MAX];
    size_t rows = 0;

    if (mirror->reader == NULL)
        return 0;
    if (mirror->is_known)
        rows = cache_flush_key(mirror->set->cache, mirror->table,
                               fold(mirror, expand(mirror, key, text)));
    cache_flush_key(mirror->set->cache, mirror->table,
                    pass_own_key()); /* it is not as it was read */
    read_again(mirror);
    return rows;
}

/* Values of a mirror_query would have to be told from those of another. */
cache_table mirror_saved(const struct mirror *mirror)
{
    return mirror->reader != NULL && mirror->def->mirror_query == NULL ? mirror->table : 0;
}

/* --- seen from outside ---------------------------------------------------------------------- */

static void describe_stream(const struct mirror *mirror, uint64_t now_ms,
                            struct mirror_stream_status *status)
{
    const struct buffer *elsewhere = &mirror->followed.names.elsewhere;

    reader_describe_stream(mirror->reader, now_ms, status);
    status->dirty = mirror->followed.changes;
    if (elsewhere->len != 0) {
        status->state = MIRROR_STREAM_OFF;
        status->reason = buffer_text(elsewhere);
    }
}

struct mirror_status mirror_status(const struct mirror *mirror, uint64_t now_ms)
{
    struct mirror_status status = {.state = MIRROR_OFF,
                                   .reason = buffer_text(&mirror->reason),
                                   .confirmed_age_ms = UINT64_MAX,
                                   .reads = mirror->reads,
                                   .read_ms = mirror->read_ms,
                                   .changes = mirror->changes,
                                   .differences = mirror->differences};
    struct cache_mirror_counts counts;

    if (mirror->reader == NULL)
        return status;
    status.has_stream = mirror->def->mirror_stream;
    if (status.has_stream)
        describe_stream(mirror, now_ms, &status.stream);
    counts = cache_mirror_counts(mirror->set->cache, mirror->table, now_ms);
    status.rows = counts.rows != 0 ? counts.rows - PASS_OWN_ROWS : 0;
    status.bytes = counts.bytes;
    status.confirmed_age_ms = counts.confirmed_age_ms;
    if (mirror->is_given_up)
        return status;
    if (!counts.whole)
        status.state = MIRROR_LOADING;
    else
        status.state =
            counts.confirmed_age_ms <= live_ms(mirror) && !followed_is_dirty(&mirror->followed)
                ? MIRROR_LIVE
                : MIRROR_BEHIND;
    return status;
}
