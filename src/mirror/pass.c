/*
 * pass - reading a table whole; see parts.h. A row becomes a key that texts fold to which may be equal, and
 * the value that its columns come to, behind one byte that says what it is worth.
 */
#include "parts.h"

#include <stdarg.h>
#include <stdio.h>

#include "clock.h"
#include "value.h"

void mirror_complain(struct mirror *mirror, const char *format, ...)
{
    char text[300];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (strcmp(buffer_text(&mirror->reason), text) != 0)
        log_limited(&mirror->complaints, clock_ms(), LOG_LEVEL_WARNING, "table %s: mirror: %s",
                    mirror->def->name, text);
    buffer_clear(&mirror->reason);
    buffer_add_text(&mirror->reason, text);
}

/* --- columns -------------------------------------------------------------------------------- */

/* What the rows say can't be used: neither now nor what they said before. */
static bool refuse_table(struct mirror *mirror)
{
    cache_flush_table(mirror->set->cache, mirror->table);
    return false;
}

bool pass_take_collations(struct mirror *mirror, const struct epoch_server *server,
                          const struct db_result *result)
{
    const struct db_rows *rows = &result->rows;

    if (rows->count != 1 || rows->columns != mirror->turned.keys) {
        mirror_complain(mirror, "the server does not tell the collations of its columns");
        return refuse_table(mirror);
    }
    for (unsigned i = 0; i < rows->columns; i++) {
        const char *name = rows->fields[i] != NULL ? rows->fields[i] : "NULL";

        mirror->pass.kinds[i] = collation_kind(epoch_vendor(server), slice_of(name));
        if (mirror->pass.kinds[i] == COLLATION_UNKNOWN) {
            mirror_complain(mirror,
                            "collation %s of column %u is not one that is known for certain", name,
                            i + 1);
            return refuse_table(mirror);
        }
    }
    return true;
}

static void fail(struct mirror *mirror)
{
    mirror->pass.is_failed = true;
    cache_mirror_abort(mirror->set->cache, mirror->table);
}

void pass_columns(struct mirror *mirror, unsigned columns, uint64_t texts)
{
    size_t keys = mirror->turned.keys;
    uint64_t wanted = (UINT64_C(1) << keys) - 1;

    if (columns != keys + mirror->turned.values)
        mirror_complain(mirror, "the server gives %u columns, expected %zu", columns,
                        keys + mirror->turned.values);
    else if ((texts & wanted) != wanted)
        mirror_complain(mirror,
                        "a column that keys are compared with is not CHAR, VARCHAR or TEXT");
    else
        return;
    refuse_table(mirror);
    fail(mirror);
}

/* --- rows ----------------------------------------------------------------------------------- */

void pass_begin(struct mirror *mirror, uint64_t asked_ms)
{
    exotics_free(mirror->pass.exotics);
    mirror->pass.exotics = exotics_new(&mirror->set->secret);
    mirror->pass.is_failed = false;
    mirror->pass.has_made_room = false;
    mirror->pass.rows = 0;
    cache_mirror_begin(mirror->set->cache, mirror->table, asked_ms);
}

/* Old and new rows do not fit together: then without the old ones. If there are none, there is no way. */
static void make_room(struct mirror *mirror)
{
    if (cache_mirror_counts(mirror->set->cache, mirror->table, clock_ms()).whole) {
        cache_flush_table(mirror->set->cache, mirror->table);
        mirror->pass.has_made_room = true;
        return;
    }
    mirror->is_given_up = true;
    mirror_complain(mirror, "given up: its rows do not fit into half of max_size");
}

static void store(struct mirror *mirror, struct slice key, struct slice value)
{
    switch (cache_mirror_row(mirror->set->cache, mirror->table, key, value)) {
    case CACHE_MIRROR_OK:
        mirror->pass.rows++;
        return;
    case CACHE_MIRROR_ENDED: /* flushed meanwhile */
        break;
    case CACHE_MIRROR_FULL:
        make_room(mirror);
        break;
    case CACHE_MIRROR_CROWDED:
        mirror->is_given_up = true;
        mirror_complain(mirror,
                        "given up: it has a key with too many rows, or a row that is too long");
        break;
    }
    fail(mirror);
}

