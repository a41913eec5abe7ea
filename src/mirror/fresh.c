/*
 * fresh - when a mirror was its table, and when to look and to read again; see parts.h. Knows no connection
 * and asks nobody: versions and times come in.
 */
#include "parts.h"

#include "clock.h"

/* How long to leave a table alone that can't be read again and again. */
#define RETRY_MS 10000

/* With a stream: a burst of changes is one reading, and how often to look whether a change is visible. */
#define BURST_MS       50
#define AGAIN_LEAST_MS 1
#define AGAIN_MOST_MS  50

/* Live is what was confirmed so many intervals or ms ago, whichever is more. */
#define LIVE_INTERVALS 3
#define LIVE_MS        3000

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* A large table's interval is as long as its reading allows. But what is not there is not believed for longer
 * than the database's own "not found" would be. */
uint64_t fresh_live_ms(const struct mirror *mirror)
{
    uint64_t own_ms = least(LIVE_INTERVALS * mirror->pace.pause_ms, mirror->def->negative_ttl_ms);

    return most(most(LIVE_INTERVALS * mirror->def->mirror_interval_ms, LIVE_MS), own_ms);
}

/* --- after reading -------------------------------------------------------------------------- */

/* A small table is read again soon, a large one as its size allows. */
static void plan_next(struct mirror *mirror, uint64_t looked_ms)
{
    uint64_t least_ms = mirror->followed.stream != 0 ? BURST_MS : mirror->def->mirror_interval_ms;

    mirror->next_read_ms = looked_ms + most(mirror->pace.pause_ms, least_ms);
}

/* From this look on its version is that of the rows. */
static void set_epoch(struct mirror *mirror, const struct look *look)
{
    mirror->connection = look->connection;
    epoch_clear(&mirror->epoch);
    mirror->epoch = look->epoch;
    mirror->epoch.text = (struct buffer)BUFFER_EMPTY;
    buffer_add(&mirror->epoch.text, look->epoch.text.data, look->epoch.text.len);
}

/* What has changed since that look the stream tells, if there is one. */
static void set_stream(struct mirror *mirror, const struct look *look)
{
    bool wants = mirror->def->mirror_stream && mirror->followed.names.elsewhere.len == 0;

    mirror->followed.stream = wants ? look->stream : 0;
}

/* Whether the table has changed since it was last read. */
static bool note_change(struct mirror *mirror, const struct cache_mirror_change *change)
{
    bool is_first = mirror->reads++ == 0;
    bool is_news = change->added + change->removed != 0;

    if (is_first)
        log_info("table %s: mirror: %llu rows", mirror->def->name,
                 (unsigned long long)change->rows - PASS_OWN_ROWS);
    else
        mirror->changes += is_news;
    mirror->is_doubtful = is_news && mirror->is_unmoved;
    return is_news && !is_first;
}

/* The version that was asked for before the rows is theirs. */
void fresh_read(struct mirror *mirror, const struct look *look, uint64_t sent_ms, uint64_t now_ms,
                const struct cache_mirror_change *change)
{
    pace_read(&mirror->pace, sent_ms, now_ms - sent_ms, note_change(mirror, change));
    mirror->read_ms = now_ms - sent_ms;
    mirror->read_began_ms = sent_ms;
    mirror->wants_read = false;
    set_epoch(mirror, look);
    set_stream(mirror, look);
    followed_read(&mirror->followed, &look->epoch.place, now_ms);
    plan_next(mirror, look->asked_ms);
}

void fresh_failed(struct mirror *mirror, const struct db_result *result, uint64_t now_ms)
{
    if (result->blame != DB_OK)
        mirror_complain(mirror, "cannot read the table: %s", result->text);
    mirror->next_read_ms =
        now_ms + (mirror->has_failed ? RETRY_MS : mirror->def->mirror_interval_ms);
    mirror->has_failed = !mirror->pass.has_made_room;
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

/* Whether the version has moved in the log. What moves it otherwise, nobody knows what that was. */
static bool is_moved_by_log(const struct epoch *from, const struct epoch *to)
{
    return from->place.position != to->place.position ||
           strcmp(from->place.name, to->place.name) != 0;
}

/* Whether the stream has told all up to the look's version, be it on another connection. */
static bool is_told(const struct mirror *mirror, const struct look *look)
{
    return look->stream != 0 && mirror->followed.stream == look->stream && look->is_told &&
           (is_moved_by_log(&mirror->epoch, &look->epoch) ||
            epoch_equal(&mirror->epoch, &look->epoch));
}

/* It has not come so far yet. */
static bool is_awaited(const struct mirror *mirror, const struct look *look)
{
    return look->stream != 0 && mirror->followed.stream == look->stream && !look->is_told;
}

/* A change is to be read when it is visible; of a table that changes all the time something is read, too. */
static bool wants_change(const struct mirror *mirror, const struct look *look)
{
    return mirror->followed.state == FOLLOWED_VISIBLE ||
           look->asked_ms - mirror->read_began_ms >= mirror->def->mirror_interval_ms;
}

static void plan_look(struct mirror *mirror, const struct look *look, bool is_soon)
{
    if (mirror->again_ms < AGAIN_LEAST_MS || !is_soon)
        mirror->again_ms = AGAIN_LEAST_MS;
    mirror->next_look_ms =
        look->asked_ms + (is_soon ? mirror->again_ms : mirror->def->mirror_interval_ms);
    if (is_soon && mirror->again_ms < AGAIN_MOST_MS)
        mirror->again_ms *= 2;
    if (mirror->wants_read && mirror->next_read_ms > look->asked_ms &&
        mirror->next_read_ms < mirror->next_look_ms)
        mirror->next_look_ms = mirror->next_read_ms;
}

/* The version is still that of the rows: what has changed since the stream tells, if there is one. */
static void follow(struct mirror *mirror, const struct look *look)
{
    bool is_new = mirror->followed.stream == 0;

    set_stream(mirror, look);
    if (is_new && mirror->followed.stream != 0 && !mirror->has_failed)
        plan_next(mirror, mirror->read_began_ms);
}

/* The version says that it was the table's last word, or the rows have to be read. */
void fresh_judge(struct mirror *mirror, const struct look *look)
{
    bool is_dirty = followed_is_dirty(&mirror->followed);
    bool is_same = is_unmoved(mirror, look);
    bool is_as_told = is_told(mirror, look);
    bool waits = !is_same && is_awaited(mirror, look);
    bool is_old = look->asked_ms - mirror->read_began_ms >= mirror->def->ttl_ms;
    bool is_whole = cache_mirror_counts(mirror->set->cache, mirror->table, look->asked_ms).whole;

    if (mirror->is_doubtful && (is_same || is_as_told))
        count_difference(mirror);
    mirror->is_doubtful = mirror->is_doubtful && waits;
    mirror->is_unmoved = (is_same || is_as_told) && is_whole && !is_dirty;
    mirror->wants_read = !is_whole || is_old || mirror->turned.tells_time ||
                         (is_dirty ? wants_change(mirror, look) : !mirror->is_unmoved && !waits);
    if (is_same)
        follow(mirror, look);
    if (mirror->is_unmoved && !mirror->turned.tells_time) {
        set_epoch(mirror, look);
        cache_mirror_confirm(mirror->set->cache, mirror->table, look->asked_ms);
    }
    if (!is_whole && !mirror->has_failed)
        mirror->next_read_ms = 0; /* flushed, or there is room now */
    plan_look(mirror, look, waits || mirror->followed.state == FOLLOWED_COMMITTED);
}
