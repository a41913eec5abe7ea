/* mirror - one table held whole: its definition, and how it is seen from outside; see the header. */
#include "mirror.h"

#include <stdlib.h>

#include "parts.h"
#include "eligible.h"
#include "xmalloc.h"

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

    if (!table_def_same_rows(old, def) || mirror->is_given_up)
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
    mirror_tidy(mirror->set);
    read_again(mirror);
    return rows != 0 ? rows - PASS_OWN_ROWS : 0;
}

size_t mirror_flush_key(struct mirror *mirror, struct slice key)
{
    size_t rows = 0;

    if (mirror->reader == NULL)
        return 0;
    if (mirror->is_known)
        rows = cache_flush_key(mirror->set->cache, mirror->table, find_row_key(mirror, key));
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
        status.state = counts.confirmed_age_ms <= fresh_live_ms(mirror) &&
                               !followed_is_dirty(&mirror->followed)
                           ? MIRROR_LIVE
                           : MIRROR_BEHIND;
    return status;
}
