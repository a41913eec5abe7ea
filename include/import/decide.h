/*
 * decide - from Postfix's settings to a plan: what can move to vmapd, how, and what cannot and why.
 * Nothing of Postfix is changed.
 */
#ifndef VMAPD_IMPORT_DECIDE_H
#define VMAPD_IMPORT_DECIDE_H

#include <stdbool.h>

#include "buffer.h"
#include "plan.h"
#include "postconf.h"

/* Whether vmapd could serve the mysql_table(5) file at path; if not, a sentence is appended to error. */
typedef bool import_check(const char *path, struct buffer *error);

/* The plan borrows postconf. Free it with import_plan_free(). */
struct import_plan *import_decide(const struct postconf *postconf, import_check *check);

#endif
