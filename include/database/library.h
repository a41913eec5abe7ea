/* library - the client library's beginning and end, for the process. */
#ifndef VMAPD_DATABASE_LIBRARY_H
#define VMAPD_DATABASE_LIBRARY_H

struct event_base;

/* Before any thread is made, and before all else of this room. */
void db_start(struct event_base *base);

/*
 * With no connections left. Waits for no helper: one that is still stuck in a connect ends by itself,
 * or with the process. Returns how many there are; may be called again to see whether they have gone.
 */
unsigned db_stop(void);

#endif
