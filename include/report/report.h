/*
 * report - the statistics as a person, a script or Prometheus wants them. report_new() collects what is
 * known at one moment (beside the counters in stats.h, which are read as they are); the renderers turn
 * it into text. Names of JSON members and metrics stay once released.
 */
#ifndef VMAPD_REPORT_REPORT_H
#define VMAPD_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

struct lookup_service;
struct report;

struct report *report_new(const struct lookup_service *service, uint64_t now_ms);
void report_free(struct report *report);

/* Append. */
void report_text(const struct report *report, struct buffer *out);       /* for 80 columns */
void report_json(const struct report *report, struct buffer *out);       /* one line */
void report_prometheus(const struct report *report, struct buffer *out); /* its text format 0.0.4 */

/* Whether lookups can be answered, if only from the cache; a line for each thing to say about that. */
bool report_readiness(const struct report *report, struct buffer *out);

#endif
