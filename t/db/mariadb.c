/* mariadb - see the header. */
#include "mariadb.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <mysql.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define ARGUMENTS_MAX    40
#define START_TIMEOUT_MS 60000

static char directory[64];
static unsigned port;
static pid_t server;
static pid_t owner;

static void die(const char *what)
{
    fprintf(stderr, "test server: %s: %s\n", what, strerror(errno));
    exit(2);
}

const char *mariadb_path(const char *file)
{
    static char paths[8][256];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof(paths[0]), "%s/%s", directory, file);
    return path;
}

const char *mariadb_socket(void)
{
    return mariadb_path("socket");
}

unsigned mariadb_port(void)
{
    return port;
}

void mariadb_write(const char *file, const char *text)
{
    FILE *out = fopen(mariadb_path(file), "w");

    if (out == NULL || fputs(text, out) < 0 || fclose(out) != 0)
        die("cannot write");
}

static void show(const char *file)
{
    char line[500];
    FILE *in = fopen(mariadb_path(file), "r");

    while (in != NULL && fgets(line, sizeof(line), in) != NULL)
        fputs(line, stderr);
    if (in != NULL)
        fclose(in);
}

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
    char command[1000];
    va_list args;

    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    if (system(command) != 0) {
        fprintf(stderr, "test server: failed: %s\n", command);
        if (directory[0] != '\0' && strstr(command, "install-db") != NULL)
            show("install.log");
        exit(2);
    }
}

static int bound_socket(unsigned *bound)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        die("cannot bind");
    *bound = ntohs(address.sin_port);
    return fd;
}

unsigned unused_port(void)
{
    unsigned unused;

    close(bound_socket(&unused));
    return unused;
}

static int silent_listener = -1;

unsigned silent_port(void)
{
    static unsigned silent;

    if (silent_listener < 0) {
        silent_listener = bound_socket(&silent);
        if (listen(silent_listener, 100) != 0)
            die("cannot listen");
    }
    return silent;
}

void silent_port_close(void)
{
    if (silent_listener >= 0)
        close(silent_listener);
    silent_listener = -1;
}

static MYSQL *root(void)
{
    MYSQL *mysql = mysql_init(NULL);

    if (mysql_real_connect(mysql, "localhost", "root", "", NULL, 0, mariadb_socket(), 0) != NULL)
        return mysql;
    mysql_close(mysql);
    return NULL;
}

