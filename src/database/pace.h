/*
 * pace - how many queries go to a connection at once, and when to look for their answers; learned from
 * how long answers have taken.
 *
 * Several at once save most of the waiting. But they cost one query more (see db_ask()), and each waits
 * for all of them: they must be worth it, and be quick. Their answers are left alone for a part of the
 * time that they will take: the first does nobody any good before the last is there, and a loop that is
 * woken up for each takes the processor from the server.
 */
#ifndef VMAPD_DATABASE_PACE_H
#define VMAPD_DATABASE_PACE_H

#include <stdint.h>

struct pace {
    uint64_t answer_ns;           /* how long an answer takes, a moving average, */
    uint64_t joint_ns;            /* of those that were asked several at once, */
    uint64_t all_joint_ns;        /* and how long all of them took */
    uint64_t one_by_one_until_ms; /* until then no connection is asked several at once */
};

/* Nothing is known: answers are slow until they are seen to be fast, and are looked for at once. */
void pace_init(struct pace *pace);

/* Several together must have been answered after so long. */
#define PACE_TIMEOUT_MS 200

/* How many to ask at once, 1 to DB_BATCH_MAX: those that wait, shared by the connections that are idle,
 * of which there are some. */
unsigned pace_size(const struct pace *pace, unsigned waiting, unsigned idle, uint64_t now_ms);

/* How long, in microseconds, not to look for the answers of so many; 0 = look at once. */
uint64_t pace_quiet_us(const struct pace *pace, unsigned count);

/* So many queries, asked at once, have all been answered after so long. */
void pace_answered(struct pace *pace, unsigned count, uint64_t took_us);

/* Several did not get their answers. There may be a slow query among them; or what lies between us and
 * the server takes one at a time only, as some proxies do. It is one by one for a while. */
void pace_failed(struct pace *pace, uint64_t now_ms);

#endif
