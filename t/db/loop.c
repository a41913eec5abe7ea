/* loop - see the header. */
#include "loop.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define TICK_MS 5

static struct event_base *base;
static struct event *tick;
static struct event *alarm_clock;
static uint64_t last_us;
static uint64_t last_denied_us;
static uint64_t stall_us;
static loop_condition *wanted;
static void *wanted_arg;
static bool is_met;

/* How long this thread was ready to run and did not, since it began (proc(5), schedstat). */
static uint64_t denied_us(void)
{
    unsigned long long ran = 0, waited = 0;
    FILE *file = fopen("/proc/thread-self/schedstat", "r");

    if (file != NULL) {
        if (fscanf(file, "%llu %llu", &ran, &waited) != 2)
            waited = 0;
        fclose(file);
    }
    return waited / 1000;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    uint64_t now_us = clock_us();
    uint64_t denied = denied_us();
    uint64_t away_us = now_us - last_us;
    uint64_t excused_us = TICK_MS * 1000 + (denied - last_denied_us);

    (void)fd;
    (void)what;
    (void)arg;
    if (away_us > excused_us && away_us - excused_us > stall_us)
        stall_us = away_us - excused_us;
    last_us = now_us;
    last_denied_us = denied;
    if (wanted != NULL && wanted(wanted_arg)) {
        is_met = true;
        event_base_loopbreak(base);
    }
}

static void on_alarm(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    event_base_loopbreak(base);
}

struct event_base *loop_base(void)
{
    if (base == NULL) {
        base = event_base_new();
        tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
        alarm_clock = event_new(base, -1, 0, on_alarm, NULL);
    }
    return base;
}

static void run(uint64_t ms)
{
    const struct timeval period = {0, TICK_MS * 1000};
    const struct timeval most = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

    loop_base();
    last_us = clock_us();
    last_denied_us = denied_us();
    event_add(tick, &period);
    event_add(alarm_clock, &most);
    event_base_dispatch(base);
    event_del(tick);
    event_del(alarm_clock);
}

bool loop_until(loop_condition *condition, void *arg, uint64_t most_ms)
{
    is_met = false;
    wanted = condition;
    wanted_arg = arg;
    if (!condition(arg))
        run(most_ms);
    else
        is_met = true;
    wanted = NULL;
    return is_met;
}

void loop_for(uint64_t ms)
{
    run(ms);
}

uint64_t loop_stall_ms(void)
{
    uint64_t ms = stall_us / 1000;

    stall_us = 0;
    return ms;
}

uint64_t loop_stall_most_ms(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded != NULL && strstr(preloaded, "vgpreload") != NULL ? 2000 : 50;
}

void loop_free(void)
{
    if (base == NULL)
        return;
    event_free(tick);
    event_free(alarm_clock);
    event_base_free(base);
    base = NULL;
}
