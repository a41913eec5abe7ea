/*
 * server_options - [server]: sockets, who may use them, and for how long. Times are milliseconds.
 */
#ifndef VMAPD_CONFIG_SERVER_OPTIONS_H
#define VMAPD_CONFIG_SERVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "listen_address.h"
#include "log.h"
#include "network.h"

struct server_options {
    struct listen_address *listen;
    size_t listen_count;
    struct network *allow; /* whose inet connections are taken; none: loopback listens only */
    size_t allow_count;
    struct listen_address control; /* always LISTEN_UNIX */
    struct listen_address metrics; /* LISTEN_INET; text NULL = none */
    uint32_t socket_mode;
    char *socket_owner; /* "" = as created */
    char *socket_group;
    uint32_t control_mode;
    char *control_owner;
    char *control_group;
    char *user; /* become this user after opening the sockets; "" = stay */
    uint32_t max_clients;
    uint64_t client_idle_timeout_ms;  /* a connection without a request; 0 = never */
    uint64_t client_read_timeout_ms;  /* the rest of a request that has begun */
    uint64_t client_write_timeout_ms; /* a client that does not read its reply */
    uint64_t lookup_timeout_ms;       /* a whole lookup */
    uint64_t drain_timeout_ms;        /* SIGTERM: how long to finish what is in flight */
    enum log_target log;
    bool log_lookups;
    char *syslog_name;
};

#endif
