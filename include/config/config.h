/*
 * config - vmapd.conf and the mysql_table(5) files that it names, checked and ready for use. A
 * config never changes once it is loaded; a reload loads another one. Counted references, because
 * lookups in flight keep the definitions that they began with.
 *
 * Times are milliseconds, sizes bytes. Every parameter is one row of the table in options.c: name,
 * sections, type, default, range, whether a reload can change it, where it is stored.
 */
#ifndef VMAPD_CONFIG_CONFIG_H
#define VMAPD_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "buffer.h"
#include "log.h"
#include "network.h"
#include "table.h"

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
    uint64_t idle_interval_ms;   /* close a connection idle that long */
    uint64_t retry_interval_ms;  /* longest rest of a failed host while another can serve */
    uint64_t connect_timeout_ms; /* one attempt, from DNS to session settings */
    uint64_t query_timeout_ms;   /* one query; also max_statement_time */
    uint32_t pool_size;
    uint32_t queue_size; /* waiting queries at most */
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

/* Same connections would serve both. */
bool db_params_equal(const struct db_params *a, const struct db_params *b);

struct table_def {
    char *name;   /* NAME of [table NAME] or [map NAME], or the path of a .cf file */
    char *origin; /* "FILE:LINE" of the section, or the .cf file, for messages */
    struct db_params db;
    char *password_file; /* where db.password is from; NULL = written itself */
    char *query;         /* as written (or as built from the legacy parameters) */
    char *result_format;
    char *domain; /* as written, "" = none */
    struct table_rules rules;
    bool cache;      /* cache = no: every lookup asks the database */
    uint64_t ttl_ms; /* of positive answers; [cache] ttl unless set for the table */
    uint64_t negative_ttl_ms;
    uint64_t stale_ttl_ms;
};

/* Whether two definitions would give the same answers from the same database. */
bool table_def_equal(const struct table_def *a, const struct table_def *b);

/*
 * Append all that decides about its answers. Definitions look alike there only if they are equal, and
 * one looks the same in every release.
 */
void table_def_append(const struct table_def *def, struct buffer *out);

struct map_def {
    char *name;
    struct search_rules rules; /* its strings are the two members that follow */
    char *recipient_delimiter;
    char **local_domains;
    struct table_def **tables; /* in order; owned by the config, shared between maps */
    size_t table_count;        /* at least 1 */
};

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

struct cache_options {
    size_t max_size;
    uint64_t ttl_ms;
    uint64_t negative_ttl_ms;
    uint64_t stale_ttl_ms;
    uint64_t stale_answer_timeout_ms;
    char *state_file; /* "" = none */
    uint64_t state_interval_ms;
};

struct config {
    char *path;
    struct server_options server;
    struct cache_options cache;
    struct map_def **maps;
    size_t map_count;
    struct table_def **tables;
    size_t table_count; /* those that a map uses; each once */

    /* Private. */
    unsigned references;
    struct map_def **by_name; /* the maps in the order of their names */
    char **fixed;             /* the values of the parameters that need a restart */
};

#define CONFIG_DEFAULT_PATH "/etc/vmapd/vmapd.conf"

/* NULL: "FILE:LINE: message" was appended to error. The caller holds the one reference. */
struct config *config_load(const char *path, struct buffer *error);

/* The same for a text; name is what messages call it. */
struct config *config_parse(const char *name, struct slice text, struct buffer *error);

struct config *config_ref(struct config *config);
void config_unref(struct config *config);

/*
 * Append the names of the parameters (", " between them) that differ between the two and that a
 * reload cannot change. False: there are none.
 */
bool config_needs_restart(const struct config *old, const struct config *new, struct buffer *names);

/* Append the settings in effect that matter most, for people: one line, without secrets. */
void config_describe(const struct config *config, struct buffer *out);

/* NULL if there is no such map. */
const struct map_def *config_map(const struct config *config, struct slice name);

#endif
