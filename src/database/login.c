/*
 * login - from nothing to a connection that is ready for lookups: options, connect, session
 * settings. Blocks; runs in a helper thread and touches nothing but its arguments.
 *
 * What must not depend on an option file comes after the option files were read: no LOAD DATA LOCAL
 * (a server could ask for any file of ours), one statement at a time (a key must never become a
 * second one), no silent reconnect (it would lose the session settings), no compression (the library
 * keeps what it has read ahead where it writes the next query), TLS as configured.
 */
#include "login.h"

#include <errmsg.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "blame.h"
#include "log.h"
#include "version.h"

/* One row at most. Far above DB_ANSWER_MAX, because the library tells this error as a lost connection. */
#define PACKET_MAX ((size_t)16 * 1024 * 1024)

/* Login methods that do not put the password on the wire as it is. With the sha2 ones, whoever poses as
 * the server can get it all the same: nothing but tls_verify_cert keeps it from them. */
#define HASHED_AUTH "mysql_native_password,client_ed25519,caching_sha2_password,sha256_password"

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* For one step, such as one of a host's addresses: half of the time, so that the next can be tried. */
static unsigned step_seconds(uint64_t ms)
{
    return ms < 2000 ? 1 : (unsigned)(ms / 2000);
}

/*
 * The library reads option files inside mysql_real_connect(), over whatever was set before. An empty
 * list of hosts makes it read them and stop there, so that our own settings come last.
 */
static void read_option_files(MYSQL *mysql, const struct db_params *params)
{
    if (is_set(params->option_file))
        mysql_options(mysql, MYSQL_READ_DEFAULT_FILE, params->option_file);
    if (is_set(params->option_group))
        mysql_options(mysql, MYSQL_READ_DEFAULT_GROUP, params->option_group);
    if (is_set(params->option_file) || is_set(params->option_group))
        mysql_real_connect(mysql, ",", "", "", NULL, 0, NULL, CLIENT_REMEMBER_OPTIONS);
}

/* False: no memory for what the non-blocking calls need. */
static bool set_options(MYSQL *mysql, const struct db_params *params)
{
    unsigned seconds = step_seconds(params->connect_timeout_ms);
    const unsigned off = 0;
    const my_bool no = 0;
    size_t most = PACKET_MAX;

    mysql->options.client_flag &= ~(unsigned long)(CLIENT_MULTI_STATEMENTS | CLIENT_COMPRESS);
    mysql->options.compress = 0;
    mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_options(mysql, MYSQL_OPT_RECONNECT, &no);
    mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &most);
    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &seconds);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    mysql_options4(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "vmapd");
    if (is_set(params->charset))
        mysql_options(mysql, MYSQL_SET_CHARSET_NAME, params->charset);
    return mysql_options(mysql, MYSQL_OPT_NONBLOCK, NULL) == 0;
}

static bool wants_tls(const struct db_params *params)
{
    return params->tls_verify_cert == TRI_YES || is_set(params->tls_ca_file) ||
           is_set(params->tls_ca_path) || is_set(params->tls_cert_file) ||
           is_set(params->tls_key_file) || is_set(params->tls_ciphers);
}

/* Where systems have the certificates of the authorities that they trust, each under its hash. */
#define SYSTEM_AUTHORITIES "/etc/ssl/certs"

/*
 * Without an authority, Connector/C 3.4 takes any certificate for an account with a password: that has to
 * vouch for the server. Whoever poses as the server would get a hash of it then.
 */
static void set_authorities(MYSQL *mysql, const struct db_params *params)
{
    if (is_set(params->tls_ca_file))
        mysql_options(mysql, MYSQL_OPT_SSL_CA, params->tls_ca_file);
    if (is_set(params->tls_ca_path))
        mysql_options(mysql, MYSQL_OPT_SSL_CAPATH, params->tls_ca_path);
    if (params->tls_verify_cert == TRI_YES && mysql->options.ssl_ca == NULL &&
        mysql->options.ssl_capath == NULL)
        mysql_options(mysql, MYSQL_OPT_SSL_CAPATH, SYSTEM_AUTHORITIES);
}

static void set_tls(MYSQL *mysql, const struct db_params *params)
{
    const my_bool yes = 1;
    my_bool verify = params->tls_verify_cert == TRI_YES;

    if (is_set(params->tls_key_file))
        mysql_options(mysql, MYSQL_OPT_SSL_KEY, params->tls_key_file);
    if (is_set(params->tls_cert_file))
        mysql_options(mysql, MYSQL_OPT_SSL_CERT, params->tls_cert_file);
    set_authorities(mysql, params);
    if (is_set(params->tls_ciphers))
        mysql_options(mysql, MYSQL_OPT_SSL_CIPHER, params->tls_ciphers);
    if (params->tls_verify_cert != TRI_UNSET)
        mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    if (!wants_tls(params))
        return;
    mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
    /* Unless it verifies, the library logs in to a server without TLS as well, and we see that only
     * then. No method that shows the password may be used for it. */
    if (!verify)
        mysql_options(mysql, MARIADB_OPT_RESTRICTED_AUTH, HASHED_AUTH);
}

