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

/* Why it went no further. */
enum requests_stop {
    REQUESTS_PARTIAL, /* the rest is not complete, or there is none */
    REQUESTS_OVER,    /* the turn is over, complete ones may be left */
    REQUESTS_WAIT,    /* the last one waits for its answer */
    REQUESTS_RUBBISH  /* what comes now is no request, and there is no telling where one begins */
};

/* What one client asks. The caller sets the first group and zeroes the rest. */
struct requests {
    struct lookup_service *service;
    lookup_done *done; /* gets the answer to the one that waits */
    void *arg;

    size_t passing;        /* bytes that are to come of a request that is passed over */
    unsigned count;        /* of this turn: those that came to a reply, or to waiting for one */
    struct lookup *lookup; /* the one that waits; the caller sets it to NULL when it is answered */
    const char *fault;     /* REQUESTS_RUBBISH: why */
};

/*
 * A turn: what stopped it, and input moved on to what is not dealt with. Replies are appended to output, which
 * is empty at its begin.
 */
enum requests_stop requests_serve(struct requests *requests, struct slice *input,
                                  struct buffer *output);

#endif
