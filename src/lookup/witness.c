/* witness - see the header. */
#include "witness.h"

static const struct cache_answer nothing = {.state = CACHE_NOTHING};

/* What a value of that age is worth; the last tenth of ttl is for asking ahead, as in the cache. */
static enum cache_state state_of(const struct table_def *def, uint64_t age_ms)
{
    if (age_ms < def->ttl_ms - def->ttl_ms / 10)
        return CACHE_FRESH;
    if (age_ms < def->ttl_ms)
        return CACHE_REFRESH;
    return age_ms < def->ttl_ms + def->stale_ttl_ms ? CACHE_STALE : CACHE_NOTHING;
}

static bool is_younger(const struct cache_answer *answer, uint64_t age_ms)
{
    return answer->state != CACHE_NOTHING && answer->age_ms < age_ms;
}

static void weigh_found(const struct table_def *def, const struct mirror_answer *said,
                        struct cache_answer *answer)
{
    if (is_younger(answer, said->age_ms))
        return;
    *answer = (struct cache_answer){
        .state = state_of(def, said->age_ms), .value = said->value, .age_ms = said->age_ms};
}

/* A "not found" of the database's own is told for its time, whoever says the same. */
static void weigh_not_found(const struct mirror_answer *said, struct cache_answer *answer)
{
    bool is_good =
        answer->negative ? answer->state == CACHE_FRESH : is_younger(answer, said->age_ms);

    if (!is_good)
        *answer = nothing;
}

/* The table has changed since: an old value still beats none, an old "not found" says little. */
static void weigh_undecided(const struct mirror_answer *said, struct cache_answer *answer)
{
    if (answer->state == CACHE_NOTHING || is_younger(answer, said->unchanged_ms))
        return;
    answer->state = answer->negative ? CACHE_NOTHING : CACHE_STALE;
}

/* What a "not found" of the database's own is past its time: a way to an old value. */
static void weigh_lapsed(const struct table_def *def, const struct mirror_answer *said,
                         struct cache_answer *answer)
{
    if (answer->state == CACHE_NOTHING && said->age_ms < def->negative_ttl_ms + def->stale_ttl_ms)
        answer->negative = true;
}

/* It has changed for certain: what is known is old, and good for nothing but an outage. */
static void weigh_changed(const struct table_def *def, const struct mirror_answer *said,
                          struct cache_answer *answer)
{
    uint64_t last_ms = def->ttl_ms + def->stale_ttl_ms;

    weigh_undecided(said, answer);
    if (said->said == MIRROR_LAPSED)
        weigh_lapsed(def, said, answer);
    else if (answer->state == CACHE_NOTHING && said->said == MIRROR_FOUND && said->age_ms < last_ms)
        *answer = (struct cache_answer){
            .state = CACHE_STALE, .value = said->value, .age_ms = said->age_ms};
}

void witness_weigh(const struct table_def *def, const struct mirror_answer *said,
                   struct cache_answer *answer)
{
    if (said->has_changed) {
        weigh_changed(def, said, answer);
        return;
    }
    switch (said->said) {
    case MIRROR_FOUND:
        weigh_found(def, said, answer);
        break;
    case MIRROR_NOT_FOUND:
        weigh_not_found(said, answer);
        break;
    case MIRROR_ASK:
        weigh_undecided(said, answer);
        break;
    case MIRROR_LAPSED:
        weigh_lapsed(def, said, answer);
        break;
    case MIRROR_SILENT:
        break;
    }
}
