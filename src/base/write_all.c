/* write_all - see the header. */
#include "write_all.h"

#include <errno.h>
#include <unistd.h>

bool write_all(int fd, struct slice text)
{
    while (text.len > 0) {
        ssize_t wrote = write(fd, text.data, text.len);

        if (wrote < 0 && errno != EINTR)
            return false;
        if (wrote > 0)
            text = (struct slice){text.data + wrote, text.len - (size_t)wrote};
    }
    return true;
}
