/* descriptors - see the header. */
#include "descriptors.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

#include "log.h"

int descriptor_reserve_start(void)
{
    struct rlimit limit;
    rlim_t reserved;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX)
        return INT_MAX;
    reserved = limit.rlim_cur / 4;
    if (reserved > DESCRIPTORS_RESERVED)
        reserved = DESCRIPTORS_RESERVED;
    return (int)(limit.rlim_cur - reserved);
}

void descriptor_limit_raise(unsigned max_clients)
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
    if ((unsigned)descriptor_reserve_start() < max_clients)
        log_warning("max_clients = %u needs %u open files, but the limit (LimitNOFILE, ulimit -n) "
                    "leaves room for only %d clients",
                    max_clients, max_clients + DESCRIPTORS_RESERVED, descriptor_reserve_start());
}
