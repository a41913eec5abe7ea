/*
 * systemd - what systemd is told (sd_notify(3)): ready, reloading, stopping, a line of status every
 * few seconds, and a sign of life for the watchdog from the event loop itself, so that a loop that
 * hangs is noticed. Does nothing outside systemd.
 */
#ifndef VMAPD_DAEMON_SYSTEMD_H
#define VMAPD_DAEMON_SYSTEMD_H

struct event_base;
struct systemd;

/* Never NULL. */
struct systemd *systemd_new(struct event_base *base);
void systemd_free(struct systemd *systemd);

void systemd_ready(struct systemd *systemd);
void systemd_reloading(struct systemd *systemd);
void systemd_stopping(struct systemd *systemd);

#endif
