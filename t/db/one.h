/*
 * one - one database connection under test, and questions to it. A test connects, asks, looks at what
 * came back, disconnects; disconnecting fails if the loop was away for too long meanwhile.
 */
#ifndef VMAPD_TEST_ONE_H
#define VMAPD_TEST_ONE_H

#include "connection.h"
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

/* What came of the last question: rows as "a|b\n", NULL as "~". */
struct ask {
    struct buffer rows;
    struct db_result result; /* what it borrows is gone */
    uint64_t texts;          /* of a stream: which columns are */
    size_t told;             /* rows of a stream so far; only the first 100 are kept */
    bool is_done;
};

extern struct ask asked;

void begin_ask(const char *sql, uint64_t timeout_ms);
/* Both return the blame. The second asks a query with a place for a key between two texts. */
enum db_blame ask(const char *sql, uint64_t timeout_ms);
enum db_blame ask_key(const char *before, const char *key, const char *after);
/* As a stream. */
void begin_stream(const char *sql, uint64_t timeout_ms);
enum db_blame stream(const char *sql, uint64_t timeout_ms);
void expect_rows(const char *sql, const char *rows);

/* Called at the end of a question, after it is noted; NULL = nothing. */
extern void (*on_asked)(void);

#endif
