/*
 * slow_disk - preloaded into a process: what it writes takes two seconds to be on the disk. Each time it
 * waits there is a file of the name SLOW_DISK.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int fsync(int fd)
{
    const char *mark = getenv("SLOW_DISK");

    close(open(mark, O_CREAT | O_WRONLY, 0600));
    sleep(2);
    unlink(mark);
    return fdatasync(fd);
}
