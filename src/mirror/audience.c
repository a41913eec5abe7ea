/* audience - see the header. */
#include "audience.h"

static bool wants(const struct mirror *mirror)
{
    return mirror->def->mirror_stream;
}

const struct mirror *audience_first(const struct mirror_list *mirrors)
{
    const struct mirror *mirror;

    TAILQ_FOREACH(mirror, mirrors, entry)
    if (wants(mirror))
        return mirror;
    return NULL;
}

void audience_change(const struct mirror_list *mirrors, const struct binlog_event *event)
{
    struct mirror *mirror;

    TAILQ_FOREACH(mirror, mirrors, entry)
    if (wants(mirror) && (event == NULL || table_names_have(&mirror->followed.names,
                                                            event->database, event->table))) {
        followed_change(&mirror->followed);
        mirror->is_doubtful = false;
    }
}

bool audience_commit(const struct mirror_list *mirrors, const struct binlog_place *place)
{
    bool is_news = false;
    struct mirror *mirror;

    TAILQ_FOREACH(mirror, mirrors, entry)
    if (mirror->followed.state == FOLLOWED_CHANGING) {
        followed_commit(&mirror->followed, place);
        mirror->next_look_ms = mirror->next_read_ms;
        is_news = true;
    }
    return is_news;
}

bool audience_look(const struct mirror_list *mirrors, const struct binlog_place *now,
                   uint64_t now_ms)
{
    struct mirror *mirror;

    TAILQ_FOREACH(mirror, mirrors, entry)
    if (!followed_look(&mirror->followed, now, now_ms))
        return false;
    return true;
}

void audience_end(const struct mirror_list *mirrors, uint64_t now_ms)
{
    struct mirror *mirror;

    TAILQ_FOREACH(mirror, mirrors, entry)
    {
        followed_end(&mirror->followed, now_ms);
        if (followed_is_dirty(&mirror->followed))
            mirror->next_look_ms = 0;
    }
}

void audience_look_at_all(const struct mirror_list *mirrors)
{
    struct mirror *mirror;

    TAILQ_FOREACH(mirror, mirrors, entry)
    mirror->next_look_ms = 0;
}
