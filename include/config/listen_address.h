/*
 * listen_address - where a socket is, as listen, control and metrics name it.
 */
#ifndef VMAPD_CONFIG_LISTEN_ADDRESS_H
#define VMAPD_CONFIG_LISTEN_ADDRESS_H

#include <stdbool.h>

#include "buffer.h"

enum listen_kind { LISTEN_UNIX, LISTEN_INET };

struct listen_address {
    char *text; /* as written: "unix:/path", "inet:host:port" */
    enum listen_kind kind;
    char *path; /* unix */
    char *host; /* inet, without brackets; "" = every address of the machine, written "*" */
    char *port; /* a number or the name of a service */
};

/*
 * Parse "unix:/PATH" or "inet:HOST:PORT". False: "expected ..." was appended to error. Free the
 * members with listen_address_free().
 */
bool listen_address_parse(const char *text, struct listen_address *address, struct buffer *error);
void listen_address_free(struct listen_address *address);

#endif