static MYSQL *root_query(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static MYSQL *root_query(const char *format, va_list args)
{
    char statement[2000];
    MYSQL *mysql = root();

    vsnprintf(statement, sizeof(statement), format, args);
    if (mysql == NULL || mysql_query(mysql, statement) != 0) {
        fprintf(stderr, "test server: %s: %s\n", statement, mysql ? mysql_error(mysql) : "down");
        exit(2);
    }
    return mysql;
}

void mariadb_sql(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    mysql_close(root_query(format, args));
    va_end(args);
}

long mariadb_number(const char *format, ...)
{
    va_list args;
    MYSQL *mysql;
    MYSQL_RES *result;
    MYSQL_ROW row;
    long number;

    va_start(args, format);
    mysql = root_query(format, args);
    va_end(args);
    result = mysql_store_result(mysql);
    row = mysql_fetch_row(result);
    number = row != NULL && row[0] != NULL ? atol(row[mysql_num_fields(result) - 1]) : -1;
    mysql_free_result(result);
    mysql_close(mysql);
    return number;
}

/*
 * The server shall not outlive a test program that crashes. The kernel forgets that wish when a process
 * changes its user, so that has to come first and cannot be left to the server's --user.
 */
static void become_mysql_and_die_with_parent(void)
{
    const struct passwd *mysql = getpwnam("mysql");

    if (geteuid() == 0 && (mysql == NULL || initgroups("mysql", mysql->pw_gid) != 0 ||
                           setgid(mysql->pw_gid) != 0 || setuid(mysql->pw_uid) != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void run_server(const char *const *arguments)
{
    static char options[6][300];
    const char *argv[ARGUMENTS_MAX] = {
        "mariadbd",
        "--no-defaults",
        "--bind-address=127.0.0.1,127.0.0.2",
        "--skip-log-bin",
        "--innodb-buffer-pool-size=16M",
        "--innodb-log-file-size=8M",
        "--performance-schema=OFF",
        "--plugin-load-add=auth_ed25519",
    };
    size_t count = 8;

    snprintf(options[0], sizeof(options[0]), "--datadir=%s", mariadb_path("data"));
    snprintf(options[1], sizeof(options[1]), "--socket=%s", mariadb_path("socket"));
    snprintf(options[2], sizeof(options[2]), "--port=%u", port);
    snprintf(options[3], sizeof(options[3]), "--pid-file=%s", mariadb_path("pid"));
    snprintf(options[4], sizeof(options[4]), "--log-error=%s", mariadb_path("error.log"));
    snprintf(options[5], sizeof(options[5]), "--tmpdir=%s", mariadb_path("data"));
    for (size_t i = 0; i < 6; i++)
        argv[count++] = options[i];
    while (arguments != NULL && *arguments != NULL && count < ARGUMENTS_MAX - 1)
        argv[count++] = *arguments++;
    become_mysql_and_die_with_parent();
    execv("/usr/sbin/mariadbd", (char *const *)(uintptr_t)argv);
    _exit(127);
}

void mariadb_start(const char *const *arguments)
{
    uint64_t until = clock_ms() + START_TIMEOUT_MS;
    MYSQL *mysql;

    server = fork();
    if (server < 0)
        die("cannot fork");
    if (server == 0)
        run_server(arguments);
    while ((mysql = root()) == NULL) {
        if (clock_ms() > until || waitpid(server, NULL, WNOHANG) != 0) {
            show("error.log");
            die("does not come up");
        }
        usleep(20000);
    }
    mysql_close(mysql);
}

static void end(int signal)
{
    if (server <= 0)
        return;
    kill(server, signal);
    waitpid(server, NULL, 0);
    server = 0;
}

void mariadb_stop(void)
{
    end(SIGTERM);
}

void mariadb_kill(void)
{
    end(SIGKILL);
}

void mariadb_pause(void)
{
    int status;

    kill(server, SIGSTOP);
    waitpid(server, &status, WUNTRACED);
}

void mariadb_resume(void)
{
    kill(server, SIGCONT);
}

static void make_certificates(void)
{
    static const char *const authorities[] = {"ca", "other-ca"};

    for (size_t i = 0; i < 2; i++)
        shell("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
              "-days 2 -subj /CN=%s -keyout %s-key.pem -out %s.pem 2>/dev/null",
              directory, authorities[i], authorities[i], authorities[i]);
    shell("cd %s && printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' >san && "
          "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost "
          "-keyout server-key.pem -out server.csr 2>/dev/null && "
          "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 "
          "-extfile san -out server.pem 2>/dev/null && chmod 644 *.pem",
          directory);
}

void mariadb_teardown(void)
{
    if (owner != getpid())
        return;
    mariadb_resume();
    mariadb_kill();
    shell("rm -rf %s", directory);
    owner = 0;
}

void mariadb_setup(void)
{
    strcpy(directory, "/tmp/vmapd-db.XXXXXX");
    if (mkdtemp(directory) == NULL)
        die("cannot make a directory");
    owner = getpid();
    atexit(mariadb_teardown);
    close(bound_socket(&port));
    make_certificates();
    shell("touch %s && mkdir %s && chmod 755 %s", mariadb_path("empty.cnf"), mariadb_path("data"),
          directory);
    if (geteuid() == 0)
        shell("chown -R mysql %s", directory);
    shell("mariadb-install-db --no-defaults %s --datadir=%s --tmpdir=%s --skip-test-db "
          "--skip-name-resolve "
          "--auth-root-authentication-method=normal >%s 2>&1",
          geteuid() == 0 ? "--user=mysql" : "", mariadb_path("data"), mariadb_path("data"),
          mariadb_path("install.log"));
    mariadb_start(NULL);
    mariadb_sql("CREATE DATABASE mail CHARACTER SET utf8mb4");
    mariadb_sql("CREATE USER vmapd@'%%' IDENTIFIED BY 'secret'");
    mariadb_sql("CREATE USER vmapd@localhost IDENTIFIED BY 'secret'");
    mariadb_sql("GRANT ALL ON mail.* TO vmapd@'%%'");
    mariadb_sql("GRANT ALL ON mail.* TO vmapd@localhost");
    mariadb_sql("CREATE TABLE mail.alias (id INT PRIMARY KEY AUTO_INCREMENT, "
                "source VARCHAR(200), destination VARCHAR(200), INDEX(source))");
    mariadb_sql("INSERT INTO mail.alias (source, destination) VALUES ('a', 'x'), ('a', 'y'), "
                "('b', NULL), ('quote''\"\\\\', 'q')");
}

struct db_host mariadb_unix_host(void)
{
    static char path[300];
    static char text[310];

    snprintf(path, sizeof(path), "%s", mariadb_socket());
    snprintf(text, sizeof(text), "unix:%s", path);
    return (struct db_host){text, true, path, 0};
}

struct db_host mariadb_inet_host(void)
{
    static char name[] = "127.0.0.1";

    return (struct db_host){name, false, name, port};
}

struct db_params *mariadb_params(void)
{
    static char user[] = "vmapd", password[] = "secret", dbname[] = "mail", charset[] = "utf8mb4";
    static struct db_host host;
    static struct db_params params;

    host = mariadb_unix_host();
    params = (struct db_params){
        .hosts = &host,
        .host_count = 1,
        .user = user,
        .password = password,
        .dbname = dbname,
        .charset = charset,
        .tls_verify_cert = TRI_UNSET,
        .idle_interval_ms = 60000,
        .max_connection_age_ms = 300000,
        .retry_interval_ms = 60000,
        .connect_timeout_ms = 5000,
        .query_timeout_ms = 5000,
        .pool_size = 4,
        .queue_size = 1000,
    };
    return &params;
}
