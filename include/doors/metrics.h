/*
 * metrics - an HTTP endpoint for monitoring: /metrics (Prometheus' text format), /healthz (the process
 * lives), /readyz (lookups can be answered). GET and HEAD only, nothing secret, nothing that changes
 * anything. Connections, their lifetime and the size of a request are bounded.
 */
#ifndef VMAPD_DOORS_METRICS_H
#define VMAPD_DOORS_METRICS_H

#include <stdint.h>

#include "buffer.h"
#include "listen_address.h"
#include "lookup.h"

struct event_base;
struct metrics;

#define METRICS_CONNECTIONS_MAX 32    /* more at once wait to be accepted */
#define METRICS_LIFETIME_MS     10000 /* of a connection */

/*
 * Listen on an inet address (all that its name has). service is borrowed until metrics_free(). NULL
 * and a message ("metrics = ...") appended to error on failure.
 */
struct metrics *metrics_new(struct event_base *base, const struct lookup_service *service,
                            const struct listen_address *address, struct buffer *error);
void metrics_free(struct metrics *metrics);

/* Whom to let in from now on; comes before the first request. Borrowed until the next call or the end. */
void metrics_configure(struct metrics *metrics, const struct server_options *options);

/* Another lifetime than METRICS_LIFETIME_MS, for connections accepted from now on. */
void metrics_set_lifetime(struct metrics *metrics, uint64_t lifetime_ms);

/* The (first) port that it listens on; the kernel's choice if the address says 0. */
uint16_t metrics_port(const struct metrics *metrics);

#endif
