/*
 * regular_file - a whole file read. Only what cannot make us wait for somebody: a FIFO or a device can.
 */
#ifndef VMAPD_BASE_REGULAR_FILE_H
#define VMAPD_BASE_REGULAR_FILE_H

#include <stddef.h>
#include <sys/stat.h>

#include "buffer.h"

/*
 * Append the file's bytes to text, at most so many. status, unless NULL, is that of the file that was read.
 * NULL: done; else why not, a text that is borrowed until this thread's next call of strerror(3).
 */
const char *regular_file_read(const char *path, size_t most, struct buffer *text,
                              struct stat *status);

#endif
