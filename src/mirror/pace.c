/* pace - see the header. */
#include "pace.h"

/* Reading may take one part of so many of the time; while a table is restless, of savings. */
#define SHARE          50
#define SHARE_RESTLESS 10

#define SAVED_MOST_MS 5000

/* A reading that is so much slower is no chance. */
#define SLOWER_TIMES 2
#define SLOWER_MS    20

static void save(struct pace *pace, uint64_t now_ms)
{
    if (pace->began_ms == 0)
        pace->saved_ms = SAVED_MOST_MS;
    else if (now_ms > pace->began_ms)
        pace->saved_ms += (int64_t)((now_ms - pace->began_ms) / SHARE);
    if (pace->saved_ms > SAVED_MOST_MS)
        pace->saved_ms = SAVED_MOST_MS;
}

static bool is_slower(const struct pace *pace, uint64_t took_ms)
{
    return pace->began_ms != 0 && took_ms > pace->usual_ms * SLOWER_TIMES + SLOWER_MS;
}

/* As long as it takes until what was spent too much is there again. */
static uint64_t restless_pause(const struct pace *pace, uint64_t took_ms)
{
    uint64_t debt_ms = pace->saved_ms < 0 ? (uint64_t)-pace->saved_ms : 0;
    uint64_t pause_ms = took_ms * SHARE_RESTLESS;

    return debt_ms * SHARE > pause_ms ? debt_ms * SHARE : pause_ms;
}

void pace_read(struct pace *pace, uint64_t began_ms, uint64_t took_ms, bool is_news)
{
    bool is_slow = !is_news && is_slower(pace, took_ms);

    save(pace, began_ms);
    pace->saved_ms -= (int64_t)took_ms;
    pace->pause_ms = is_news || is_slow ? restless_pause(pace, took_ms) : took_ms * SHARE;
    pace->began_ms = began_ms;
    if (!is_slow || pace->saved_ms <= 0) /* else it may still pass */
        pace->usual_ms = took_ms;
}
