/*
 * requests - from bytes that a client has sent to replies: one request after the other, in order, until
 * one has to wait, the turn is over, or the rest is not complete. Knows nothing of sockets.
 *
 * A request that is longer than any key may be is answered without being kept: its bytes are passed over as
 * they come.
 */
#ifndef VMAPD_DOORS_REQUESTS_H
#define VMAPD_DOORS_REQUESTS_H

#include "buffer.h"
#include "lookup.h"

/* Of one client, between its turns. Zero-initialise. */
struct requests {
    size_t passing; /* bytes that are to come of a request that is passed over */
};

/* Why it went no further. */
enum requests_stop {
    REQUESTS_PARTIAL, /* the rest is not complete, or there is none */
    REQUESTS_OVER,    /* the turn is over, complete ones may be left */
    REQUESTS_WAIT,    /* the last one waits for its answer */
    REQUESTS_RUBBISH  /* what comes now is no request, and there is no telling where one begins */
};

struct requests_served {
    enum requests_stop stop;
    unsigned count;        /* requests that came to a reply, or to waiting for one */
    size_t used;           /* bytes dealt with */
    struct lookup *lookup; /* REQUESTS_WAIT: done is called with its answer, */
    size_t lookup_len;     /* to a request of so many bytes */
    const char *fault;     /* REQUESTS_RUBBISH: why */
};

/* Replies are appended to output, which is empty when a turn begins. done and arg as in lookup_start(). */
struct requests_served requests_serve(struct requests *requests, struct lookup_service *service,
                                      struct slice input, lookup_done *done, void *arg,
                                      struct buffer *output);

#endif
