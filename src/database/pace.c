/* pace - see the header. */
#include "pace.h"

#include "db.h"

#define SEVERAL_MIN   4
#define SEVERAL_US    20000 /* what several may take */
#define ONE_BY_ONE_MS 60000
#define HOUR_NS       3600000000000

/* A shorter time is not worth a timer; in a longer one the server wakes us up too seldom to matter. */
#define QUIET_MIN_US 50
#define QUIET_MAX_US 2000

/* New values count for this part of a moving average. */
#define WEIGHT 8

void pace_init(struct pace *pace)
{
    *pace = (struct pace){.answer_ns = HOUR_NS};
}

unsigned pace_size(const struct pace *pace, unsigned waiting, unsigned idle, uint64_t now_ms)
{
    uint64_t size = waiting / idle;
    uint64_t most = SEVERAL_US / (pace->answer_ns / 1000 + 1);

    if (size > DB_BATCH_MAX)
        size = DB_BATCH_MAX;
    if (size > most)
        size = most;
    return now_ms >= pace->one_by_one_until_ms && size >= SEVERAL_MIN ? (unsigned)size : 1;
}

/* Fewer than usual take less, in proportion at most; more than usual are not expected to take longer, as
 * when most of the time is on the way. Both err on the short side. */
static uint64_t expected_ns(const struct pace *pace, unsigned count)
{
    uint64_t by_count_ns = pace->joint_ns * count;

    return by_count_ns < pace->all_joint_ns ? by_count_ns : pace->all_joint_ns;
}

/* Half of the expected time. It has to be well below: who comes too late measures how long he himself
 * has waited, and would wait for ever if that were what he expects. */
uint64_t pace_quiet_us(const struct pace *pace, unsigned count)
{
    uint64_t quiet_us = expected_ns(pace, count) / 1000 / 2;

    if (count == 1 || quiet_us < QUIET_MIN_US)
        return 0;
    return quiet_us < QUIET_MAX_US ? quiet_us : QUIET_MAX_US;
}

static void average(uint64_t *moving, uint64_t value)
{
    *moving = *moving - *moving / WEIGHT + value / WEIGHT;
}

void pace_answered(struct pace *pace, unsigned count, uint64_t took_us)
{
    uint64_t all_ns = took_us * 1000;

    average(&pace->answer_ns, all_ns / count);
    if (count == 1)
        return;
    average(&pace->joint_ns, all_ns / count);
    average(&pace->all_joint_ns, all_ns);
}

void pace_failed(struct pace *pace, uint64_t now_ms)
{
    pace->one_by_one_until_ms = now_ms + ONE_BY_ONE_MS;
}
