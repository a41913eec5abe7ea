/*
 * fine_timer - a timer of the kernel's own, timerfd_create(2), for what libevent's are too coarse or
 * too dear for. They count in milliseconds; and while one of them is due soon, every wait of the loop
 * programs the processor's timer anew, which costs a lookup about as much as its walk through the cache.
 */
#ifndef VMAPD_BASE_FINE_TIMER_H
#define VMAPD_BASE_FINE_TIMER_H

#include <stdint.h>

struct event_base;
struct fine_timer;

typedef void fine_timer_ran_out(void *arg);

/* A timer that does not run. Takes a descriptor; NULL: there is none left, see errno. */
struct fine_timer *fine_timer_new(struct event_base *base, fine_timer_ran_out *ran_out, void *arg);
void fine_timer_free(struct fine_timer *timer);

/* Call ran_out once, from the event loop, when us > 0 microseconds have passed; as if it had not been
 * set before. */
void fine_timer_set(struct fine_timer *timer, uint64_t us);

#endif
