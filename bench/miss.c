/*
 * miss - how many lookups a second the database modules get through: the pool, with 64 askers,
 * against the plainest loop over the client library's non-blocking calls, one query at a time on
 * each connection. Same server, same queries, same number of connections, rounds interleaved; every
 * answer is checked.
 *
 *   miss [SECONDS PER ROUND [ROUNDS]]
 */
#include <event2/event.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "clock.h"
#include "library.h"
#include "mariadb.h"
#include "pool.h"
#include "xmalloc.h"

#define USERS       100000
#define ASKERS      64
#define CONNECTIONS 4

static struct event_base *base;
static uint64_t answers, wrong;
static bool is_over;
static uint32_t chance = 1;

static unsigned next_user(void)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % USERS;
}

/* The plain loop. */

struct plain {
    MYSQL *mysql;
    struct event *event;
    MYSQL_RES *result;
    int failed;
    bool is_storing;
    unsigned user;
    char sql[200];
};

static void plain_begin(struct plain *plain);

static void plain_check(struct plain *plain)
{
    MYSQL_ROW row = plain->result != NULL ? mysql_fetch_row(plain->result) : NULL;
    char expected[32];

    snprintf(expected, sizeof(expected), "user%u", plain->user);
    wrong += row == NULL || strcmp(row[0], expected) != 0;
    mysql_free_result(plain->result);
    answers++;
}

static void plain_run(struct plain *plain, int waits)
{
    for (;;) {
        if (waits != 0)
            return;
        if (plain->is_storing) {
            plain->is_storing = false;
            plain_check(plain);
            plain_begin(plain);
            return;
        }
        plain->is_storing = true;
        waits = mysql_store_result_start(&plain->result, plain->mysql);
    }
}

static void plain_begin(struct plain *plain)
{
    int len;

    if (is_over)
        return;
    plain->user = next_user();
    len = snprintf(plain->sql, sizeof(plain->sql),
                   "SELECT name FROM users WHERE email='user%u@example.com'", plain->user);
    plain_run(plain,
              mysql_real_query_start(&plain->failed, plain->mysql, plain->sql, (unsigned long)len));
}

static void on_plain(evutil_socket_t fd, short what, void *arg)
{
    struct plain *plain = arg;

    (void)fd;
    (void)what;
    plain_run(plain, plain->is_storing
                         ? mysql_store_result_cont(&plain->result, plain->mysql, MYSQL_WAIT_READ)
                         : mysql_real_query_cont(&plain->failed, plain->mysql, MYSQL_WAIT_READ));
}

static void plain_open(struct plain *plain, const struct db_params *params)
{
    const struct db_host *host = &params->hosts[0];

    plain->mysql = mysql_init(NULL);
    mysql_options(plain->mysql, MYSQL_OPT_NONBLOCK, NULL);
    if (mysql_real_connect(plain->mysql, host->is_unix ? "localhost" : host->name, params->user,
                           params->password, params->dbname, host->port,
                           host->is_unix ? host->name : NULL, 0) == NULL)
        abort();
    plain->event =
        event_new(base, mysql_get_socket(plain->mysql), EV_READ | EV_PERSIST, on_plain, plain);
    event_add(plain->event, NULL);
}

/* The pool. */

struct asker {
    struct pool_query query;
    struct pool *pool;
    unsigned user;
    char key[40];
};

static unsigned asking;
static struct template *by_email;
static struct share users;

static bool is_right(const struct asker *asker, const struct db_rows *rows)
{
    char expected[32];

    snprintf(expected, sizeof(expected), "user%u", asker->user);
    return rows->count == 1 && strcmp(rows->fields[0], expected) == 0;
}

static void asker_ask(struct asker *asker);

static void on_done(struct pool_query *query, const struct db_result *result)
{
    struct asker *asker = (struct asker *)query;

    asking--;
    wrong += result->blame != DB_OK || !is_right(asker, &result->rows);
    answers++;
    asker_ask(asker);
}

