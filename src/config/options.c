/* options - the table of parameters; see the header. How values are read: option_values.c. */
#include "options.h"

#include <limits.h>
#include <string.h>

#include "config.h"
#include "similar.h"

/* Sections that define a table, and those that may hold defaults for it. */
#define TABLE    (OPTION_TABLE | OPTION_MAP | OPTION_CF)
#define DATABASE (OPTION_DATABASE | TABLE)

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define YEAR   (365 * 24 * HOUR)

/* Postfix gives a lookup 100 s; ours has to end before. */
#define LOOKUP_LEAST UINT64_C(10)
#define LOOKUP_MOST  (90 * SECOND)

#define KIB UINT64_C(1024)
#define TIB (KIB * KIB * KIB * KIB)

/* What a change means. */
#define RESTART     CHANGE_RESTART
#define RELOAD      CHANGE_RELOAD
#define CONNECTIONS CHANGE_CONNECTIONS
#define ANSWERS     CHANGE_ANSWERS
#define BOTH        CHANGE_BOTH
#define ROWS        CHANGE_ROWS

/* Whose parameter it is. */
#define OURS    false
#define POSTFIX true

#define SERVER_AT(member)                                                                          \
    {                                                                                              \
        OPTION_IN_SERVER, offsetof(struct server_options, member)                                  \
    }
#define CACHE_AT(member)                                                                           \
    {                                                                                              \
        OPTION_IN_CACHE, offsetof(struct cache_options, member)                                    \
    }
#define MAP_AT(member)                                                                             \
    {                                                                                              \
        OPTION_IN_MAP, offsetof(struct map_def, member)                                            \
    }
#define TABLE_AT(member)                                                                           \
    {                                                                                              \
        OPTION_IN_TABLE, offsetof(struct table_def, member)                                        \
    }
#define DB_AT(member)                                                                              \
    {                                                                                              \
        OPTION_IN_DB, offsetof(struct db_params, member)                                           \
    }
#define NOWHERE                                                                                    \
    {                                                                                              \
        OPTION_IN_NONE, 0                                                                          \
    }

/* In the order of the enums. */
static const char *const log_words[] = {"stderr", "syslog", NULL};

