/*
 * no_memory - preloaded into a process: from allocation number NO_MEMORY_FROM on there is no memory
 * left. Without that variable it counts, and writes their number to the file NO_MEMORY_COUNT at the
 * end. A crash in a library that is not ours is told on stderr.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES_MAX 32

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *ptr, size_t size);

static atomic_long allocations;
static _Thread_local int is_lent; /* to a function of the C library that asserts that it has memory */

static int is_over(void)
{
    static long from = -1;

    if (from < 0) {
        const char *text = getenv("NO_MEMORY_FROM");

        from = text != NULL ? strtol(text, NULL, 10) : LONG_MAX;
    }
    if (atomic_fetch_add(&allocations, 1) < from || is_lent)
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

struct passwd *getpwnam(const char *name)
{
    struct passwd *(*real)(const char *) =
        (struct passwd * (*)(const char *)) dlsym(RTLD_NEXT, "getpwnam");
    struct passwd *found;

    is_lent = 1;
    found = real(name);
    is_lent = 0;
    return found;
}

struct group *getgrnam(const char *name)
{
    struct group *(*real)(const char *) =
        (struct group * (*)(const char *)) dlsym(RTLD_NEXT, "getgrnam");
    struct group *found;

    is_lent = 1;
    found = real(name);
    is_lent = 0;
    return found;
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

/* What the client library calls. */
static int is_a_helper(const char *file)
{
    return strstr(file, "/libc.so") != NULL || strstr(file, "/libssl.so") != NULL ||
           strstr(file, "/libcrypto.so") != NULL || strstr(file, "/no_memory") != NULL;
}

/* The caller of whom, other than the system's, crashed. */
static int is_the_librarys(void)
{
    void *frames[FRAMES_MAX];
    int count = backtrace(frames, FRAMES_MAX);
    Dl_info where;

    for (int i = 0; i < count; i++)
        if (dladdr(frames[i], &where) != 0 && !is_a_helper(where.dli_fname))
            return strstr(where.dli_fname, "/libmariadb") != NULL;
    return 0;
}

/* Returning from it has the same instruction crash once more, in the usual way. */
static void on_crash(int number)
{
    static const char text[] = "crashed in the client library\n";

    signal(number, SIG_DFL);
    if (is_the_librarys())
        (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
}

/* backtrace() allocates what it needs when it is called for the first time. */
__attribute__((constructor)) static void watch(void)
{
    void *frame;

    backtrace(&frame, 1);
    signal(SIGSEGV, on_crash);
}
