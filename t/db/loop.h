/*
 * loop - an event loop for tests that need to see how long it was away. Running it ends when a
 * condition holds, never by a fixed time; waiting too long for one fails the test.
 */
#ifndef VMAPD_TEST_LOOP_H
#define VMAPD_TEST_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;

/* The one loop of the program, made at first use. */
struct event_base *loop_base(void);

/* Run until the condition holds; false after most_ms. */
typedef bool loop_condition(void *arg);
bool loop_until(loop_condition *condition, void *arg, uint64_t most_ms);

/* Run for a time, when it is the absence of something that is tested. */
void loop_for(uint64_t ms);

/* The longest time that the loop has been away since the last call, without the time that this
 * process wanted to run and the machine did not let it. */
uint64_t loop_stall_ms(void);

/* How long it may be: 50 ms; more under valgrind, which is that slow itself. */
uint64_t loop_stall_most_ms(void);

void loop_free(void);

#endif