/* clang-format off */
static const struct option options[] = {
    /* name, sections, type, default, least, most, words, what a change means, whose, where */

    /* Sockets, and who may use them. */
    {"listen", OPTION_SERVER, OPTION_LIST, "unix:/var/spool/postfix/private/vmap", 0, 0, NULL,
        RESTART, OURS, {NOWHERE}},
    {"socket_mode", OPTION_SERVER, OPTION_MODE, "0660", 0, 0777, NULL,
        RESTART, OURS, {SERVER_AT(socket_mode)}},
    {"socket_owner", OPTION_SERVER, OPTION_STRING, "", 0, 0, NULL,
        RESTART, OURS, {SERVER_AT(socket_owner)}},
    {"socket_group", OPTION_SERVER, OPTION_STRING, "", 0, 0, NULL,
        RESTART, OURS, {SERVER_AT(socket_group)}},
    {"allow", OPTION_SERVER, OPTION_LIST, "", 0, 0, NULL,
        RELOAD, OURS, {NOWHERE}},
    {"control", OPTION_SERVER, OPTION_STRING, "unix:/run/vmapd/control", 1, 0, NULL,
        RESTART, OURS, {NOWHERE}},
    {"control_mode", OPTION_SERVER, OPTION_MODE, "0660", 0, 0777, NULL,
        RESTART, OURS, {SERVER_AT(control_mode)}},
    {"control_owner", OPTION_SERVER, OPTION_STRING, "", 0, 0, NULL,
        RESTART, OURS, {SERVER_AT(control_owner)}},
    {"control_group", OPTION_SERVER, OPTION_STRING, "", 0, 0, NULL,
        RESTART, OURS, {SERVER_AT(control_group)}},
    {"metrics", OPTION_SERVER, OPTION_STRING, "", 0, 0, NULL,
        RESTART, OURS, {NOWHERE}},
    {"user", OPTION_SERVER, OPTION_STRING, "", 0, 0, NULL,
        RESTART, OURS, {SERVER_AT(user)}},

    /* Limits and deadlines. */
    {"max_clients", OPTION_SERVER, OPTION_NUMBER, "4096", 1, 1000000, NULL,
        RELOAD, OURS, {SERVER_AT(max_clients)}},
    {"client_idle_timeout", OPTION_SERVER, OPTION_TIME, "5m", 0, YEAR, NULL,
        RELOAD, OURS, {SERVER_AT(client_idle_timeout_ms)}},
    {"client_read_timeout", OPTION_SERVER, OPTION_TIME, "10s", 10, HOUR, NULL,
        RELOAD, OURS, {SERVER_AT(client_read_timeout_ms)}},
    {"client_write_timeout", OPTION_SERVER, OPTION_TIME, "10s", 10, HOUR, NULL,
        RELOAD, OURS, {SERVER_AT(client_write_timeout_ms)}},
    {"lookup_timeout", OPTION_SERVER | OPTION_DATABASE, OPTION_TIME, "10s", LOOKUP_LEAST,
        LOOKUP_MOST, NULL, RELOAD, OURS, {SERVER_AT(lookup_timeout_ms)}},
    {"drain_timeout", OPTION_SERVER, OPTION_TIME, "5s", 0, HOUR, NULL,
        RELOAD, OURS, {SERVER_AT(drain_timeout_ms)}},

    /* Log. */
    {"log", OPTION_SERVER, OPTION_WORD, "stderr", 0, 0, log_words,
        RELOAD, OURS, {SERVER_AT(log)}},
    {"log_lookups", OPTION_SERVER, OPTION_BOOL, "no", 0, 0, NULL,
        RELOAD, OURS, {SERVER_AT(log_lookups)}},
    {"syslog_name", OPTION_SERVER, OPTION_STRING, "vmapd", 1, 0, NULL,
        RELOAD, OURS, {SERVER_AT(syslog_name)}},

    /* Maps. */
    {"search", OPTION_MAP, OPTION_WORD, "exact", 0, 0, search_words,
        RELOAD, OURS, {MAP_AT(rules.search)}},
    {"tables", OPTION_MAP, OPTION_LIST, "", 0, 0, NULL,
        RELOAD, OURS, {NOWHERE}},
    {"recipient_delimiter", OPTION_SERVER | OPTION_MAP, OPTION_STRING, "+", 0, 0, NULL,
        RELOAD, OURS, {MAP_AT(recipient_delimiter)}},
    {"propagate_extension", OPTION_SERVER | OPTION_MAP, OPTION_BOOL, "yes", 0, 0, NULL,
        RELOAD, OURS, {MAP_AT(rules.propagate_extension)}},
    {"local_domains", OPTION_SERVER | OPTION_MAP, OPTION_LIST, "", 0, 0, NULL,
        RELOAD, OURS, {NOWHERE}},
    {"parent_domain_matches_subdomains", OPTION_MAP, OPTION_BOOL, "no", 0, 0, NULL,
        RELOAD, OURS, {MAP_AT(rules.plain_parents)}},

    /* The cache. */
    {"max_size", OPTION_CACHE, OPTION_SIZE, "64M", 64 * KIB, TIB, NULL,
        RELOAD, OURS, {CACHE_AT(max_size)}},
    {"cache", TABLE, OPTION_BOOL, "yes", 0, 0, NULL,
        ROWS, OURS, {TABLE_AT(cache)}},
    {"ttl", OPTION_CACHE | TABLE, OPTION_TIME, "5m", 0, YEAR, NULL,
        RELOAD, OURS, {CACHE_AT(ttl_ms), TABLE_AT(ttl_ms)}},
    {"negative_ttl", OPTION_CACHE | TABLE, OPTION_TIME, "30s", 0, YEAR, NULL,
        RELOAD, OURS, {CACHE_AT(negative_ttl_ms), TABLE_AT(negative_ttl_ms)}},
    {"stale_ttl", OPTION_CACHE | TABLE, OPTION_TIME, "1d", 0, YEAR, NULL,
        RELOAD, OURS, {CACHE_AT(stale_ttl_ms), TABLE_AT(stale_ttl_ms)}},
    {"mirror", OPTION_CACHE | TABLE, OPTION_BOOL, "no", 0, 0, NULL,
        RELOAD, OURS, {TABLE_AT(mirror)}},
    {"mirror_interval", OPTION_CACHE | TABLE, OPTION_TIME, "1s", 100, HOUR, NULL,
        RELOAD, OURS, {TABLE_AT(mirror_interval_ms)}},
    {"mirror_expire", OPTION_CACHE | TABLE, OPTION_TIME, "0", 0, YEAR, NULL,
        RELOAD, OURS, {TABLE_AT(mirror_expire_ms)}},
    {"mirror_query", TABLE, OPTION_SQL, NULL, 0, 0, NULL,
        ROWS, OURS, {TABLE_AT(mirror_query)}},
    {"mirror_stream", DATABASE, OPTION_BOOL, "no", 0, 0, NULL,
        RELOAD, OURS, {TABLE_AT(mirror_stream)}},
    {"mirror_stream_user", DATABASE, OPTION_STRING, NULL, 0, 0, NULL,
        RELOAD, OURS, {TABLE_AT(stream_user)}},
    {"mirror_stream_password", DATABASE, OPTION_TEXT, NULL, 0, 0, NULL,
        RELOAD, OURS, {TABLE_AT(stream_password)}},
    {"mirror_stream_password_file", DATABASE, OPTION_STRING, NULL, 0, 0, NULL,
        RELOAD, OURS, {NOWHERE}},
    {"stale_answer_timeout", OPTION_CACHE, OPTION_TIME, "500ms", 0, LOOKUP_MOST, NULL,
        RELOAD, OURS, {CACHE_AT(stale_answer_timeout_ms)}},
    {"state_file", OPTION_CACHE | OPTION_SERVER, OPTION_STRING, "", 0, 0, NULL,
        RELOAD, OURS, {CACHE_AT(state_file)}},
    {"state_interval", OPTION_CACHE | OPTION_SERVER, OPTION_TIME, "5m", SECOND, YEAR, NULL,
        RELOAD, OURS, {CACHE_AT(state_interval_ms)}},

    /* What a table asks; mysql_table(5). */
    {"query", TABLE, OPTION_SQL, NULL, 0, 0, NULL,
        ANSWERS, POSTFIX, {TABLE_AT(query)}},
    {"result_format", DATABASE, OPTION_TEXT, "%s", 1, 0, NULL,
        ANSWERS, POSTFIX, {TABLE_AT(result_format)}},
    {"domain", DATABASE, OPTION_STRING, "", 0, 0, NULL,
        ANSWERS, POSTFIX, {TABLE_AT(domain)}},
    {"expansion_limit", DATABASE, OPTION_NUMBER, "0", 0, INT_MAX, NULL,
        ANSWERS, POSTFIX, {TABLE_AT(rules.expansion_limit)}},
    {"require_result_set", DATABASE, OPTION_BOOL, "yes", 0, 0, NULL,
        ANSWERS, POSTFIX, {TABLE_AT(rules.require_result_set)}},
    {"table", TABLE, OPTION_STRING, NULL, 0, 0, NULL,
        ANSWERS, POSTFIX, {NOWHERE}},
    {"select_field", TABLE, OPTION_SQL, NULL, 0, 0, NULL,
        ANSWERS, POSTFIX, {NOWHERE}},
    {"where_field", TABLE, OPTION_STRING, NULL, 0, 0, NULL,
        ANSWERS, POSTFIX, {NOWHERE}},
    {"additional_conditions", TABLE, OPTION_SQL, "", 0, 0, NULL,
        ANSWERS, POSTFIX, {NOWHERE}},

    /* Whom it asks; mysql_table(5). */
    {"hosts", DATABASE, OPTION_LIST, "localhost", 0, 0, NULL,
        BOTH, POSTFIX, {NOWHERE}},
    {"user", DATABASE, OPTION_STRING, "", 0, 0, NULL,
        BOTH, POSTFIX, {DB_AT(user)}},
    {"password", DATABASE, OPTION_TEXT, "", 0, 0, NULL,
        CONNECTIONS, POSTFIX, {DB_AT(password)}},
    {"password_file", DATABASE, OPTION_STRING, NULL, 0, 0, NULL,
        CONNECTIONS, POSTFIX, {NOWHERE}},
    {"dbname", DATABASE, OPTION_STRING, NULL, 1, 0, NULL,
        BOTH, POSTFIX, {DB_AT(dbname)}},
    {"charset", DATABASE, OPTION_STRING, "utf8mb4", 1, 0, NULL,
        BOTH, POSTFIX, {DB_AT(charset)}},
    {"option_file", DATABASE, OPTION_FILE, NULL, 0, 0, NULL,
        BOTH, POSTFIX, {DB_AT(option_file)}},
    {"option_group", DATABASE, OPTION_STRING, "client", 0, 0, NULL,
        BOTH, POSTFIX, {DB_AT(option_group)}},
    {"tls_CAfile", DATABASE, OPTION_FILE, NULL, 0, 0, NULL,
        CONNECTIONS, POSTFIX, {DB_AT(tls_ca_file)}},
    {"tls_CApath", DATABASE, OPTION_FILE, NULL, 0, 0, NULL,
        CONNECTIONS, POSTFIX, {DB_AT(tls_ca_path)}},
    {"tls_cert_file", DATABASE, OPTION_FILE, NULL, 0, 0, NULL,
        CONNECTIONS, POSTFIX, {DB_AT(tls_cert_file)}},
    {"tls_key_file", DATABASE, OPTION_FILE, NULL, 0, 0, NULL,
        CONNECTIONS, POSTFIX, {DB_AT(tls_key_file)}},
    {"tls_ciphers", DATABASE, OPTION_STRING, NULL, 0, 0, NULL,
        CONNECTIONS, POSTFIX, {DB_AT(tls_ciphers)}},
    {"tls_verify_cert", DATABASE, OPTION_TRI_STATE, NULL, 0, 0, NULL,
        CONNECTIONS, POSTFIX, {DB_AT(tls_verify_cert)}},
    {"idle_interval", DATABASE, OPTION_TIME, "60s", SECOND, YEAR, NULL,
        CONNECTIONS, POSTFIX, {DB_AT(idle_interval_ms)}},
    {"max_connection_age", DATABASE, OPTION_TIME, "5m", SECOND, YEAR, NULL,
        CONNECTIONS, OURS, {DB_AT(max_connection_age_ms)}},
    {"retry_interval", DATABASE, OPTION_TIME, "60s", SECOND, YEAR, NULL,
        CONNECTIONS, POSTFIX, {DB_AT(retry_interval_ms)}},

    /* The connections to it. */
    {"pool_size", DATABASE, OPTION_NUMBER, "4", 1, 1000, NULL,
        CONNECTIONS, OURS, {DB_AT(pool_size)}},
    {"queue_size", DATABASE, OPTION_NUMBER, "10000", 1, 1000000, NULL,
        CONNECTIONS, OURS, {DB_AT(queue_size)}},
    {"connect_timeout", DATABASE, OPTION_TIME, "5s", LOOKUP_LEAST, LOOKUP_MOST, NULL,
        CONNECTIONS, OURS, {DB_AT(connect_timeout_ms)}},
    {"query_timeout", DATABASE, OPTION_TIME, NULL, LOOKUP_LEAST, LOOKUP_MOST, NULL,
        CONNECTIONS, OURS, {DB_AT(query_timeout_ms)}},
};
/* clang-format on */

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

const struct option *option_table(size_t *count)
{
    *count = OPTION_COUNT;
    return options;
}

bool option_is_text(const struct option *option)
{
    return option->type == OPTION_STRING || option->type == OPTION_FILE ||
           option->type == OPTION_TEXT || option->type == OPTION_SQL;
}

const struct option *option_find_in(const char *name, unsigned sections)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if ((options[i].sections & sections) != 0 && strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

const struct option *option_find(const char *name)
{
    return option_find_in(name, ~0u);
}

const char *option_like(const char *name, unsigned sections)
{
    struct similar similar = {NULL, 0};

    for (size_t i = 0; i < OPTION_COUNT; i++)
        if ((options[i].sections & sections) != 0)
            similar_consider(&similar, name, options[i].name);
    return similar.name;
}
