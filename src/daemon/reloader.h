/*
 * reloader - the configuration read again, by a thread of its own: a list of domains may be long and a
 * disk slow. Whoever asks while it is being read has it read once more after that, because the files may
 * have changed since they were looked at.
 */
#ifndef VMAPD_DAEMON_RELOADER_H
#define VMAPD_DAEMON_RELOADER_H

#include <stdbool.h>

#include "buffer.h"
#include "control.h"

struct config;
struct event_base;
struct reloader;

/*
 * It was read, called from the event loop. config is the callback's; NULL: there is none, and message says
 * why. What the callback leaves in message is told to those who asked.
 */
typedef void reloader_done(void *arg, struct config *config, struct buffer *message);

/* path is copied. */
struct reloader *reloader_new(struct event_base *base, const char *path, reloader_done *done,
                              void *arg);

/* Does not wait for a thread that still reads. Nobody is told any more. */
void reloader_free(struct reloader *reloader);

/* asker (NULL: nobody) is told when it is done, unless it is taken out before. */
void reloader_start(struct reloader *reloader, struct control_reload *asker);
void reloader_forget(struct control_reload *asker);

/* In the callback: whether it is read once more now, since somebody asked meanwhile. */
bool reloader_reads_again(const struct reloader *reloader);

#endif
