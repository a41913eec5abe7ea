/*
 * explain - how the answer to a lookup comes about, as text for a person: each key that is asked, each
 * table, the SQL as sent, the rows that came back, what the cache has of it, and the reply.
 *
 * The database is asked for every step until the first value or failure, whatever the cache says; the
 * reply at the end comes from a lookup as any other. Where the two differ, the text says so.
 */
#ifndef VMAPD_LOOKUP_EXPLAIN_H
#define VMAPD_LOOKUP_EXPLAIN_H

#include "buffer.h"
#include "lookup.h"
#include "outcome.h"

struct explain;

/* outcome is the reply's, text borrowed until return. */
typedef void explain_done(void *arg, enum outcome outcome, const struct buffer *text);

/*
 * NULL: no such map. Otherwise done is called later, exactly once, unless explain_cancel() comes
 * first. Takes as long as a lookup without an answer in the cache, and lookup_timeout at most for the
 * steps, then for the reply.
 */
struct explain *explain_start(struct lookup_service *service, struct slice map, struct slice key,
                              explain_done *done, void *arg);
void explain_cancel(struct explain *explain);

#endif
