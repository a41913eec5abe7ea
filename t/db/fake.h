/*
 * fake - a server that speaks just enough of the protocol to misbehave in ways that a real one does
 * only on bad days. Runs in a process of its own; one at a time.
 */
#ifndef VMAPD_TEST_FAKE_H
#define VMAPD_TEST_FAKE_H

#include "config.h"

/* What it does with a query other than SET. */
enum fake_mode {
    FAKE_ANSWER,       /* one row, "fake" */
    FAKE_ERROR,        /* an error packet with the given number */
    FAKE_GREET_ERROR,  /* the same instead of a greeting */
    FAKE_CUT,          /* a row, then the connection is closed */
    FAKE_STALL,        /* a row, then silence */
    FAKE_EMPTY_LATE,   /* after 300 ms no rows, as MySQL's max_execution_time can make of a query */
    FAKE_STALL_TLS,    /* offers TLS, then silence */
    FAKE_ASK_FILE,     /* LOAD DATA LOCAL: asks for /etc/passwd */
    FAKE_ASK_PASSWORD, /* login: asks for the password in clear */
    FAKE_TALKATIVE     /* a right answer, and a little later one that nobody has asked for */
};

/* Always at the same port. */
struct db_host fake_start(enum fake_mode mode, unsigned error);
void fake_stop(void);

/* What the fake has seen: connections, queries other than SET; file or password bytes that it should not get. */
unsigned fake_connections(void);
unsigned fake_queries(void);
unsigned fake_leaked(void);

#endif