static void asker_ask(struct asker *asker)
{
    int len;

    if (is_over)
        return;
    asker->user = next_user();
    len = snprintf(asker->key, sizeof(asker->key), "user%u@example.com", asker->user);
    asker->query = (struct pool_query){
        .statement = {.template = by_email, .key = {asker->key, (size_t)len}}, .done = on_done};
    asking++;
    pool_ask(asker->pool, &users, &asker->query, POOL_WANTED, clock_ms() + 10000);
}

/* A round of each. */

static void on_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    is_over = true;
    event_base_loopbreak(base);
}

static uint64_t cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

struct figures {
    double per_second, cpu_us;
};

static struct figures run(double seconds)
{
    const struct timeval time = {(time_t)seconds,
                                 (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)};
    struct event *over = event_new(base, -1, 0, on_over, NULL);
    uint64_t began_us, cpu = cpu_us();

    answers = 0;
    began_us = clock_us();
    event_add(over, &time);
    event_base_dispatch(base);
    event_free(over);
    cpu = cpu_us() - cpu;
    return (struct figures){(double)answers * 1e6 / (double)(clock_us() - began_us),
                            (double)cpu / (double)answers};
}

static struct figures run_plain(const struct db_params *params, double seconds)
{
    static struct plain plains[CONNECTIONS];
    struct figures figures;

    is_over = false;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        plains[i] = (struct plain){0};
        plain_open(&plains[i], params);
        plain_begin(&plains[i]);
    }
    figures = run(seconds);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        event_free(plains[i].event);
        mysql_close(plains[i].mysql);
    }
    return figures;
}

static struct figures run_pool(const struct db_params *params, double seconds)
{
    static struct asker askers[ASKERS];
    struct pool *pool = pool_new(base, params);
    struct figures figures;

    share_init(&users);
    is_over = false;
    for (size_t i = 0; i < ASKERS; i++) {
        askers[i].pool = pool;
        asker_ask(&askers[i]);
    }
    figures = run(seconds);
    wrong -= asking;
    pool_free(pool);
    return figures;
}

/* In memory, as a mail server's tables are: it is the way there that is measured. */
static void fill(void)
{
    static const char *const arguments[] = {"--innodb-buffer-pool-size=256M", NULL};

    mariadb_stop();
    mariadb_start(arguments);
    mariadb_sql("CREATE TABLE mail.users (id INT PRIMARY KEY AUTO_INCREMENT, "
                "email VARCHAR(100) NOT NULL, name VARCHAR(100), UNIQUE(email))");
    mariadb_sql("INSERT INTO mail.users (email, name) SELECT CONCAT('user', seq, '@example.com'), "
                "CONCAT('user', seq) FROM mail.seq_0_to_%d",
                USERS - 1);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 1;
    int rounds = argc > 2 ? atoi(argv[2]) : 5;
    double *ratios = xcalloc((size_t)rounds, sizeof(*ratios));
    struct buffer error = BUFFER_EMPTY;

    mariadb_setup();
    fill();
    base = event_base_new();
    db_start(base);
    by_email = template_new("SELECT name FROM users WHERE email='%s'", "%s", &error);
    for (int inet = 0; inet < 2; inet++) {
        struct db_params *params = mariadb_params();
        struct db_host host = inet ? mariadb_inet_host() : mariadb_unix_host();

        params->hosts = &host;
        params->pool_size = CONNECTIONS;
        run_plain(params, 0.5);
        for (int i = 0; i < rounds; i++) {
            struct figures plain = run_plain(params, seconds);
            struct figures pool = run_pool(params, seconds);

            ratios[i] = pool.per_second / plain.per_second;
            printf("%s plain %6.0f/s %5.1f us CPU   pool %6.0f/s %5.1f us CPU   ratio %.2f\n",
                   inet ? "inet" : "unix", plain.per_second, plain.cpu_us, pool.per_second,
                   pool.cpu_us, ratios[i]);
        }
        qsort(ratios, (size_t)rounds, sizeof(*ratios), by_value);
        printf("%s median ratio %.2f, wrong answers %llu\n", inet ? "inet" : "unix",
               ratios[rounds / 2], (unsigned long long)wrong);
    }
    template_free(by_email);
    db_stop();
    event_base_free(base);
    free(ratios);
    return wrong == 0 ? 0 : 1;
}
