/*
 * daemon - the running vmapd: everything wired together, from the first socket to the last reply.
 */
#ifndef VMAPD_DAEMON_DAEMON_H
#define VMAPD_DAEMON_DAEMON_H

#include <stdbool.h>

#include "buffer.h"
#include "config.h"

struct daemon;

/*
 * Open the sockets, become the configured user, be ready to serve. config: takes over the caller's
 * reference. verbose: debug lines. NULL and a message on failure.
 */
struct daemon *daemon_new(struct config *config, bool verbose, struct buffer *error);

/* Serve until SIGTERM or SIGINT, then finish what is in flight. */
void daemon_run(struct daemon *daemon);

void daemon_free(struct daemon *daemon);

#endif
