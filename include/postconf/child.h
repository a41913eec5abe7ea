/* child - run a program to its end, and collect what it says. */
#ifndef VMAPD_POSTCONF_CHILD_H
#define VMAPD_POSTCONF_CHILD_H

#include "buffer.h"

struct child {
    const char *const
        *words;         /* the command, NULL-terminated; also looked for in sbin directories */
    struct slice input; /* what it reads */
    const char *user;   /* run it as this user; NULL: as we are */
};

/* Exit statuses that are not the program's own. */
enum { CHILD_NOT_STARTED = -1, CHILD_NOT_FOUND = 127 };

/*
 * Appends what the program wrote to standard output to out, and to standard error to complaints.
 * Returns its exit status, or CHILD_NOT_STARTED (with a reason in complaints), also for one that was
 * ended by a signal or wrote more than anybody wants.
 */
int child_run(const struct child *child, struct buffer *out, struct buffer *complaints);

/* The last line of what was complained of, "" if there is none. Cuts the newline off. */
const char *child_last_line(struct buffer *complaints);

#endif
