/*
 * origin - what Postfix asks its mysql: tables, or asked them before it was switched, and the plan that
 * import makes of that. Nothing of Postfix is changed.
 */
#ifndef VMAPD_MOVING_ORIGIN_H
#define VMAPD_MOVING_ORIGIN_H

#include <stdbool.h>

#include "buffer.h"
#include "plan.h"
#include "postconf.h"

struct origin {
    struct postconf *postconf;
    struct import_plan *plan;
    bool is_saved; /* Postfix is switched: this is what vmapctl switch kept */
};

/* Of the Postfix in the directory. False: one line why is appended to error. */
bool origin_read(struct origin *origin, const char *directory, struct buffer *error);

/* As it is now, whether it was switched or not. */
bool origin_read_now(struct origin *origin, const char *directory, struct buffer *error);
void origin_free(struct origin *origin);

/* Where vmapctl switch keeps main.cf and master.cf as they were; the caller frees it. */
char *origin_saved_directory(const char *directory);

#endif
