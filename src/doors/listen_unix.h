/*
 * listen_unix - make a listening unix socket whose file never has a wrong owner or mode while
 * somebody could connect. Private to listener.
 */
#ifndef VMAPD_DOORS_LISTEN_UNIX_H
#define VMAPD_DOORS_LISTEN_UNIX_H

#include <sys/stat.h>

#include "buffer.h"
#include "listen_address.h"
#include "listener.h"

/* The file of a socket that we made. path NULL: there is none. */
struct socket_file {
    char *path;
    dev_t device;
    ino_t inode;
};

/* The socket, non-blocking; or -1 and a message without the address. On success file is set. */
int listen_unix(const struct listen_address *address, const struct listener_access *access,
                struct socket_file *file, struct buffer *error);

/* Whether the file is still at its place, and still that of this socket. */
bool socket_file_is_there(const struct socket_file *file);

/* Remove the file unless somebody else's has its place. */
void socket_file_remove(struct socket_file *file);

#endif
