/*
 * pooled - one pool under test, and questions to it. Closing it fails if the loop was away for too
 * long meanwhile.
 */
#ifndef VMAPD_TEST_POOLED_H
#define VMAPD_TEST_POOLED_H

#include "fake.h"
#include "pool.h"

#define WAIT_MS 20000

extern struct pool *pool;

void open_pool(struct db_params *params);
void close_pool(void);

/* A question whose right answer is known: SQL that gives one value, or nothing. */
struct question {
    struct pool_query query;
    char value[64];
    unsigned rows;
    unsigned done; /* how often done was called */
    enum outcome outcome;
    enum db_blame blame;
    char reason[256];
    uint64_t asked_ms, done_ms;
};

/* Of the one table that most tests have, or of another. */
extern struct share one_table;
void begin_question_of(struct share *share, struct question *ask, const char *sql,
                       uint64_t timeout_ms);
/* Nobody waits for it. */
void begin_in_background(struct share *share, struct question *ask, const char *sql);
void begin_question(struct question *ask, const char *sql, uint64_t timeout_ms);
enum outcome ask_for(struct question *ask, const char *sql, uint64_t timeout_ms);
void expect_value(const char *sql, const char *value);
void expect_values(const char *sql, const char *value, size_t count);

/* Conditions for loop_until(): a question is answered; the pool can serve. */
bool question_done(void *ask);
bool can_serve(void *unused);

/* What every question's done does; for those that do more. */
void on_question_done(struct pool_query *query, const struct db_result *result);

/* Parameters with two hosts; and a host where nobody listens. */
struct db_params *params_of_two(struct db_host first, struct db_host second);
struct db_host dead_host(void);

#endif
