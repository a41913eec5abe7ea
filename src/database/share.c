/* share - see the header. The queries that wait are src/database/waiting.c's. */
#include "share.h"

#include <stdio.h>

#define PROBE_INTERVAL_MS 1000

void share_init(struct share *share)
{
    *share = (struct share){.state = SHARE_WELL};
    TAILQ_INIT(&share->early);
    TAILQ_INIT(&share->late);
}

/* To this state, or another reason for it; not to a better one. */
static void worsen(struct share *share, enum share_state state, const char *reason, uint64_t now_ms)
{
    if (share->state > state)
        return;
    if (share->state == SHARE_WELL)
        share->probe_ms = now_ms + PROBE_INTERVAL_MS;
    if (share->state < state)
        share->since_ms = now_ms;
    share->state = state;
    snprintf(share->reason, sizeof(share->reason), "%s", reason);
}

void share_judge(struct share *share, enum db_blame blame, const char *reason, uint64_t now_ms)
{
    switch (blame) {
    case DB_OK:
        share->state = SHARE_WELL;
        share->answered_ms = now_ms;
        break;
    case DB_KEY_FAILED:
    case DB_FAILED:
        break;
    case DB_TABLE_FAILED:
    case DB_TIMED_OUT:
        worsen(share, SHARE_TROUBLED, reason, now_ms);
        break;
    case DB_LOST:
    case DB_HOST_FAILED:
    case DB_NOT_ASKED:
    case DB_TOO_LATE:
        worsen(share, SHARE_SLOW, reason, now_ms);
        break;
    }
}

void share_is_late(struct share *share, uint64_t now_ms)
{
    worsen(share, SHARE_SLOW, "no answer within stale_answer_timeout", now_ms);
}

bool share_is_well(const struct share *share)
{
    return share->state == SHARE_WELL;
}

bool share_wants_probe(const struct share *share, uint64_t now_ms)
{
    return share->state != SHARE_WELL && now_ms >= share->probe_ms;
}

void share_take_probe(struct share *share, uint64_t now_ms)
{
    if (share_wants_probe(share, now_ms))
        share->probe_ms = now_ms + PROBE_INTERVAL_MS;
}

void share_return_probe(struct share *share, uint64_t now_ms)
{
    share->probe_ms = now_ms;
}
