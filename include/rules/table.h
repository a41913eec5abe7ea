/*
 * table - one SQL source as mysql_table(5) defines it: which keys are asked at all, what is sent,
 * and how rows become one value. Pure; talks to no database.
 */
#ifndef VMAPD_RULES_TABLE_H
#define VMAPD_RULES_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "domain_list.h"
#include "outcome.h"
#include "template.h"

/* The lookup part of a table's definition; see config.h for the rest. All owned by the config. */
struct table_rules {
    struct template *template;
    struct domain_list *domains; /* NULL = no restriction */
    uint32_t expansion_limit;    /* values; 0 = none */
    bool require_result_set;
};

/*
 * False: "not found" without a query: an empty key, one that cannot fill the template, and with a
 * domain list all but localpart@domain of a domain on it (so no "@domain" and no bare localparts).
 */
bool table_wants_key(const struct table_rules *rules, struct slice folded);

/* Rows of one answer on their way to one value. Zero-initialise with the rules and key set. */
struct table_answer {
    const struct table_rules *rules;
    struct slice key;
    struct buffer value;
    uint32_t expansions;
    uint32_t empty_values; /* skipped; the caller warns once per answer */
    bool over_limit;
    bool too_long;
    bool has_nul;
};

/*
 * Take one row. fields[i] NULL is SQL NULL and skipped, as is an empty value and one that cannot
 * fill result_format. False: no more rows are wanted, the answer has failed.
 */
bool table_answer_row(struct table_answer *answer, unsigned columns, const char *const *fields,
                      const unsigned long *lengths);

/*
 * After the last row: OK (value is not empty), NOTFOUND, or TEMP with *reason a constant text:
 * expansion_limit is exceeded, the value does not fit into a reply, or a value holds a NUL byte
 * (where mysql: would cut it off).
 */
enum outcome table_answer_outcome(const struct table_answer *answer, const char **reason);

/* The same for an answer that may have had no result set, which require_result_set is about. */
enum outcome table_answer_judge(const struct table_answer *answer, bool has_rows_set,
                                const char **reason);

#endif
