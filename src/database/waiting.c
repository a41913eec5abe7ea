/* waiting - see the header. */
#include "waiting.h"

#include <assert.h>

/* A table that was asked within that time may be asked again soon. */
#define LATELY_MS 60000
/* Answers come when the last one is not older. */
#define LIVELY_MS 1000

void waiting_init(struct waiting *waiting)
{
    *waiting = (struct waiting){.earliest_ms = UINT64_MAX};
    TAILQ_INIT(&waiting->shares);
    TAILQ_INIT(&waiting->again);
    TAILQ_INIT(&waiting->background);
}

/* --- who waits ------------------------------------------------------------------------------ */

static void note_asker(struct waiting *waiting, const struct share *share, uint64_t now_ms)
{
    if (waiting->askers[0].share != share) {
        waiting->askers[1] = waiting->askers[0];
        waiting->askers[0].share = share;
    }
    waiting->askers[0].asked_ms = now_ms;
}

static bool others_ask(const struct waiting *waiting, const struct share *share, uint64_t now_ms)
{
    unsigned other = waiting->askers[0].share == share ? 1 : 0;

    return waiting->askers[other].share != NULL &&
           now_ms - waiting->askers[other].asked_ms < LATELY_MS;
}

bool waiting_is_full(const struct waiting *waiting, const struct pool_query *query, unsigned most,
                     uint64_t now_ms)
{
    if (waiting->count >= most)
        return true;
    if (query->urgency == POOL_BACKGROUND)
        return waiting->background_count >= (most + 9) / 10;
    return query->share->waiting >= (most + 1) / 2 && others_ask(waiting, query->share, now_ms);
}

static struct query_list *list_of(struct waiting *waiting, const struct pool_query *query)
{
    switch (query->place) {
    case QUERY_AGAIN:
        return &waiting->again;
    case QUERY_BACKGROUND:
        return &waiting->background;
    case QUERY_EARLY:
        return &query->share->early;
    case QUERY_LATE:
        return &query->share->late;
    case QUERY_ELSEWHERE:
        break;
    }
    return NULL;
}

/* Almost always at the end. */
static void insert_by_arrival(struct query_list *list, struct pool_query *query)
{
    struct pool_query *before = TAILQ_LAST(list, query_list);

    while (before != NULL && before->asked > query->asked)
        before = TAILQ_PREV(before, query_list, entry);
    if (before != NULL)
        TAILQ_INSERT_AFTER(list, before, query, entry);
    else
        TAILQ_INSERT_HEAD(list, query, entry);
}

/* Every change of where a query waits; QUERY_ELSEWHERE: it does not. */
static void move(struct waiting *waiting, struct pool_query *query, enum query_place place)
{
    struct share *share = query->share;
    bool was_of_share = query->place == QUERY_EARLY || query->place == QUERY_LATE;
    bool is_of_share = place == QUERY_EARLY || place == QUERY_LATE;

    if (query->place != QUERY_ELSEWHERE)
        TAILQ_REMOVE(list_of(waiting, query), query, entry);
    waiting->count += (place != QUERY_ELSEWHERE) - (query->place != QUERY_ELSEWHERE);
    waiting->again_count += (place == QUERY_AGAIN) - (query->place == QUERY_AGAIN);
    waiting->background_count += (place == QUERY_BACKGROUND) - (query->place == QUERY_BACKGROUND);
    if (is_of_share && !was_of_share && share->waiting++ == 0)
        TAILQ_INSERT_TAIL(&waiting->shares, share, entry);
    if (was_of_share && !is_of_share && --share->waiting == 0)
        TAILQ_REMOVE(&waiting->shares, share, entry);
    query->place = place;
    if (place != QUERY_ELSEWHERE)
        insert_by_arrival(list_of(waiting, query), query);
}

static void set_deadline(struct waiting *waiting, struct pool_query *query, uint64_t deadline_ms,
                         uint64_t now_ms)
{
    query->deadline_ms = deadline_ms;
    query->half_ms = now_ms + (deadline_ms - now_ms) / 2;
    if (deadline_ms < waiting->earliest_ms)
        waiting->earliest_ms = deadline_ms;
}

void waiting_add(struct waiting *waiting, struct pool_query *query, uint64_t now_ms)
{
    assert(query->place == QUERY_ELSEWHERE);
    if (query->tried != 0 || query->was_lost) {
        move(waiting, query, QUERY_AGAIN);
        if (query->deadline_ms < waiting->earliest_ms)
            waiting->earliest_ms = query->deadline_ms;
        return;
    }
    set_deadline(waiting, query, query->deadline_ms, now_ms);
    if (query->urgency == POOL_BACKGROUND) {
        move(waiting, query, QUERY_BACKGROUND);
    } else {
        note_asker(waiting, query->share, now_ms);
        move(waiting, query, QUERY_EARLY);
    }
}

