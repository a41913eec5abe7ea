/*
 * listener - sockets that clients connect to: opened, taken over from systemd, accepted from, closed.
 * Knows nothing of what is spoken on them.
 */
#ifndef VMAPD_DOORS_LISTENER_H
#define VMAPD_DOORS_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "listen_address.h"

struct event_base;
struct listener;

/* fd is non-blocking and close-on-exec; the callee owns it. */
typedef void listener_accepted(void *arg, int fd);

struct listener_access {
    uint32_t mode;     /* of a unix socket */
    const char *owner; /* name or number, "" = unchanged */
    const char *group;
};

/*
 * Open, bind, listen, begin to accept. A unix socket file that nobody answers on is replaced; one
 * that somebody answers on is an error that names the process where the kernel tells it. An inet
 * host name may stand for several addresses: all are listened on that exist here. fd >= 0: a socket
 * inherited from systemd, used as it is (its file, owner and mode are systemd's). address is not kept.
 * NULL and a message on failure.
 *
 * Out of descriptors or memory, it stops accepting for a moment and lets connections wait in the
 * backlog.
 */
struct listener *listener_open(struct event_base *base, const struct listen_address *address,
                               const struct listener_access *access, int fd,
                               listener_accepted *accepted, void *arg, struct buffer *error);

/* Its address, as written. */
const char *listener_text(const struct listener *listener);

/*
 * If the file of a unix socket has gone, so that nobody can connect any more, make it anew, with what has
 * connected before not lost; one of systemd's is systemd's business. True: it is there. *was_gone: it
 * was not. False: a message with the address.
 */
bool listener_renew(struct listener *listener, bool *was_gone, struct buffer *error);

/*
 * Stop accepting for good and close; removes a unix socket file that listener_open made, if it is
 * still there and may be removed (else the next start replaces it).
 */
void listener_close(struct listener *listener);

/* Inherited sockets (sd_listen_fds(3)): the one bound to this address, or -1. Each is given out once. */
int listener_inherited(const struct listen_address *address);

/* Warn of inherited sockets that were not given out: who connects to them waits for nobody. */
void listener_warn_of_strays(void);

#endif
