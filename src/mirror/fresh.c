/*
 * fresh - when a mirror was its table, and when to look and to read again; see parts.h. Knows no connection
 * and asks nobody: versions and times come in.
 */
#include "parts.h"

#include "clock.h"

/* Reading may take a fiftieth of the time. */
#define READ_SHARE 50

/* How long to leave a table alone that can't be read. */
#define RETRY_MS 10000

/* --- after reading -------------------------------------------------------------------------- */

/* A small table is read again soon, a large one as its size allows. */
static void plan_next(struct mirror *mirror, uint64_t looked_ms, uint64_t took_ms)
{
    uint64_t pause_ms = took_ms * READ_SHARE;

    if (pause_ms < mirror->def->mirror_interval_ms)
        pause_ms = mirror->def->mirror_interval_ms;
    mirror->next_read_ms = looked_ms + pause_ms;
}

static void note_change(struct mirror *mirror, const struct cache_mirror_change *change)
{
    bool is_news = change->added + change->removed != 0;

    if (mirror->reads++ == 0)
        log_info("table %s: mirror: %llu rows", mirror->def->name,
                 (unsigned long long)change->rows - PASS_OWN_ROWS);
    else
        mirror->changes += is_news;
    mirror->is_doubtful = is_news && mirror->is_unmoved;
}

/* The version that was asked for before the rows is theirs. */
void fresh_read(struct mirror *mirror, const struct look *look, uint64_t sent_ms, uint64_t now_ms,
                const struct cache_mirror_change *change)
{
    note_change(mirror, change);
    mirror->read_ms = now_ms - sent_ms;
    mirror->read_began_ms = sent_ms;
    mirror->wants_read = false;
    mirror->connection = look->connection;
    epoch_clear(&mirror->epoch);
    mirror->epoch = look->epoch;
    mirror->epoch.text = (struct buffer)BUFFER_EMPTY;
    buffer_add(&mirror->epoch.text, look->epoch.text.data, look->epoch.text.len);
    plan_next(mirror, look->asked_ms, mirror->read_ms);
}

void fresh_failed(struct mirror *mirror, const struct db_result *result, uint64_t now_ms)
{
    if (result->blame != DB_OK)
        mirror_complain(mirror, "cannot read the table: %s", result->text);
    mirror->has_failed = true;
    mirror->next_read_ms = now_ms + RETRY_MS;
    pass_abort(mirror);
}

/* --- after looking -------------------------------------------------------------------------- */

/* Whether the version is the one that was asked for before the mirror's rows. */
static bool is_unmoved(const struct mirror *mirror, const struct look *look)
{
    return mirror->connection == look->connection && epoch_is_sound(&look->epoch) &&
           epoch_equal(&mirror->epoch, &look->epoch);
}

/* The rows were others when they were read again, and still the version is the same. */
static void count_difference(struct mirror *mirror)
{
    mirror->differences++;
    log_limited(&mirror->complaints, clock_ms(), LOG_LEVEL_WARNING,
                "table %s: mirror: rows have changed though the server said that nothing had",
                mirror->def->name);
}

/* The version says that it was the table's last word, or the rows have to be read. */
void fresh_judge(struct mirror *mirror, const struct look *look)
{
    bool is_same = is_unmoved(mirror, look);
    bool is_old = look->asked_ms - mirror->read_began_ms >= mirror->def->ttl_ms;
    bool is_whole = cache_mirror_counts(mirror->set->cache, mirror->table, look->asked_ms).whole;

    if (mirror->is_doubtful && is_same)
        count_difference(mirror);
    mirror->is_doubtful = false;
    mirror->is_unmoved = is_same && is_whole;
    mirror->wants_read = !is_same || is_old || mirror->turned.tells_time ||
                         !cache_mirror_confirm(mirror->set->cache, mirror->table, look->asked_ms);
    if (!is_whole && !mirror->has_failed)
        mirror->next_read_ms = 0; /* flushed */
    mirror->next_look_ms = look->asked_ms + mirror->def->mirror_interval_ms;
    if (mirror->wants_read && mirror->next_read_ms > look->asked_ms &&
        mirror->next_read_ms < mirror->next_look_ms)
        mirror->next_look_ms = mirror->next_read_ms;
}
