/*
 * loop_watch - how long the event loop has been away: the longest stall, for the reports
 * (stats.loop_stall_max_us), and a regular tick for small work in between.
 */
#ifndef VMAPD_DAEMON_LOOP_WATCH_H
#define VMAPD_DAEMON_LOOP_WATCH_H

struct event_base;
struct loop_watch;

typedef void loop_tick(void *arg);

/* Never NULL; ends the process when there is no descriptor left. Watches nothing yet. */
struct loop_watch *loop_watch_new(struct event_base *base, loop_tick *tick, void *arg);
void loop_watch_free(struct loop_watch *watch);

/*
 * Watch from now on. tick is called every 10 ms while there are clients, every 100 ms while there are
 * none; what it takes is not counted as a stall.
 */
void loop_watch_start(struct loop_watch *watch);

#endif
