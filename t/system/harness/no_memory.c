/*
 * no_memory - preloaded into a process: from allocation number NO_MEMORY_FROM on there is no memory
 * left. Without that variable it counts, and writes their number to the file NO_MEMORY_COUNT at the
 * end. A crash in a library that is not ours is told on stderr.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *ptr, size_t size);

static atomic_long allocations;

static int is_over(void)
{
    static long from = -1;

    if (from < 0) {
        const char *text = getenv("NO_MEMORY_FROM");

        from = text != NULL ? strtol(text, NULL, 10) : LONG_MAX;
    }
    if (atomic_fetch_add(&allocations, 1) < from)
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return is_over() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_over() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *ptr, size_t size)
{
    return is_over() ? NULL : __libc_realloc(ptr, size);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("NO_MEMORY_COUNT");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;

    if (file == NULL)
        return;
    fprintf(file, "%ld\n", (long)allocations);
    fclose(file);
}

#if defined(__x86_64__)
#define PLACE(context) ((context)->uc_mcontext.gregs[REG_RIP])
#elif defined(__aarch64__)
#define PLACE(context) ((context)->uc_mcontext.pc)
#endif

#ifdef PLACE
/* Returning from it has the same instruction crash once more, in the usual way. */
static void on_crash(int number, siginfo_t *info, void *context)
{
    static const char text[] = "crashed in the client library\n";
    Dl_info where;

    (void)info;
    signal(number, SIG_DFL);
    if (dladdr((void *)PLACE((ucontext_t *)context), &where) != 0 &&
        strstr(where.dli_fname, "/libmariadb") != NULL)
        (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
}

__attribute__((constructor)) static void watch(void)
{
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO};

    sigaction(SIGSEGV, &action, NULL);
}
#endif
