/* thread - a helper thread beside the event loop. All signals are blocked in it: they are the loop's. */
#ifndef VMAPD_BASE_THREAD_H
#define VMAPD_BASE_THREAD_H

#include <pthread.h>
#include <stddef.h>

typedef void *thread_main(void *arg);

/*
 * Start one that is to be joined, or one that nobody waits for, with a stack of that many bytes (0: the
 * default). 0, or what errno would say.
 */
int thread_start(pthread_t *thread, thread_main *run, void *arg);
int thread_start_detached(size_t stack_size, thread_main *run, void *arg);

#endif