/* False: nothing, the row has no value. */
static bool make_value(struct mirror *mirror, unsigned columns, const char *const *fields,
                       const unsigned long *lengths)
{
    struct table_answer answer = {.rules = &mirror->rules,
                                  .key = buffer_slice(&mirror->pass.key),
                                  .value = mirror->pass.value};
    const char *reason;
    enum outcome outcome;

    buffer_clear(&answer.value);
    table_answer_row(&answer, columns, fields, lengths);
    outcome = table_answer_outcome(&answer, &reason);
    mirror->pass.value = answer.value;
    if (outcome == OUTCOME_OK && answer.value.len <= VALUE_MOST &&
        !certain_is_split(mirror->pass.kinds, mirror->turned.keys)) {
        buffer_add_char(&mirror->pass.value, VALUE_TOLD);
    } else {
        buffer_clear(&mirror->pass.value);
        buffer_add_char(&mirror->pass.value, VALUE_ASK);
    }
    return outcome != OUTCOME_NOTFOUND;
}

void pass_row(struct mirror *mirror, unsigned columns, const char *const *fields,
              const unsigned long *lengths)
{
    struct slice text[TURN_KEYS_MAX];
    const struct certain_texts row = {text, mirror->turned.keys};
    struct slice domain;

    for (unsigned i = 0; i < row.count && !mirror->pass.is_failed; i++) {
        if (fields[i] == NULL) /* equal to nothing */
            return;
        text[i] = (struct slice){fields[i], lengths[i]};
    }
    if (mirror->pass.is_failed)
        return;
    if (certain_shape(row, &domain) != CERTAIN_PLAIN) {
        buffer_clear(&mirror->pass.marker);
        if (exotics_add(mirror->pass.exotics, row, &mirror->pass.marker))
            store(mirror, buffer_slice(&mirror->pass.marker), slice_of(""));
        return;
    }
    buffer_clear(&mirror->pass.key);
    certain_fold(row, mirror->pass.kinds, &mirror->pass.key);
    if (mirror->pass.key.len <= KEY_MOST &&
        make_value(mirror, columns - (unsigned)row.count, fields + row.count, lengths + row.count))
        store(mirror, buffer_slice(&mirror->pass.key), buffer_slice(&mirror->pass.value));
}

/* --- the row of our own --------------------------------------------------------------------- */

/* It begins with a NUL, as no plain text does. */
struct slice pass_own_key(void)
{
    return (struct slice){"\0=", 2};
}

static void write_own(uint64_t rows, const enum collation_kind *kinds, size_t count,
                      struct buffer *out)
{
    buffer_printf(out, "%llu", (unsigned long long)rows);
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, " %u", (unsigned)kinds[i]);
}

bool pass_own_read(struct slice value, uint64_t rows, enum collation_kind *kinds, size_t count)
{
    const char *at = value.data;
    struct buffer same = BUFFER_EMPTY;
    bool is_same;

    for (size_t i = 0; i < count; i++) {
        at = memchr(at, ' ', (size_t)(value.data + value.len - at));
        if (at == NULL || ++at == value.data + value.len)
            return false;
        kinds[i] = (enum collation_kind)(*at - '0');
    }
    write_own(rows, kinds, count, &same);
    is_same = slice_equal(buffer_slice(&same), value);
    buffer_free(&same);
    return is_same;
}

static void store_own(struct mirror *mirror)
{
    buffer_clear(&mirror->pass.value);
    write_own(mirror->pass.rows + PASS_OWN_ROWS, mirror->pass.kinds, mirror->turned.keys,
              &mirror->pass.value);
    store(mirror, pass_own_key(), buffer_slice(&mirror->pass.value));
}

bool pass_commit(struct mirror *mirror, uint64_t now_ms, struct cache_mirror_change *change)
{
    if (!mirror->pass.is_failed)
        store_own(mirror);
    if (mirror->pass.is_failed ||
        !cache_mirror_commit(mirror->set->cache, mirror->table, now_ms, change))
        return false;
    memcpy(mirror->kinds, mirror->pass.kinds, sizeof(mirror->kinds));
    mirror->has_exotics = exotics_count(mirror->pass.exotics) != 0;
    mirror->is_known = true;
    mirror->has_failed = false;
    buffer_clear(&mirror->reason);
    if (cache_mirror_find(mirror->set->cache, mirror->table, exotics_anywhere(), now_ms).said !=
        CACHE_MIRROR_MISSING)
        buffer_add_text(&mirror->reason,
                        "a key in the table may equal any other: each lookup asks the database");
    return true;
}

void pass_abort(struct mirror *mirror)
{
    cache_mirror_abort(mirror->set->cache, mirror->table);
}

void pass_free(struct mirror *mirror)
{
    exotics_free(mirror->pass.exotics);
    buffer_free(&mirror->pass.key);
    buffer_free(&mirror->pass.value);
    buffer_free(&mirror->pass.marker);
}
