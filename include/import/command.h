/* command - what a person types to change Postfix, quoted for the shell. Pure. */
#ifndef VMAPD_IMPORT_COMMAND_H
#define VMAPD_IMPORT_COMMAND_H

#include "buffer.h"
#include "postconf.h"

/* How main.cf names vmapd: relative to the queue directory, in or out of Postfix's chroot. */
#define IMPORT_SOCKET    "private/vmap"
#define IMPORT_SOCKETMAP "socketmap:unix:" IMPORT_SOCKET ":"

/* Append the command that gives the parameter of the service ("" = main.cf) this value; no newline. */
void import_command_set(const struct postconf *postconf, const char *service, const char *parameter,
                        const char *value, struct buffer *out);

/* The same; value NULL takes the setting away, so that the default or main.cf's is in force. */
void import_command_change(const struct postconf *postconf, const char *service,
                           const char *parameter, const char *value, struct buffer *out);

/* Append the command that has Postfix read its configuration again; no newline. */
void import_command_reload(const struct postconf *postconf, struct buffer *out);

#endif
