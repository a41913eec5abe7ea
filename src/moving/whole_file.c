/* whole_file - see the header. */
#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "write_all.h"
#include "xmalloc.h"

static bool fail(const char *path, struct buffer *error)
{
    buffer_printf(error, "%s: %s", path, strerror(errno));
    return false;
}

bool whole_file_read(const char *path, struct buffer *out, struct buffer *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = 1;

    if (fd < 0)
        return fail(path, error);
    while (got > 0 || (got < 0 && errno == EINTR)) {
        got = read(fd, buffer_reserve(out, 65536), 65536);
        if (got > 0)
            out->len += (size_t)got;
    }
    if (got < 0)
        fail(path, error);
    close(fd);
    return got == 0;
}

/* Only root can give a file away; for others it stays their own. */
static bool give(int fd, const struct file_owner *owner)
{
    return (fchown(fd, owner->uid, owner->gid) == 0 || geteuid() != 0) &&
           fchmod(fd, owner->mode) == 0;
}

bool whole_file_write(const char *path, struct slice text, const struct file_owner *owner,
                      struct buffer *error)
{
    char *new_path = xasprintf("%s.XXXXXX", path);
    int fd = mkostemp(new_path, O_CLOEXEC);
    bool good = fd >= 0 && write_all(fd, text) && give(fd, owner) && fsync(fd) == 0 &&
                rename(new_path, path) == 0;

    if (!good) {
        fail(path, error);
        if (fd >= 0)
            unlink(new_path);
    }
    if (fd >= 0)
        close(fd);
    free(new_path);
    return good;
}

bool whole_file_copy(const char *from, const char *to, struct buffer *error)
{
    struct buffer text = BUFFER_EMPTY;
    struct stat status;
    bool good = whole_file_read(from, &text, error);

    if (good && stat(from, &status) != 0)
        good = fail(from, error);
    if (good) {
        struct file_owner owner = {status.st_uid, status.st_gid, status.st_mode & 07777};

        good = whole_file_write(to, buffer_slice(&text), &owner, error);
    }
    buffer_free(&text);
    return good;
}

bool whole_file_same(const char *a, const char *b)
{
    struct buffer one = BUFFER_EMPTY, other = BUFFER_EMPTY, error = BUFFER_EMPTY;
    bool same = whole_file_read(a, &one, &error) && whole_file_read(b, &other, &error) &&
                slice_equal(buffer_slice(&one), buffer_slice(&other));

    buffer_free(&one);
    buffer_free(&other);
    buffer_free(&error);
    return same;
}
