/* followed - see the header. */
#include "followed.h"

void followed_change(struct followed *followed)
{
    followed->changes += followed->state == FOLLOWED_CLEAN;
    followed->state = FOLLOWED_CHANGING;
}

void followed_commit(struct followed *followed, const struct binlog_place *place)
{
    if (followed->state != FOLLOWED_CHANGING)
        return;
    followed->state = FOLLOWED_COMMITTED;
    followed->place = *place;
}

static enum binlog_reached reached(const struct followed *followed, const struct binlog_place *now)
{
    return binlog_reached(&followed->place, slice_of(now->name), now->position);
}

static void set_visible(struct followed *followed, enum followed_state state, uint64_t now_ms)
{
    followed->state = state;
    followed->visible_ms = now_ms;
}

bool followed_look(struct followed *followed, const struct binlog_place *now, uint64_t now_ms)
{
    if (followed->state != FOLLOWED_COMMITTED)
        return true;
    switch (reached(followed, now)) {
    case BINLOG_REACHED:
        set_visible(followed, FOLLOWED_VISIBLE, now_ms);
        break;
    case BINLOG_NOT_YET:
        break;
    case BINLOG_ELSEWHERE:
        return false;
    }
    return true;
}

void followed_read(struct followed *followed, const struct binlog_place *before, uint64_t now_ms)
{
    if (followed->state == FOLLOWED_VISIBLE)
        followed->state = FOLLOWED_CLEAN;
    else if (followed->state == FOLLOWED_COMMITTED && reached(followed, before) == BINLOG_REACHED)
        set_visible(followed, FOLLOWED_CLEAN, now_ms);
}

void followed_end(struct followed *followed, uint64_t now_ms)
{
    followed->stream = 0;
    if (followed->state != FOLLOWED_CLEAN)
        set_visible(followed, FOLLOWED_VISIBLE, now_ms);
}

bool followed_is_dirty(const struct followed *followed)
{
    return followed->state != FOLLOWED_CLEAN;
}

uint64_t followed_unchanged_ms(const struct followed *followed, uint64_t now_ms)
{
    if (followed->state == FOLLOWED_CHANGING || followed->state == FOLLOWED_COMMITTED)
        return 0;
    return followed->visible_ms != 0 ? now_ms - followed->visible_ms : UINT64_MAX;
}
