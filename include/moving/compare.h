/*
 * compare - the same keys asked of Postfix's own mysql: tables and of vmapd, and each difference told.
 */
#ifndef VMAPD_MOVING_COMPARE_H
#define VMAPD_MOVING_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include "ask.h"

struct compare_options {
    const char *directory; /* of Postfix's configuration */
    FILE *addresses;       /* one a line; NULL: a sample of what the tables have */
    ask_vmapd *ask;
    void *ask_arg;
    bool progress; /* on standard error */
};

/*
 * Prints to standard output: a line for each difference, and one at the end. Returns enum
 * control_status: OK, FAILED (there are differences), TEMPORARY or UNREACHABLE (somebody could not be
 * asked, which was told).
 */
int compare_run(const struct compare_options *options);

#endif
