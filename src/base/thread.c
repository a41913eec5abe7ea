/* thread - see the header. */
#include "thread.h"

#include <signal.h>

/* A thread inherits the mask of the one that makes it. */
static int start(pthread_t *thread, const pthread_attr_t *attributes, thread_main *run, void *arg)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(thread, attributes, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

int thread_start(pthread_t *thread, thread_main *run, void *arg)
{
    return start(thread, NULL, run, arg);
}

int thread_start_detached(size_t stack_size, thread_main *run, void *arg)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int error;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (stack_size != 0)
        pthread_attr_setstacksize(&attributes, stack_size);
    error = start(&thread, &attributes, run, arg);
    pthread_attr_destroy(&attributes);
    return error;
}
