/*
 * count_calls - preloaded into a process: how often it asks for memory, receives and sends. The
 * numbers go into the file COUNT_CALLS at the end, in this order.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *ptr, size_t size);

static atomic_long allocations, received, sent;

void *malloc(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *ptr, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_realloc(ptr, size);
}

ssize_t recv(int fd, void *data, size_t len, int flags)
{
    atomic_fetch_add(&received, 1);
    return syscall(SYS_recvfrom, fd, data, len, flags, NULL, NULL);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
    atomic_fetch_add(&sent, 1);
    return syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("COUNT_CALLS");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;

    if (file == NULL)
        return;
    fprintf(file, "%ld %ld %ld\n", (long)allocations, (long)received, (long)sent);
    fclose(file);
}