void waiting_remove(struct waiting *waiting, struct pool_query *query)
{
    move(waiting, query, QUERY_ELSEWHERE);
}

void waiting_want(struct waiting *waiting, struct pool_query *query, uint64_t deadline_ms,
                  uint64_t now_ms)
{
    if (query->urgency == POOL_BACKGROUND)
        query->urgency = POOL_WANTED;
    else if (deadline_ms <= query->deadline_ms)
        return;
    set_deadline(waiting, query, deadline_ms, now_ms);
    if (query->place == QUERY_BACKGROUND || query->place == QUERY_LATE)
        move(waiting, query, QUERY_EARLY);
}

/* --- whose turn it is ----------------------------------------------------------------------- */

/* Whether the last free connection would be kept from the others. */
static bool keeps_off_others(const struct waiting *waiting, const struct share *share,
                             uint64_t now_ms)
{
    return others_ask(waiting, share, now_ms) || now_ms - share->answered_ms >= LIVELY_MS;
}

static bool may_run(const struct waiting *waiting, const struct share *share, unsigned free,
                    uint64_t now_ms)
{
    if (share->running == 0)
        return true;
    return share->state != SHARE_TROUBLED &&
           (free > 1 || !keeps_off_others(waiting, share, now_ms));
}

static struct pool_query *first_of(struct waiting *waiting, struct share *share, uint64_t now_ms)
{
    struct pool_query *query;

    while ((query = TAILQ_FIRST(&share->early)) != NULL && query->half_ms <= now_ms)
        move(waiting, query, QUERY_LATE);
    return query != NULL ? query : TAILQ_FIRST(&share->late);
}

struct pool_query *waiting_next(struct waiting *waiting, unsigned free, uint64_t now_ms)
{
    struct pool_query *query;
    struct share *share;

    TAILQ_FOREACH(share, &waiting->shares, entry)
    if (may_run(waiting, share, free, now_ms)) {
        query = first_of(waiting, share, now_ms);
        TAILQ_REMOVE(&waiting->shares, share, entry);
        TAILQ_INSERT_TAIL(&waiting->shares, share, entry);
        return query;
    }
    TAILQ_FOREACH(query, &waiting->background, entry)
    if (may_run(waiting, query->share, free, now_ms))
        return query;
    return NULL;
}

/* How many connections a table may have. */
static unsigned most_of(const struct waiting *waiting, const struct share *share, unsigned size,
                        uint64_t now_ms)
{
    if (size == 1 || share->state == SHARE_TROUBLED)
        return 1;
    return keeps_off_others(waiting, share, now_ms) ? size - 1 : size;
}

unsigned waiting_wanted(const struct waiting *waiting, unsigned size, uint64_t now_ms)
{
    unsigned wanted = waiting->again_count + waiting->background_count;
    const struct share *share;

    TAILQ_FOREACH(share, &waiting->shares, entry)
    {
        unsigned most = most_of(waiting, share, size, now_ms);
        unsigned more = most > share->running ? most - share->running : 0;

        wanted += more < share->waiting ? more : share->waiting;
    }
    return wanted;
}

/* --- all of them ---------------------------------------------------------------------------- */

static void visit_list(struct query_list *list, waiting_visit *visit, void *arg)
{
    struct pool_query *query = TAILQ_FIRST(list);

    while (query != NULL) {
        struct pool_query *next = TAILQ_NEXT(query, entry);

        visit(arg, query);
        query = next;
    }
}

static void visit_wanted(struct share *share, waiting_visit *visit, void *arg)
{
    visit_list(&share->early, visit, arg);
    visit_list(&share->late, visit, arg);
}

void waiting_each_of(struct waiting *waiting, struct share *share, waiting_visit *visit, void *arg)
{
    struct pool_query *query = TAILQ_FIRST(&waiting->background);

    visit_wanted(share, visit, arg);
    while (query != NULL) {
        struct pool_query *next = TAILQ_NEXT(query, entry);

        if (query->share == share)
            visit(arg, query);
        query = next;
    }
}

void waiting_each(struct waiting *waiting, waiting_visit *visit, void *arg)
{
    struct share *share = TAILQ_FIRST(&waiting->shares);

    visit_list(&waiting->again, visit, arg);
    while (share != NULL) {
        struct share *next = TAILQ_NEXT(share, entry);

        visit_wanted(share, visit, arg);
        share = next;
    }
    visit_list(&waiting->background, visit, arg);
}
