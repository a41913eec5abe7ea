/* descriptors - see the header. */
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"

void descriptors_fill_standard(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR); /* the lowest number that is free */
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

void descriptors_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        log_warning("cannot read the limit of open files: %s", strerror(errno));
        return;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            log_warning("cannot raise the limit of open files to %llu: %s",
                        (unsigned long long)limit.rlim_max, strerror(errno));
    }
}

int descriptors_for_clients(unsigned max_clients, unsigned connections)
{
    const unsigned long long wanted =
        DESCRIPTORS_RESERVED + (unsigned long long)connections * DESCRIPTORS_OF_CONNECTION;
    struct rlimit limit;
    rlim_t reserved;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
        return INT_MAX;
    reserved = wanted <= limit.rlim_cur / 2 ? wanted : limit.rlim_cur / 2;
    if (max_clients > limit.rlim_cur - reserved || wanted > reserved)
        log_warning("max_clients = %u and %u connections to the database need %llu open files, but "
                    "the limit (LimitNOFILE, ulimit -n) is %llu",
                    max_clients, connections, max_clients + wanted,
                    (unsigned long long)limit.rlim_cur);
    return (int)(limit.rlim_cur - reserved);
}