/* The library takes some host names for something else: "a=b;c=d", lists, "plugin://...". */
static bool host_name_is_plain(const struct db_host *host)
{
    return host->is_unix || !is_set(host->name) || strpbrk(host->name, ",;=/") == NULL;
}

/* As Postfix: for a unix socket without a path, the library's default or the option file's host; no
 * password is none, whatever the option file has. */
static bool do_connect(MYSQL *mysql, const struct db_params *params, const struct db_host *host)
{
    const char *name = host->is_unix ? (is_set(host->name) ? "localhost" : NULL) : host->name;
    const char *path = host->is_unix && is_set(host->name) ? host->name : NULL;
    const char *password = params->password != NULL ? params->password : "";

    return mysql_real_connect(mysql, name, params->user, password, params->dbname, host->port, path,
                              CLIENT_MULTI_RESULTS) != NULL;
}

/* A time limit that dies with the statement on the server: MariaDB's, else MySQL's, else none. */
static bool set_time_limit(MYSQL *mysql, uint64_t ms)
{
    char statement[100];

    if (ms == 0)
        return true;
    if (mariadb_connection(mysql))
        snprintf(statement, sizeof(statement), "SET max_statement_time=%llu.%03llu",
                 (unsigned long long)ms / 1000, (unsigned long long)ms % 1000);
    else
        snprintf(statement, sizeof(statement), "SET max_execution_time=%llu",
                 (unsigned long long)ms);
    if (mysql_query(mysql, statement) == 0)
        return true;
    log_debug("the server takes no time limit for statements: %s", mysql_error(mysql));
    return !blame_is_local(mysql_errno(mysql));
}

/*
 * The handshake has told it already, with a collation for literals, as for mysql: tables; SET NAMES would
 * choose another since MySQL 8. But a server need not go by that (skip-character-set-client-handshake), and
 * Connector/C 3.4 then takes the server's character set for the connection's, so it is not asked for ours.
 */
static bool insist_on_charset(MYSQL *mysql, const char *charset)
{
    char statement[400];
    const MARIADB_CHARSET_INFO *ours = mariadb_get_charset_by_name(charset);

    snprintf(statement, sizeof(statement),
             "SET character_set_client='%s', character_set_results='%s', collation_connection="
             "IF(@@character_set_connection='%s', @@collation_connection, '%s')",
             charset, charset, charset, ours != NULL ? ours->name : charset);
    return mysql_query(mysql, statement) == 0;
}

/*
 * The SQL mode stays the server's, as with mysql: tables. But autocommit must be on: without it the
 * first SELECT would begin a transaction and all later ones see the data of that moment for ever.
 */
static bool set_session(MYSQL *mysql, const struct db_params *params)
{
    if (is_set(params->charset) && !insist_on_charset(mysql, params->charset))
        return false;
    if (mysql_query(mysql, "SET autocommit=1") != 0)
        return false;
    return set_time_limit(mysql, params->query_timeout_ms);
}

/*
 * From here on the loop reads and writes. TLS calls of the library block on a socket that does. Data
 * that nobody acknowledges (a dead network, a firewall that forgot the connection) ends it early.
 */
static void prepare_socket(MYSQL *mysql, const struct db_params *params)
{
    int fd = mysql_get_socket(mysql);
    unsigned unacknowledged_ms = (unsigned)(params->query_timeout_ms / 2);

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (unacknowledged_ms > 0)
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
                   sizeof(unacknowledged_ms));
}

static void explain(MYSQL *mysql, struct db_result *result)
{
    unsigned error = mysql_errno(mysql);
    const char *text = mysql_error(mysql);

    blame_set(result, DB_HOST_FAILED, error, "%s", is_set(text) ? text : "cannot connect");
}

MYSQL *db_login(const struct db_params *params, const struct db_host *host,
                struct db_result *result)
{
    MYSQL *mysql = mysql_init(NULL);
    bool is_prepared;

    if (mysql == NULL) {
        blame_set(result, DB_HOST_FAILED, CR_OUT_OF_MEMORY, "out of memory");
        return NULL;
    }
    *result = (struct db_result){0};
    read_option_files(mysql, params);
    is_prepared = set_options(mysql, params);
    set_tls(mysql, params);
    if (!is_prepared)
        blame_set(result, DB_HOST_FAILED, CR_OUT_OF_MEMORY, "out of memory");
    else if (!host_name_is_plain(host))
        blame_set(result, DB_HOST_FAILED, 0, "\"%s\" is not a host name", host->name);
    else if (!do_connect(mysql, params, host))
        explain(mysql, result);
    else if (wants_tls(params) && mysql_get_ssl_cipher(mysql) == NULL)
        blame_set(result, DB_HOST_FAILED, 0, "TLS is required, but the server does not offer it");
    else if (!set_session(mysql, params))
        explain(mysql, result);
    if (result->blame != DB_OK) {
        mysql_close(mysql);
        return NULL;
    }
    prepare_socket(mysql, params);
    return mysql;
}
