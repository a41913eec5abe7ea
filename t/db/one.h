/*
 * one - one database connection under test, and questions to it. A test connects, asks, looks at what
 * came back, disconnects; disconnecting fails if the loop was away for too long meanwhile.
 */
#ifndef VMAPD_TEST_ONE_H
#define VMAPD_TEST_ONE_H

#include "db.h"
#include "fake.h"

#define WAIT_MS 15000

extern struct db *db;
extern struct db_result connected_result;
extern bool is_connected, is_ended;

/* A condition for loop_until(): a bool that has become true. */
bool flag(void *arg);

void begin_connect(const struct db_params *params, struct db_host to);
/* Returns the blame. */
enum db_blame connect_to(const struct db_params *params, struct db_host to);
void connect_well(void);
void connect_to_fake(enum fake_mode mode, unsigned error);
void disconnect(void);

/* A question, and what came of it: rows as "a|b\n", NULL as "~". */
struct ask {
    struct db_query query;
    const char *before, *key, *after; /* SQL, text to quote (NULL = no more), SQL */
    struct buffer rows;
    unsigned row_count, most_rows;
    struct db_result result;
    bool is_done;
};

/* Make a question anew. */
void ask_init(struct ask *ask, const char *before, const char *key, const char *after);

/* The one question of most tests. */
extern struct ask asked;

/* Ask just this. */
void ask_one(struct ask *ask, uint64_t timeout_ms);

void begin_ask(const char *sql, uint64_t timeout_ms);
enum db_blame ask(const char *sql, uint64_t timeout_ms);
enum db_blame ask_key(const char *before, const char *key, const char *after);
void expect_rows(const char *sql, const char *rows);

/* Several questions at once, and how long their answers are not looked for. */
extern struct ask many[DB_BATCH_MAX];
extern uint64_t quiet_us;
void begin_many(const char *const *sql, size_t count, uint64_t timeout_ms);
void finish_many(size_t count);

/* What every question's done does; for those that do more. */
void on_ask_done(struct db_query *query, const struct db_result *result);

#endif
