/*
 * db_params - how to reach the database of a table. Times are milliseconds.
 */
#ifndef VMAPD_CONFIG_DB_PARAMS_H
#define VMAPD_CONFIG_DB_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/* One member of "hosts"; mysql_table(5) syntax: unix:PATH, [inet:]HOST[:PORT], localhost. */
struct db_host {
    char *text;    /* as written, for messages */
    bool is_unix;  /* path may be NULL: the client library's default socket ("localhost") */
    char *name;    /* host name or socket path */
    unsigned port; /* 0 = default */
};

enum tri_state { TRI_UNSET = -1, TRI_NO, TRI_YES };

/* All that decides whether two tables can share connections. */
struct db_params {
    struct db_host *hosts;
    size_t host_count; /* at least 1 */
    char *user;
    char *password;
    char *dbname;
    char *charset;
    char *option_file;  /* NULL = none */
    char *option_group; /* default "client", as in Postfix 3.9 */
    char *tls_ca_file;  /* the tls_* members: NULL = not set */
    char *tls_ca_path;
    char *tls_cert_file;
    char *tls_key_file;
    char *tls_ciphers;
    enum tri_state tls_verify_cert;
    uint64_t idle_interval_ms;      /* close a connection idle that long, */
    uint64_t max_connection_age_ms; /* or opened that long ago */
    uint64_t retry_interval_ms;     /* longest rest of a failed host while another can serve */
    uint64_t connect_timeout_ms;    /* one attempt, from DNS to session settings */
    uint64_t query_timeout_ms;      /* one query; also max_statement_time */
    uint32_t pool_size;
    uint32_t queue_size; /* waiting queries at most */
    uint64_t hash;       /* of all that db_params_equal() compares; 0: unknown */
};

/*
 * Parse one member of "hosts" as dict_mysql.c of Postfix does: the port or service name is what
 * follows the right-most ':', of a socket path, too; "localhost" is the client library's default
 * socket. Beyond Postfix: [IPV6] and [IPV6]:PORT, and an IPv6 address alone where the part before its
 * last ':' cannot be an address. False: "expected ..." was appended to error. Free the three members
 * of db_host with db_host_free().
 */
bool db_host_parse(const char *text, struct db_host *host, struct buffer *error);
void db_host_free(struct db_host *host);

/* Make copy, where nothing is yet, a copy of all but the hosts; free it with db_params_free(). */
void db_params_copy(const struct db_params *params, struct db_params *copy);
void db_params_free(struct db_params *params);

/* Fill in the hash, once all else is. Many tables are compared with many pools at a reload. */
void db_params_seal(struct db_params *params);

/* Append the hosts, so that no two lists look alike. */
void db_params_append_hosts(const struct db_params *params, struct buffer *out);

/* Whether both name the same hosts in the same order. */
bool db_params_same_hosts(const struct db_params *a, const struct db_params *b);

/* Same connections would serve both. */
bool db_params_equal(const struct db_params *a, const struct db_params *b);

#endif
