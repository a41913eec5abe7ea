/* command - what a person types to change Postfix, quoted for the shell. Pure. */
#ifndef VMAPD_IMPORT_COMMAND_H
#define VMAPD_IMPORT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "postconf.h"

/* How main.cf names vmapd: relative to the queue directory, in or out of Postfix's chroot. */
#define IMPORT_SOCKET    "private/vmap"
#define IMPORT_SOCKETMAP "socketmap:unix:" IMPORT_SOCKET ":"

/* Append the command that gives the parameter of the service ("" = main.cf) this value; no newline. */
void import_command_set(const struct postconf *postconf, const char *service, const char *parameter,
                        const char *value, struct buffer *out);

/* A setting to be made; value NULL takes it away, so that the default or main.cf's is in force. */
struct import_setting {
    const char *service; /* "" = main.cf */
    const char *parameter;
    const char *value;
};

/*
 * Append the commands that make all of them, one a line. In the lists of a service commas may take the place of
 * blanks, for "postconf -P" takes none; exactly: no, as something was before. What -P can't do, "postconf -M"
 * does with the whole entry of the service, which is taken from postconf.
 */
void import_commands_set(const struct postconf *postconf, const struct import_setting *settings,
                         size_t count, bool exactly, struct buffer *out);

/* Append the command that has Postfix read its configuration again; no newline. */
void import_command_reload(const struct postconf *postconf, struct buffer *out);

#endif
