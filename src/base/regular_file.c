/* regular_file - see the header. */
#include "regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIECE 65536

static const char *read_all(int fd, size_t most, struct buffer *text)
{
    size_t before = text->len;

    for (;;) {
        ssize_t got = read(fd, buffer_reserve(text, PIECE), PIECE);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return strerror(errno);
        if (got == 0)
            return NULL;
        text->len += (size_t)got;
        text->data[text->len] = '\0';
        if (text->len - before > most)
            return strerror(EFBIG);
    }
}

const char *regular_file_read(const char *path, size_t most, struct buffer *text,
                              struct stat *status)
{
    /* Without waiting for a writer of a FIFO, or for a device. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const char *why = NULL;
    struct stat found;

    if (fd < 0 || fstat(fd, &found) < 0)
        why = strerror(errno);
    else if (S_ISDIR(found.st_mode))
        why = strerror(EISDIR);
    else if (!S_ISREG(found.st_mode))
        why = "it is not a regular file";
    else
        why = read_all(fd, most, text);
    if (why == NULL && status != NULL)
        *status = found;
    if (fd >= 0)
        close(fd);
    return why;
}
