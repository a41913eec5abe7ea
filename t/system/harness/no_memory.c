/*
 * no_memory - preloaded into a process: from allocation number NO_MEMORY_FROM on there is no memory
 * left. Without that variable it counts, and writes their number to the file NO_MEMORY_COUNT at the
 * end.
 */
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

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
