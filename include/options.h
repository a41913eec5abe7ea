/*
 * options - the one table of parameters, and the values they take. The manual, conf/vmapd.conf and
 * the parser are checked against it.
 */
#ifndef VMAPD_OPTIONS_H
#define VMAPD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/* Where a parameter may stand; a bit mask. */
enum option_section {
    OPTION_SERVER = 1,
    OPTION_DATABASE = 2,
    OPTION_CACHE = 4,
    OPTION_MAP = 8,
    OPTION_TABLE = 16,
    OPTION_CF = 32 /* a mysql_table(5) file */
};

enum option_type {
    OPTION_STRING,
    OPTION_LIST,
    OPTION_NUMBER,
    OPTION_SIZE,
    OPTION_TIME,
    OPTION_BOOL,
    OPTION_TRI_STATE,
    OPTION_MODE,
    OPTION_WORD
};

struct option {
    const char *name;
    unsigned sections;
    enum option_type type;
    const char *fallback;     /* the default, as it would be written; NULL = none */
    uint64_t least, most;     /* of numbers, sizes (bytes) and times (ms) */
    const char *const *words; /* OPTION_WORD: the values, NULL-terminated */
    bool reloadable;
};

/* The table, and its length. */
const struct option *option_table(size_t *count);

/* NULL if there is none of that name. */
const struct option *option_find(const char *name);

/*
 * Values with units. Sizes: bytes, or k, M, G (1024). Times: ms, s, m, h, d, w; default_unit_ms for
 * a bare number (1000 in vmapd.conf and for mysql_table(5) intervals). False on anything else or on
 * overflow, with "expected ..." appended to error.
 */
bool option_parse_number(const char *text, uint64_t *value, struct buffer *error);
bool option_parse_size(const char *text, uint64_t *bytes, struct buffer *error);
bool option_parse_time(const char *text, uint64_t *ms, struct buffer *error);
bool option_parse_bool(const char *text, bool *value, struct buffer *error);

#endif
