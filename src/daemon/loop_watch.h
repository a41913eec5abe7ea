/*
 * loop_watch - how long the event loop has been away: the longest stall, for the reports
 * (stats.loop_stall_max_us). Costs an idle process no wake-up.
 */
#ifndef VMAPD_DAEMON_LOOP_WATCH_H
#define VMAPD_DAEMON_LOOP_WATCH_H

struct event_base;
struct loop_watch;

/* Never NULL; ends the process when there is no descriptor left. Watches nothing yet. */
struct loop_watch *loop_watch_new(struct event_base *base);
void loop_watch_free(struct loop_watch *watch);

/* Watch from now on, in the thread that calls this, which is the one that runs the loop. */
void loop_watch_start(struct loop_watch *watch);

#endif
