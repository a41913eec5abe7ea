/*
 * systemd - what systemd is told (sd_notify(3)): ready, reloading, stopping, a line of status every
 * few seconds, and a sign of life for the watchdog from the event loop itself, so that a loop that
 * hangs is noticed. Does nothing outside systemd.
 */
#ifndef VMAPD_DAEMON_SYSTEMD_H
#define VMAPD_DAEMON_SYSTEMD_H

struct event_base;
struct notifier;

/* Never NULL. */
struct notifier *notifier_new(struct event_base *base);
void notifier_free(struct notifier *notifier);

void notifier_ready(struct notifier *notifier);
void notifier_reloading(struct notifier *notifier);
void notifier_stopping(struct notifier *notifier);

#endif
