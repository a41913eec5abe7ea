/*
 * table - one SQL source as mysql_table(5) defines it: which keys are asked at all, what is sent,
 * and how rows become one value. Pure; talks to no database.
 */
#ifndef VMAPD_TABLE_H
#define VMAPD_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "outcome.h"
#include "template.h"

/* mysql_table(5) "domain": a match list of domains (string_list_init(3) of Postfix). */
struct domain_list;

/*
 * Parse "name, !name, /file/name ..."; files are read now, one pattern per line as Postfix reads
 * them. NULL and a message on a file that cannot be read or a "type:table" member (the message says
 * what to write instead). An empty list matches everything.
 */
struct domain_list *domain_list_new(const char *text, struct buffer *error);
void domain_list_free(struct domain_list *list);
bool domain_list_match(const struct domain_list *list, struct slice domain);

/* The lookup part of a table's definition; see config.h for the rest. All owned by the config. */
struct table_rules {
    struct template *template;
    struct domain_list *domains; /* NULL = no restriction */
    uint32_t expansion_limit;    /* 0 = none */
    bool require_result_set;
};

/* False: "not found" without a query (domain list, template, a key that is empty). */
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
};

/* Take one row. fields[i] NULL is SQL NULL. False: no more rows are wanted (a limit is passed). */
bool table_answer_row(struct table_answer *answer, unsigned columns, const char *const *fields,
                      const unsigned long *lengths);

/*
 * After the last row: OK (value is not empty), NOTFOUND, or TEMP with *reason a constant text
 * ("expansion_limit exceeded", "value longer than ...").
 */
enum outcome table_answer_outcome(const struct table_answer *answer, const char **reason);

#endif
