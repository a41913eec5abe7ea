/*
 * state_keeper - when the cache is saved and loaded: loaded at start, saved every state_interval in
 * small steps beside the lookups, and at the end. Follows state_file and the tables through reloads.
 */
#ifndef VMAPD_DAEMON_STATE_KEEPER_H
#define VMAPD_DAEMON_STATE_KEEPER_H

#include "lookup.h"

struct event_base;
struct state_keeper;

/* service is borrowed. Does nothing before the first state_keeper_resume(). */
struct state_keeper *state_keeper_new(struct event_base *base, struct lookup_service *service);

/* Ends without a save. */
void state_keeper_free(struct state_keeper *keeper);

/* Load state_file, once, after the service has its first configuration. Blocks. */
void state_keeper_load(struct state_keeper *keeper);

/* Around a change of the service's configuration: a save under way is given up. */
void state_keeper_pause(struct state_keeper *keeper);
void state_keeper_resume(struct state_keeper *keeper);

/* Save now, all of it: when stopping. Blocks. */
void state_keeper_save(struct state_keeper *keeper);

/* Entries were flushed: what was saved earlier must not bring them back. */
void state_keeper_flushed(struct state_keeper *keeper);

#endif
