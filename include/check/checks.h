/*
 * checks - what is found wrong with a configuration and around it, for a person who can mend it. Each
 * finding is one line: where, what, and what to do.
 */
#ifndef VMAPD_CHECK_CHECKS_H
#define VMAPD_CHECK_CHECKS_H

#include "buffer.h"

struct check {
    struct buffer text; /* lines: "ok: ...", "note: ...", "problem: ..." */
    unsigned problems;
};

/* Append a line. A problem that was told already is not told again. */
void check_ok(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
void check_note(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
void check_problem(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
