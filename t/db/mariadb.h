/*
 * mariadb - a private MariaDB server in a temporary directory, for tests. One per test program;
 * nothing of the machine's own server is touched. Failures end the program.
 */
#ifndef VMAPD_TEST_MARIADB_H
#define VMAPD_TEST_MARIADB_H

#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "config.h"
#include "library.h"

/* Make the directory, certificates, database "mail" and account vmapd (password "secret"), start. */
void mariadb_setup(void);
/* Stop and remove everything. */
void mariadb_teardown(void);

/* The directory, with ca.pem, other-ca.pem, empty.cnf and whatever a test puts there. */
const char *mariadb_path(const char *file);
void mariadb_write(const char *file, const char *text);

/* Start with extra arguments (NULL-terminated list, may be NULL), ready when it returns. */
void mariadb_start(const char *const *arguments);
void mariadb_stop(void); /* SIGTERM, and wait */
void mariadb_kill(void); /* SIGKILL, and wait */
void mariadb_pause(void);
void mariadb_resume(void);

/* As root; one statement, no result. And one number. */
void mariadb_sql(const char *format, ...) __attribute__((format(printf, 1, 2)));
long mariadb_number(const char *format, ...) __attribute__((format(printf, 1, 2)));

unsigned mariadb_port(void);
const char *mariadb_socket(void);

/* Connection parameters that work: account vmapd at the unix socket. Static, filled anew. */
struct db_params *mariadb_params(void);
struct db_host mariadb_unix_host(void);
struct db_host mariadb_inet_host(void);

/* A port of 127.0.0.1 on which nobody listens; and one where connects succeed and nobody answers. */
unsigned unused_port(void);
unsigned silent_port(void);
void silent_port_close(void);

/* The main() of such a test program. One process: the tests share the server and its state. */
#define MARIADB_MAIN(suite)                                                                        \
    int main(void)                                                                                 \
    {                                                                                              \
        SRunner *runner = srunner_create(suite());                                                 \
        int failed;                                                                                \
                                                                                                   \
        mariadb_setup();                                                                           \
        db_start(loop_base());                                                                     \
        srunner_set_fork_status(runner, CK_NOFORK);                                                \
        srunner_run_all(runner, CK_ENV);                                                           \
        failed = srunner_ntests_failed(runner);                                                    \
        srunner_free(runner);                                                                      \
        silent_port_close();                                                                       \
        while (db_stop() > 0) /* threads that still hang; they end by themselves */                \
            usleep(1000);                                                                          \
        loop_free();                                                                               \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                          \
    }

#endif
