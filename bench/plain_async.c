/*
 * plain_async - what one would write in an afternoon: a loop over the client library's non-blocking
 * calls, some connections, one query at a time on each, nothing kept. Asks each statement of a file
 * once, checks the first column of each answer, and prints queries/s and CPU time as JSON.
 */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "clock.h"
#include "lines.h"
#include "log.h"

#define CONNECTIONS_MAX 64

enum call { CALL_NONE, CALL_QUERY, CALL_STORE };

struct connection {
    MYSQL *mysql;
    enum call call; /* under way */
    int failed;     /* what CALL_QUERY came to */
    MYSQL_RES *result;
};

static struct lines statements;
static size_t next_statement, answers, wrong;
static const char *right_answer;

static void check(MYSQL_RES *result)
{
    MYSQL_ROW row = result != NULL ? mysql_fetch_row(result) : NULL;

    wrong += row == NULL || row[0] == NULL || strcmp(row[0], right_answer) != 0;
    answers++;
    mysql_free_result(result);
}

/* Begin the next query. Returns what it waits for; 0: it is done, or there was none. */
static int begin(struct connection *connection)
{
    const char *sql;

    connection->call = CALL_NONE;
    if (next_statement == statements.count)
        return 0;
    sql = statements.line[next_statement++];
    connection->call = CALL_QUERY;
    return mysql_real_query_start(&connection->failed, connection->mysql, sql, strlen(sql));
}

/* A call is done: begin what follows it. */
static int take_step(struct connection *connection)
{
    if (connection->call == CALL_QUERY) {
        if (connection->failed != 0)
            log_fatal("query: %s", mysql_error(connection->mysql));
        connection->call = CALL_STORE;
        return mysql_store_result_start(&connection->result, connection->mysql);
    }
    check(connection->result);
    return begin(connection);
}

static void run(struct connection *connection, int waits)
{
    while (waits == 0 && connection->call != CALL_NONE)
        waits = take_step(connection);
}

static void on_readable(struct connection *connection)
{
    if (connection->call == CALL_QUERY)
        run(connection,
            mysql_real_query_cont(&connection->failed, connection->mysql, MYSQL_WAIT_READ));
    else if (connection->call == CALL_STORE)
        run(connection,
            mysql_store_result_cont(&connection->result, connection->mysql, MYSQL_WAIT_READ));
}

/* argv is that of main(). */
static void open_connection(struct connection *connection, int epoll, char **argv)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

    connection->mysql = mysql_init(NULL);
    mysql_options(connection->mysql, MYSQL_OPT_NONBLOCK, NULL);
    if (mysql_real_connect(connection->mysql, "localhost", argv[2], argv[3], argv[4], 0, argv[1],
                           0) == NULL)
        log_fatal("%s: %s", argv[1], mysql_error(connection->mysql));
    epoll_ctl(epoll, EPOLL_CTL_ADD, mysql_get_socket(connection->mysql), &event);
}

static double cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void ask_all(struct connection *connections, unsigned count, int epoll)
{
    struct epoll_event events[CONNECTIONS_MAX];

    for (unsigned i = 0; i < count; i++)
        run(&connections[i], begin(&connections[i]));
    while (answers < statements.count) {
        int ready = epoll_wait(epoll, events, CONNECTIONS_MAX, -1);

        for (int i = 0; i < ready; i++)
            on_readable(events[i].data.ptr);
    }
}

int main(int argc, char **argv)
{
    static struct connection connections[CONNECTIONS_MAX];
    unsigned count = argc == 8 ? (unsigned)atoi(argv[7]) : 0;
    int epoll = epoll_create1(0);
    uint64_t began_us;
    double cpu;

    if (count == 0 || count > CONNECTIONS_MAX) {
        fputs("usage: plain_async SOCKET USER PASSWORD DBNAME STATEMENTS ANSWER CONNECTIONS\n",
              stderr);
        return 2;
    }
    log_open("plain_async", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    lines_read(&statements, argv[5]);
    right_answer = argv[6];
    for (unsigned i = 0; i < count; i++)
        open_connection(&connections[i], epoll, argv);
    began_us = clock_us();
    cpu = cpu_us();
    ask_all(connections, count, epoll);
    printf("{\"requests_per_second\": %.0f, \"server_cpu_us\": %.3f, \"wrong\": %zu}\n",
           (double)answers * 1e6 / (double)(clock_us() - began_us),
           (cpu_us() - cpu) / (double)answers, wrong);
    for (unsigned i = 0; i < count; i++)
        mysql_close(connections[i].mysql);
    lines_free(&statements);
    return wrong == 0 ? 0 : 1;
}
