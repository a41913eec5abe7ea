/*
 * units - quantities as people write them in a configuration, and back: exact, unlike human.h. Sizes are
 * bytes, or k, M, G (1024); times ms, s, m, h, d, w, and a bare number is seconds; modes are octal.
 */
#ifndef VMAPD_BASE_UNITS_H
#define VMAPD_BASE_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

/* False on anything else, or on overflow, with "expected ..." appended to error. */
bool units_parse_number(const char *text, uint64_t *value, struct buffer *error);
bool units_parse_size(const char *text, uint64_t *bytes, struct buffer *error);
bool units_parse_time(const char *text, uint64_t *ms, struct buffer *error);
bool units_parse_mode(const char *text, uint64_t *mode, struct buffer *error);

/* In the largest unit that leaves no rest: 64M, 90s. */
void units_add_size(struct buffer *out, uint64_t bytes);
void units_add_time(struct buffer *out, uint64_t ms);
void units_add_mode(struct buffer *out, uint64_t mode);

#endif
