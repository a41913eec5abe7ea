/* whole_file - files that are read and replaced as a whole: there is never half a one. */
#ifndef VMAPD_MOVING_WHOLE_FILE_H
#define VMAPD_MOVING_WHOLE_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "buffer.h"

struct file_owner {
    uid_t uid;
    gid_t gid;
    mode_t mode;
};

/* False: "PATH: reason" was appended to error. */
bool whole_file_read(const char *path, struct buffer *out, struct buffer *error);
bool whole_file_write(const char *path, struct slice text, const struct file_owner *owner,
                      struct buffer *error);

/* With owner and mode. */
bool whole_file_copy(const char *from, const char *to, struct buffer *error);

/* Whether both can be read and are the same. */
bool whole_file_same(const char *a, const char *b);

#endif
