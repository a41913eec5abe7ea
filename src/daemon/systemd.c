/* systemd - see the header. */
#include "systemd.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <systemd/sd-daemon.h>

#include "clock.h"
#include "stats.h"
#include "xmalloc.h"

#define STATUS_INTERVAL_MS 5000

struct systemd {
    struct event *status;
    struct event *watchdog;
    uint64_t then_ms; /* of the last status, */
    uint64_t lookups; /* and what had been counted by then */
    uint64_t hits;
};

static void on_watchdog(evutil_socket_t fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    (void)arg;
    sd_notify(0, "WATCHDOG=1");
}

static void systemd_status(struct systemd *systemd)
{
    uint64_t now_ms = clock_ms();
    uint64_t lookups = stats.lookups - systemd->lookups;
    uint64_t hits = stats.hit_us.count - systemd->hits;
    uint64_t period_ms = now_ms > systemd->then_ms ? now_ms - systemd->then_ms : 1;

    if (lookups == 0)
        sd_notifyf(0, "STATUS=idle, %" PRIu64 " lookups since start", stats.lookups);
    else
        sd_notifyf(0, "STATUS=%.1f lookups/s, %.1f %% from the cache",
                   (double)lookups * 1000 / (double)period_ms,
                   100 * (double)hits / (double)lookups);
    systemd->then_ms = now_ms;
    systemd->lookups = stats.lookups;
    systemd->hits = stats.hit_us.count;
}

static void on_status(evutil_socket_t fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    systemd_status(arg);
}

static struct event *every(struct event_base *base, uint64_t us, event_callback_fn callback,
                           void *arg)
{
    const struct timeval interval = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
    struct event *event = event_new(base, -1, EV_PERSIST, callback, arg);

    evtimer_add(event, &interval);
    return event;
}

struct systemd *systemd_new(struct event_base *base)
{
    struct systemd *systemd = xcalloc(1, sizeof(*systemd));
    uint64_t watchdog_us = 0;

    if (getenv("NOTIFY_SOCKET") == NULL)
        return systemd;
    systemd->then_ms = clock_ms();
    systemd->status = every(base, STATUS_INTERVAL_MS * 1000, on_status, systemd);
    if (sd_watchdog_enabled(0, &watchdog_us) > 0 && watchdog_us > 0)
        systemd->watchdog = every(base, watchdog_us / 3 + 1, on_watchdog, systemd);
    return systemd;
}

void systemd_free(struct systemd *systemd)
{
    if (systemd->status != NULL)
        event_free(systemd->status);
    if (systemd->watchdog != NULL)
        event_free(systemd->watchdog);
    free(systemd);
}

void systemd_ready(struct systemd *systemd)
{
    (void)systemd;
    sd_notify(0, "READY=1");
}

void systemd_reloading(struct systemd *systemd)
{
    struct timespec now;

    (void)systemd;
    clock_gettime(CLOCK_MONOTONIC, &now); /* systemd's clock, not ours */
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
               (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void systemd_stopping(struct systemd *systemd)
{
    (void)systemd;
    sd_notify(0, "STOPPING=1");
}
